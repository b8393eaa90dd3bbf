"""Run folders: what is in them, who may enter, and that nothing is touched where none may."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from faults import Fault, Watch
from killing import SINGLE_THREAD
from states import contents
from survivor import CONFIG, EPOCHS, train

from purenn import runs
from purenn.errors import PurennError, RunError, UnavailableError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder, with a finished run in it."""
    train(tmp_path / "run")
    return tmp_path / "run"


def start(folder: Path, config: runs.Config = CONFIG) -> None:
    with runs.start(folder, config):
        pass


def python(code: str, folder: Path) -> subprocess.Popen[str]:
    """A process with `folder` and `config`, which prints something once it is where it should."""
    head = (
        "import os, sys, time; from pathlib import Path; from purenn import runs\n"
        f"folder, config = Path(sys.argv[1]), runs.Config('survivor.py', {CONFIG.settings!r})\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", head + code, str(folder)],
        stdout=subprocess.PIPE,
        env=SINGLE_THREAD,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


class TestWhatIsWritten:
    def test_all_files(self, folder: Path) -> None:
        assert set(contents(folder)) == {
            *(".lock", "config.json", "environment.json", "metrics.jsonl", "times.jsonl"),
            *("checkpoint.safetensors", "best.safetensors", "summary.json"),
        }
        assert (folder / ".lock").read_bytes() == b""

    def test_records_are_lines_of_finite_numbers_without_times(self, folder: Path) -> None:
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        parsed = [json.loads(line) for line in lines]
        assert [sorted(line) for line in parsed] == [["distance", "epoch", "loss", "norm"]] * EPOCHS
        assert tuple(parsed) == runs.read_records(str(folder))

    def test_the_summary(self, folder: Path) -> None:
        summary = runs.read_summary(str(folder))
        assert summary is not None
        last = {**runs.read_records(folder)[-1]}
        assert summary.epochs == summary.planned == last.pop("epoch") + 1 == EPOCHS
        assert summary.metrics == {**last, "answer": 42}
        assert summary.seconds > 0.0
        assert len(summary.digest) == 64

    def test_times_are_summed_over_sessions(self, folder: Path) -> None:
        lines = [json.loads(line) for line in (folder / "times.jsonl").read_text().splitlines()]
        assert [line["epoch"] for line in lines if "started" in line] == [0]
        times = [line["seconds"] for line in lines if "seconds" in line]
        summary = runs.read_summary(folder)
        assert summary is not None
        assert len(times) == EPOCHS
        assert summary.seconds == pytest.approx(sum(times), abs=1e-5)

    def test_a_run_that_did_not_finish_has_no_summary(self, tmp_path: Path) -> None:
        start(tmp_path / "run")
        assert runs.read_summary(tmp_path / "run") is None
        assert runs.read_records(tmp_path / "run") == ()

    def test_the_environment(self, folder: Path) -> None:
        found = runs.read_environment(str(folder))
        assert found == runs.environment()
        assert {"purenn", "python", "numpy", "blas", "blas_threads", "simd", "os"} <= set(found)
        assert found["numpy"] == np.__version__


