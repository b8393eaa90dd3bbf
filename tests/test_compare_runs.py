"""scripts/compare_runs.py: tables, pictures, repetitions and refusals."""

from __future__ import annotations

import json
import re
import shutil
import sys
from functools import partial
from pathlib import Path

import attrs
import pytest
from counting import work_of
from rich.console import Console

import compare_runs
import run_table
import spiral
import verification
from purenn import __version__, runs
from purenn.errors import RunError
from run_table import by_folder, find

TINY = ("--epochs", "1", "--samples-per-arm", "10", "--hidden", "4")
CURVES = {"low": (0.5, 0.25), "high": (0.75, 0.6875)}


def make(folder: Path, name: str, *, finished: bool) -> None:
    """A run's folder, written by hand."""
    config = runs.Config("spiral.py", {"epochs": 2, "rate": 0.1, "model": {"hidden": [len(name)]}})
    with runs.start(folder / name, config):
        pass
    lines = (f'{{"epoch": {n}, "loss": {loss}}}\n' for n, loss in enumerate(CURVES[name]))
    (folder / name / "metrics.jsonl").write_text("".join(lines))
    if finished:
        metrics = {"loss": CURVES[name][-1], "test_accuracy": 0.9}
        summary = runs.Summary(2, 2, metrics, "ab" * 32, 1.5)
        (folder / name / "summary.json").write_text(json.dumps(attrs.asdict(summary)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make(tmp_path, "low", finished=True)
    make(tmp_path, "high", finished=False)
    return tmp_path


def listed(folder: Path, width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as capture:
        console.print(run_table.table(run_table.find([folder]), console))
    return [line.strip() for line in capture.get().splitlines() if line.strip()]


def test_the_table_shows_differences_metrics_and_digests(folder: Path) -> None:
    rows = [line.split() for line in listed(folder, width=200)]
    assert rows[0] == ["run", "model.hidden", "epochs", "loss", "test", "accuracy", "digest"]
    assert rows[2] == [str(folder / "high"), "[4]", "2", "0.6875", "not", "finished"]
    assert rows[3] == [str(folder / "low"), "[3]", "2", "0.25", "0.9", "abababababab"]
    assert len(rows) == 4
    found = run_table.find([folder, folder / "low", folder])
    assert [run.folder.name for run in found] == ["high", "low"]


def test_a_table_that_is_too_wide_lists_by_lines_and_breaks_between_words(folder: Path) -> None:
    for name in ("one", "two"):
        settings = {f"{name}_{number}": "some words in a row" for number in range(3)}
        with runs.start(folder / name, runs.Config("other.py", {**settings, "name": name})):
            pass
    rows = listed(folder, width=110)
    assert max(map(len, rows)) <= 110
    shown = "\n".join(rows)
    for text in ("script: other.py", "two 1: some words in a row", "not finished", "loss: 0.25"):
        assert text in shown


@pytest.mark.parametrize("width", [60, 200])
def test_names_and_settings_with_brackets_are_no_markup(width: int, tmp_path: Path) -> None:
    for value in ("[/b]", "[red]x"):
        config = runs.Config("x.py", {"[/i]": value, "_": f"\x1b\n{value}"})
        with runs.start(tmp_path / f"[b]{value[-1]}", config) as run:
            (run.folder / "metrics.jsonl").write_text('{"epoch": 0, "c\\nd": 1}\n')
    shown = "\n".join(listed(tmp_path, width))
    for text in ("[/i]", "[/b]", "[red]x", "[b]x", r"\x1b\n", r"c\nd"):
        assert text in shown
    assert "script" not in shown  # of which there is one


def test_the_table_of_many_runs_costs_each_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def calls(count: int) -> float:
        facts: list[run_table.Facts] = [{"script": "a.py", "seed": n} for n in range(count)]
        found = [run_table.Found(Path(), settings, (), None) for settings in facts]
        table = partial(run_table.table, found, Console(width=80))
        return work_of(table, monkeypatch).python / count

    assert calls(90) < 1.1 * calls(30)


def test_settings_that_differ_in_late_digits_are_shown_with_these(tmp_path: Path) -> None:
    for rate in (0.1234567, 0.1234568):
        with runs.start(tmp_path / f"{rate}", runs.Config("x.py", {"rate": rate, "decay": 0.0})):
            pass
    rows = [line.split() for line in listed(tmp_path, width=200)]
    assert (rows[0][:2], rows[2][1], rows[3][1]) == (["run", "rate"], "0.1234567", "0.1234568")


def test_runs_are_listed_and_curves_drawn(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare_runs.main(["list", str(folder / "low")]) == 0
    printed = capsys.readouterr().out
    assert "abababababab" in printed
    assert "hidden" not in printed  # one run differs from none
    picture = folder / "new" / "curves.png"
    assert compare_runs.main(["plot", str(folder), "--output", str(picture), "--scale", "log"]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out == f"The picture is {picture}.\n"


def test_seeds_are_averaged_and_drawn_over_minutes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in ("0", "1"):
        folder = ("--seed", seed, "--folder", str(tmp_path / "tiny" / seed))
        assert spiral.main([*TINY, "--epochs", "2", *folder]) == 0
    (tiny,) = by_folder(find([tmp_path]))
    each = tiny.percents
    capsys.readouterr()
    picture = tmp_path / "minutes.png"
    assert compare_runs.main(["seeds", str(tmp_path), "--output", str(picture)]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "tiny" in line)
    scores = [f"{sum(each) / 2:.2f}", *(f"{one:.2f}" for one in each)]
    assert row.split() == ["tiny", *scores, "22", "2", "0.0"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_seeds_are_grouped_by_the_folder_that_they_lie_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("R", "R/deep", "R/deep/seeds"):
        for name in CURVES:
            make(tmp_path / place, name, finished=True)
    monkeypatch.chdir(tmp_path / "R" / "deep" / "seeds")
    assert [group.name for group in by_folder(find([Path()]))] == ["seeds"]
    groups = [(group.name, len(group.runs)) for group in by_folder(find([tmp_path / "R"]))]
    assert groups == [("R", 2), ("deep", 2), ("seeds", 2)]


def test_verify_repeats_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path /= "-run"
    options = ["--dropout", "0.3", "--optimizer", "adam", "--weight-decay", "0.1"]
    assert spiral.main([*TINY, *options, "--folder", str(tmp_path)]) == 0
    capsys.readouterr()
    assert compare_runs.main(["verify", "./-run"]) == 0
    assert capsys.readouterr().out.startswith("The digest is the same: ")


def test_only_another_purenn_excuses_another_digest_of_a_portable_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, before = tmp_path / "run", tmp_path / "before"
    assert spiral.main([*TINY, "--arithmetic", "portable", "--folder", str(folder)]) == 0
    assert runs.read_environment(folder)["arithmetic"] == "portable"
    known = runs.read_summary(shutil.copytree(folder, before))
    assert known is not None

    def copied(command: object, again: Path, variables: object) -> runs.Summary | None:
        return runs.read_summary(shutil.copytree(before, again))

    monkeypatch.setattr(verification, "performed", copied)
    summary, file = (folder / f"{name}.json" for name in ("summary", "environment"))
    for each in (summary, file):
        each.write_text(re.sub('"(digest|numpy)": "..', r'"\1": "??', each.read_text()))
    capsys.readouterr()
    assert compare_runs.main(["verify", str(folder)]) == 1
    assert capsys.readouterr().out == (
        f"The digest differs:\n  ??{known.digest[2:]} there\n  {known.digest} here\n"
        "No environment explains it. Look at what the configuration leaves out: were more epochs "
        "asked for with --resume? Were the data the same?\n"
    )
    file.write_text(file.read_text().replace(f'"{__version__}"', '"0.0"'))
    _, told = verification.verified(folder)
    assert told.endswith(f'may explain it:\n  purenn: "0.0" there, "{__version__}" here')


def test_a_verdict_names_what_changed_in_the_environment() -> None:
    change = "numpy: '2.1' there, '2.2' here"
    assert f"which may explain it:\n  {change}" in verification.told("a", "b", (change,))
    same = verification.told("a", "a", (change,))
    assert same == f"The digest is the same: a\nThe environment differs:\n  {change}"


@pytest.mark.parametrize("script", ["survivor.py", "../tests/survivor.py", "/bin/sh", "train"])
def test_only_scripts_of_ours_are_run_again(script: str, folder: Path) -> None:
    config = folder / "low" / "config.json"
    config.write_text(config.read_text().replace("spiral.py", script))
    with pytest.raises(RunError, match="which is not one of the scripts"):
        verification.verified(folder / "low")


def test_what_came_of_a_run_counts_whatever_its_script_thinks_of_that(tmp_path: Path) -> None:
    made = runs.Summary(1, 1, {}, "00", 1.0)
    (tmp_path / "summary.json").write_text(json.dumps(attrs.asdict(made)))
    assert verification.performed([sys.executable, "-c", "exit(1)"], tmp_path, {}) == made
    (tmp_path / "summary.json").unlink()
    with pytest.raises(RunError, match=r"^-c failed:\nno luck$"):
        verification.performed([sys.executable, "-c", "exit('no luck')"], tmp_path, {})
