"""Run folders: what is in them, what is refused, and that nothing is touched then."""

from __future__ import annotations

import json
from math import nan
from pathlib import Path

import numpy as np
import pytest
from faults import Fault, Watch
from states import contents
from survivor import CONFIG, EPOCHS, train

from purenn import runs
from purenn.errors import RunError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder, with a finished run in it."""
    train(tmp_path / "run")
    return tmp_path / "run"


def start(folder: Path, config: runs.Config = CONFIG) -> None:
    with runs.start(folder, config):
        pass


def resume(folder: Path, config: runs.Config = CONFIG) -> None:
    with runs.resume(folder, config):
        pass


class TestWhatIsWritten:
    def test_all_files(self, folder: Path) -> None:
        assert set(contents(folder)) == {
            *(".lock", "config.json", "environment.json", "metrics.jsonl", "times.jsonl"),
            *("checkpoint.npz", "summary.json"),
        }
        assert (folder / ".lock").read_bytes() == b""

    def test_the_configuration_is_read_as_it_was(self, folder: Path) -> None:
        assert runs.read_config(folder / "config.json") == CONFIG

    def test_records_are_lines_of_finite_numbers_without_times(self, folder: Path) -> None:
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        parsed = [json.loads(line) for line in lines]
        assert [sorted(line) for line in parsed] == [["epoch", "loss", "norm"]] * EPOCHS
        assert tuple(parsed) == runs.read_records(folder)

    def test_the_summary(self, folder: Path) -> None:
        summary = runs.read_summary(folder)
        assert summary is not None
        last = runs.read_records(folder)[-1]
        assert summary.epochs == EPOCHS
        assert summary.metrics == {"loss": last["loss"], "norm": last["norm"], "answer": 42}
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
        found = runs.read_environment(folder)
        assert found == runs.environment()
        assert list(found) == [
            *("purenn", "commit", "python", "numpy", "blas", "blas_kernel", "blas_threads"),
            *("cpu", "simd", "libc", "os"),
        ]
        assert found["numpy"] == np.__version__
        assert isinstance(found["blas_threads"], int)


class TestStarting:
    def refused(self, folder: Path, message: str) -> None:
        before = contents(folder)
        with pytest.raises(RunError) as caught:
            start(folder)
        assert str(caught.value) == message
        assert contents(folder) == before

    def test_where_a_run_is(self, folder: Path) -> None:
        self.refused(
            folder,
            f"{folder} holds a run already. Go on with it by --resume, or choose another folder.",
        )

    @pytest.mark.parametrize(
        "name", ["checkpoint.npz", "metrics.jsonl", "times.jsonl", "summary.json"]
    )
    def test_where_something_else_is(self, name: str, tmp_path: Path) -> None:
        (tmp_path / name).write_text("something else")
        self.refused(
            tmp_path,
            f"{tmp_path} holds a {name}, but no config.json: it is no run of purenn's, or was "
            "damaged. Choose another folder.",
        )

    def test_below_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(RunError) as caught:
            start(tmp_path / "file" / "run")
        assert str(caught.value) == f"{tmp_path}/file/run cannot be made: Not a directory."

    def test_in_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(RunError) as caught:
            start(tmp_path / "file")
        assert str(caught.value) == f"{tmp_path}/file cannot be made: File exists."

    def test_on_a_read_only_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        Watch(Fault(2, "EROFS"), tmp_path).install(monkeypatch)
        self.refused(tmp_path, f"{tmp_path} cannot be written to: Read-only file system.")

    def test_beside_files_that_are_nobodys(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("mine")
        start(tmp_path)
        assert (tmp_path / "notes.txt").read_text() == "mine"

    def test_twice_at_once_in_one_process(self, tmp_path: Path) -> None:
        with runs.start(tmp_path, CONFIG), pytest.raises(RunError, match="is in use by process"):
            resume(tmp_path)

    def test_with_a_setting_that_json_has_no_form_for(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match=r"^The configuration cannot be written down: JSON has"):
            start(tmp_path / "run", runs.Config("x.py", {"rate": nan}))
        assert not (tmp_path / "run").exists()
