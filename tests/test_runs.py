"""Run folders: what is in them, who may enter, and that nothing is touched where none may."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import refusals
from commands import told
from faults import Fault, Watch
from killing import SINGLE_THREAD
from states import contents, untouched
from survivor import CONFIG, EPOCHS

from purenn import runs
from purenn.errors import PurennError, RunError, UnavailableError
from purenn.runs.folder import locked


@contextmanager
def python(code: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process in a run in that folder, which prints something once it is where it should."""
    head = (
        "import os, sys, time; from pathlib import Path; from purenn import runs\n"
        f"with runs.start(Path(sys.argv[1]), runs.Config('survivor.py', {CONFIG.settings!r})):\n"
    )
    command = [sys.executable, "-c", f"{head}    {code}; time.sleep(60)", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=SINGLE_THREAD, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        yield process
        process.kill()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


class TestWhatIsWritten:
    def test_all_files(self, finished: Path) -> None:
        assert set(contents(finished)) == {
            *(".lock", "config.json", "environment.json", "metrics.jsonl", "times.jsonl"),
            *("checkpoint.safetensors", "best.safetensors", "summary.json"),
        }

    def test_records_and_the_summary(self, finished: Path) -> None:
        records = runs.read_records(str(finished))
        assert list(records) == lines(finished / "metrics.jsonl")
        assert [sorted(x) for x in records] == [["distance", "epoch", "loss", "norm"]] * EPOCHS
        summary = runs.read_summary(str(finished))
        assert summary is not None
        last = {**records[-1]}
        assert summary.epochs == summary.planned == last.pop("epoch") + 1 == EPOCHS
        assert summary.metrics == {**last, "answer": 42}
        assert len(summary.digest) == 64
        start, *others = lines(finished / "times.jsonl")
        assert set(start) == {"epoch", "batch", "started"}
        times = [time for line in others if isinstance(time := line["seconds"], float)]
        assert len(times) >= EPOCHS
        assert 0.0 < summary.seconds == pytest.approx(sum(times), abs=1e-5)

    def test_the_environment(self, finished: Path) -> None:
        found = runs.read_environment(str(finished))
        assert found == runs.environment() | {"arithmetic": "fast"}
        assert {"purenn", "python", "numpy", "blas", "blas_threads", "simd", "os"} <= set(found)
        assert found["numpy"] == np.__version__


def refused(folder: Path, error: type[PurennError], message: str) -> None:
    with untouched(folder), refusals.refused(error, message), runs.start(folder, CONFIG):
        pass


class TestStarting:
    def test_where_a_run_is_or_parts_of_one(self, finished: Path, tmp_path: Path) -> None:
        resume = "holds a run already. Resume it, or choose another folder."
        refused(finished, RunError, f"{finished} {resume}")
        for name in contents(finished).keys() - {"environment.json", ".lock"}:
            (tmp_path / name).write_text("something else")
            other = "holds a run already. It has no config.json: choose another folder."
            refused(tmp_path, RunError, f"{tmp_path} {resume if name == 'config.json' else other}")
            (tmp_path / name).unlink()

    def test_in_a_file_and_below_behind_a_link_and_on_a_read_only_disk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file, lock = tmp_path / "file", tmp_path / ".lock"
        file.touch()
        lock.symlink_to(file)
        refused(file / "run", UnavailableError, f"{file}/run cannot be made: Not a directory.")
        refused(file, UnavailableError, f"{file} cannot be made: File exists.")
        message = f"{lock} is a symbolic link: expected a regular file."
        refused(tmp_path, UnavailableError, message)
        lock.unlink()
        Watch(Fault(2, "EROFS"), tmp_path, monkeypatch)
        message = f"{tmp_path} cannot be written to: Read-only file system."
        refused(tmp_path, UnavailableError, message)

    def test_beside_other_files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "notes.txt").write_text("mine")
        with runs.start("~", CONFIG) as run:
            assert run.folder == tmp_path
            assert runs.read_summary(tmp_path) is None
            assert runs.read_records(tmp_path) == ()
        assert (tmp_path / "notes.txt").read_text() == "mine"

    def test_its_folder_is_absolute(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with runs.start("run", CONFIG) as run:
            assert run.folder == tmp_path / "run"
        with runs.resume("run") as run:
            assert run.folder == tmp_path / "run"


def check_in_use(folder: Path, owner: str) -> None:
    message = f"{folder} is in use by {owner}. Wait, or choose another folder."
    with untouched(folder), refusals.refused(RunError, message), runs.resume(folder):
        pass


class TestLocks:
    def test_a_folder_is_for_one_process_also_after_its_forks(self, tmp_path: Path) -> None:
        code = "os.waitpid(os.fork() or sys.exit(), 0); print(1, flush=True)"
        with python(code, tmp_path) as process:
            check_in_use(tmp_path, f"process {process.pid}")
            (tmp_path / ".lock").unlink()
            check_in_use(tmp_path, "another process")
        with runs.resume(tmp_path):
            check_in_use(tmp_path, f"process {os.getpid()}")
            check_in_use(tmp_path, f"process {os.getpid()}")

    def test_what_changed_until_it_was_locked_is_noticed(self, tmp_path: Path) -> None:
        check = Mock(side_effect=[None, RunError("changed")])
        with refusals.refused(RunError, "changed"), locked(tmp_path, check):
            pass
        with locked(tmp_path, lambda: None):
            pass

    def test_a_fork_that_outlives_the_process_does_not_hold_it(self, tmp_path: Path) -> None:
        # The child's number is printed twice: by whichever of the two comes first, and the other.
        with python("os.write(1, b'%d\\n' % (os.fork() or os.getpid()))", tmp_path) as process:
            assert process.stdout is not None
            child = int(process.stdout.readline())
            process.kill()
            process.wait()
            try:
                with runs.resume(tmp_path):
                    pass
            finally:
                os.kill(child, 9)


WINDOWS = """
import os, sys, warnings
sys.modules["fcntl"] = None
for name in ("O_NOFOLLOW", "register_at_fork", "fork", "killpg", "setsid"):
    delattr(os, name)
warnings.simplefilter("ignore")  # filelock misses fcntl, too
import purenn.runs, purenn.saving
assert purenn.runs.read_summary(".") is None
"""
NO_EXTRAS = """
import sys; sys.modules.update(filelock=None, cattrs=None)
import purenn.saving, purenn.files, purenn.safetensors
"""


@pytest.mark.parametrize("code", [WINDOWS, NO_EXTRAS], ids=["without POSIX", "without extras"])
def test_it_is_imported(code: str, tmp_path: Path) -> None:
    told("-c", code, cwd=tmp_path)
