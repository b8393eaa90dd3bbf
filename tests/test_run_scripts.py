"""scripts/runs.py: tables, pictures and refusals. What verify finds is in test_determinism.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

import run_table
import runs as compare
import verification
from command_line import exit_status
from purenn import RunError, runs

CURVES = {"low": (0.5, 0.25), "high": (0.75, 0.6875)}


def make(folder: Path, name: str, finished: bool) -> None:
    """A run's folder, written by hand."""
    config = runs.Config("spiral.py", {"epochs": 2, "rate": 0.1, "model": {"hidden": [len(name)]}})
    with runs.start(folder / name, config):
        pass
    lines = (f'{{"epoch": {n}, "loss": {loss}}}\n' for n, loss in enumerate(CURVES[name]))
    (folder / name / "metrics.jsonl").write_text("".join(lines))
    if finished:
        (folder / name / "summary.json").write_text(
            f'{{"epochs": 2, "metrics": {{"loss": {CURVES[name][-1]}, "test_accuracy": 0.9}}, '
            f'"digest": "{"ab" * 32}", "seconds": 1.5}}'
        )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make(tmp_path, "low", finished=True)
    make(tmp_path, "high", finished=False)
    return tmp_path


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert exit_status(lambda: compare.main(arguments)) == 1
    return capsys.readouterr().err.strip()


def test_the_table_shows_differences_metrics_and_digests(folder: Path) -> None:
    console = Console(width=200)
    with console.capture() as capture:
        console.print(run_table.table(run_table.find([folder])))
    rows = [line.split() for line in capture.get().splitlines() if line.strip()]
    assert rows[0] == ["run", "model.hidden", "epochs", "loss", "test", "accuracy", "digest"]
    assert rows[2] == [str(folder / "high"), "[4]", "2", "0.6875", "not", "finished"]
    assert rows[3] == [str(folder / "low"), "[3]", "2", "0.25", "0.9", "abababababab"]
    assert len(rows) == 4


def test_a_folder_is_listed_once(folder: Path) -> None:
    found = run_table.find([folder, folder / "low", folder])
    assert [run.folder.name for run in found] == ["high", "low"]


def test_list_prints_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare.main(["list", str(folder / "low")]) == 0
    printed = capsys.readouterr().out
    assert "abababababab" in printed
    assert "hidden" not in printed  # one run differs from none


def test_plot_draws_all_curves(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = folder / "curves.png"
    arguments = ["plot", str(folder), "--output", str(picture), "--scale", "log"]
    assert compare.main(arguments) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out == f"The curves of 2 runs are in {picture}.\n"


class TestRefusals:
    def test_no_runs(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert failure(capsys, "list", str(tmp_path)) == (
            f"error: There are no runs in {tmp_path}: a run's folder has a config.json."
        )

    def test_a_metric_that_is_not_there(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert failure(capsys, "plot", str(folder), "--metric", "speed") == (
            f"error: {folder}/high has no metric 'speed': it has loss."
        )

    def test_verifying_what_did_not_finish(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert failure(capsys, "verify", str(folder / "high")) == (
            f"error: {folder}/high holds a run that did not finish: there is nothing to compare."
        )

    @pytest.mark.parametrize("script", ["survivor.py", "../tests/survivor.py", "/bin/sh", "train"])
    def test_scripts_that_are_none_of_ours(self, script: str, folder: Path) -> None:
        config = folder / "low" / "config.json"
        config.write_text(config.read_text().replace("spiral.py", script))
        with pytest.raises(RunError) as caught:
            verification.verify(folder / "low")
        assert str(caught.value) == (
            f"{folder}/low holds a run of {script!r}: there is no such script here."
        )

    def test_a_repetition_that_fails(self, folder: Path) -> None:
        with pytest.raises(
            RunError, match=r"^spiral\.py failed with status 1:\nerror: .* does not fit:"
        ):
            verification.verify(folder / "low")