class TestStarting:
    def refused(self, folder: Path, message: str) -> None:
        before = contents(folder) if folder.is_dir() else None
        with pytest.raises(PurennError) as caught:
            start(folder)
        assert str(caught.value) == message
        assert type(caught.value) in (RunError, UnavailableError)
        assert before is None or contents(folder) == before

    def test_where_a_run_is(self, folder: Path) -> None:
        self.refused(folder, f"{folder} holds a run already. Resume it, or choose another folder.")

    @pytest.mark.parametrize(
        "name",
        [
            *("checkpoint.safetensors", "best.safetensors", "metrics.jsonl", "times.jsonl"),
            "summary.json",
        ],
    )
    def test_where_something_else_is(self, name: str, tmp_path: Path) -> None:
        (tmp_path / name).write_text("something else")
        self.refused(
            tmp_path,
            f"{tmp_path} holds a {name}, but no config.json: it is not a run of purenn's, or was "
            "damaged. Choose another folder.",
        )

    def test_below_a_file_and_in_one(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.touch()
        self.refused(file / "run", f"{file}/run cannot be made: Not a directory.")
        self.refused(file, f"{file} cannot be made: File exists.")

    def test_on_a_read_only_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        Watch(Fault(2, "EROFS"), tmp_path).install(monkeypatch)
        self.refused(tmp_path, f"{tmp_path} cannot be written to: Read-only file system.")

    def test_beside_files_that_are_nobodys(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "notes.txt").write_text("mine")
        with runs.start("~", CONFIG) as run:
            assert run.folder == tmp_path
        assert (tmp_path / "notes.txt").read_text() == "mine"

    def test_a_lock_that_is_a_link(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("mine")
        (tmp_path / ".lock").symlink_to(tmp_path / "file")
        self.refused(tmp_path, f"{tmp_path}/.lock is a symbolic link: expected a regular file.")


def remove_lock(folder: Path) -> None:
    (folder / ".lock").unlink()


def nothing(folder: Path) -> None:
    """Do nothing."""


class TestLocks:
    @pytest.mark.parametrize("harm", [nothing, remove_lock])
    def test_a_folder_is_for_one_process(
        self, harm: Callable[[Path], None], tmp_path: Path
    ) -> None:
        code = "with runs.start(folder, config): print(1, flush=True); time.sleep(60)"
        with python(code, tmp_path) as process:
            harm(tmp_path)
            owner = f"process {process.pid}" if harm is nothing else "another process"
            before = contents(tmp_path)
            with pytest.raises(RunError) as caught, runs.resume(tmp_path):
                pass
            assert str(caught.value) == (
                f"{tmp_path} is in use by {owner}. Wait, or choose another folder."
            )
            assert contents(tmp_path) == before
            process.send_signal(signal.SIGKILL)
        with runs.resume(tmp_path):
            pass

    def test_twice_at_once_in_one_process(self, tmp_path: Path) -> None:
        with runs.start(tmp_path, CONFIG):
            with pytest.raises(RunError, match="is in use by process"), runs.resume(tmp_path):
                pass
            with pytest.raises(RunError, match="is in use by process"), runs.resume(tmp_path):
                pass

    def test_a_fork_that_outlives_the_process_does_not_hold_it(self, tmp_path: Path) -> None:
        code = (
            "with runs.start(folder, config):\n"
            "    os.write(1, b'%d\\n' % (os.fork() or os.getpid()))\n"  # the child's number, twice
            "    time.sleep(60)"
        )
        with python(code, tmp_path) as process:
            assert process.stdout is not None
            child = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
            process.wait()
            try:
                with runs.resume(tmp_path):
                    pass
            finally:
                os.kill(child, signal.SIGKILL)

    def test_a_fork_that_ends_first_frees_nothing(self, tmp_path: Path) -> None:
        code = (
            "with runs.start(folder, config):\n"
            "    child = os.fork()\n"
            "    if not child: sys.exit()\n"
            "    os.waitpid(child, 0); print(1, flush=True); time.sleep(60)"
        )
        with python(code, tmp_path) as process:
            with pytest.raises(RunError, match=f"process {process.pid}"), runs.resume(tmp_path):
                pass
            process.send_signal(signal.SIGKILL)


WINDOWS = """
import os, sys, warnings
sys.modules["fcntl"] = None
for name in ("O_NOFOLLOW", "register_at_fork", "fork", "killpg", "setsid"):
    delattr(os, name)
warnings.simplefilter("ignore")  # filelock misses fcntl, too
import purenn.runs, purenn.saving
print(purenn.runs.read_summary("."))
"""


def test_it_is_imported_where_posix_is_not(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WINDOWS]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("None\n", "")


def test_saving_needs_no_extras(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules.update(filelock=None, cattrs=None)\n"
        "import purenn.saving, purenn.files, purenn.safetensors"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
