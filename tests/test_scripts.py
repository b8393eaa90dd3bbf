"""The trainers' command lines: what they take, write, repeat and go on with."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from commands import RECORDS, run
from matplotlib.figure import Figure
from rich.console import Console
from sample import load_sample
from test_script_errors import MAINS

import check_functions
import compare_runs
import console
import fashion_mnist
import spiral
from command_line import exit_status, from_json
from purenn import Key, accuracy, evaluate, load, runs
from spiral import SpiralSettings
from trainer.models import classifier, objective

Main = Callable[[Sequence[str]], int | None]

SPIRAL = ("--epochs", "3", "--samples-per-arm", "30", "--hidden", "8", "4")
MORE = (
    "--arms 3 --loss brier --clip none --dtype float64 --optimizer adam --learning-rate 0.01 "
    "--weight-decay 0.1 --dropout 0.1 --activation tanh"
)
FEW = ("--epochs", "1", "--validation", "100", "--batch-size", "50")
MIXED = ("--epochs", "1", "--hidden", "16", "--shifts", "1", "--erasing", "0.5")
WATCHED = ("--validation", "50", "--patience", "1")
IMAGES = ("--epochs", "2", "--hidden", "16", "--batch-size", "50")


def train_images(arguments: Sequence[str]) -> int:
    return fashion_mnist.main(arguments, load_sample)


def summary_of(folder: Path) -> runs.Summary:
    found = runs.read_summary(folder)
    assert found is not None
    return found


def settings_in(folder: Path) -> SpiralSettings:
    return from_json(runs.read_config(folder / "config.json").settings, SpiralSettings, "here")


HELP = {
    "train_article --help": "--data PATH",
    "spiral --resume --help": "--samples-per-arm INT",
    "fashion_mnist --help": "--validation INT",
    "compare_runs --help": "verify",
    "benchmark --help": "--rounds INT",
    "compare_layers --help": "--layers",
    "tabular --help": "--seeds INT",
}


@pytest.mark.parametrize("command", HELP)
def test_help_has_options_and_an_example_on_each_line(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    script, *arguments = command.split()
    with pytest.raises(SystemExit, match="0"):
        MAINS[script](arguments)
    shown = capsys.readouterr().out
    assert HELP[command] in shown
    examples = shown.partition("Examples:")[2].partition("╭")[0].split("\n")
    assert len([line for line in examples if "scripts/" in line]) > 2
    assert all(line.count("scripts/") < 2 for line in examples)


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are drawn, but their files, which take most of a short run, are empty."""
    monkeypatch.setattr(Figure, "savefig", lambda figure, file, **options: None)


# Runs with the pictures that are looked at; where that is none, they are not painted.
RUNS: dict[str, tuple[Main, Sequence[str], set[str]]] = {
    "spiral": (spiral.main, SPIRAL, {"loss", "accuracy", "boundary"}),
    "three arms": (spiral.main, (*SPIRAL, *MORE.split()), {"boundary"}),
    "images": (train_images, (*IMAGES, "--loss", "cross-entropy"), {"samples", "confusion"}),
    "validation": (train_images, (*IMAGES, *WATCHED, "--split", "official"), {"mistakes"}),
    "by value": (spiral.main, (*SPIRAL, "--clip", "value"), set()),
    "mixed": (train_images, ("--recipe", "mlp-official", *MIXED), set()),
    "quick": (train_images, ("--recipe", "quick", "--epochs", "1"), set()),
    "cnn-small": (train_images, ("--recipe", "cnn-small", *FEW), set()),
    "cnn": (train_images, ("--recipe", "cnn", *FEW), set()),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_leaves_records_and_pictures(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    main, options, pictures = RUNS[name]
    if not pictures:
        request.getfixturevalue("unpainted")
    assert main([*options, "--folder", str(tmp_path)]) == 0
    summary = summary_of(tmp_path)
    assert re.fullmatch("[0-9a-f]{64}", summary.digest)
    assert {"loss", "gradient_norm", "test_accuracy"} <= summary.metrics.keys()
    watched = "validation" if main is spiral.main or "--validation" in options else "training"
    for record in runs.read_records(tmp_path):
        assert 0.0 < record[f"{watched}_accuracy"] < 1.0
    assert {path.name for path in tmp_path.iterdir()} >= {*RECORDS, "loss.png"}
    for picture in pictures:
        assert (tmp_path / f"{picture}.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


@pytest.mark.usefixtures("unpainted")
def test_a_configuration_repeats_its_run_and_options_override_it(tmp_path: Path) -> None:
    first, second, other = (str(tmp_path / name) for name in ("1", "2", "other"))
    options = [*SPIRAL, "--arms", "3", "--dropout", "0.2"]
    assert spiral.main([*options, "--folder", first]) == 0
    config = f"--config={first}/config.json"
    assert spiral.main([config, "--folder", second]) == 0
    assert runs.differences(Path(first), Path(second)) == ()
    assert spiral.main([config, "--seed", "1", "--folder", other]) == 0
    settings = settings_in(tmp_path / "other")
    assert (settings.seed, settings.epochs, settings.arms, settings.hidden) == (1, 3, 3, (8, 4))
    assert summary_of(Path(first)).digest != summary_of(Path(other)).digest


@pytest.mark.usefixtures("unpainted")
def test_a_finished_run_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    folder = [f"--folder=~/{tmp_path.name}"]
    assert spiral.main([*SPIRAL, "--seed", "5", *folder]) == 0
    before = summary_of(tmp_path).digest
    whole = Path("config.json").read_bytes()
    Path("config.json").write_bytes(re.sub(b'"(arms|dtype)":.*', b"", whole))
    with pytest.raises(runs.RunError, match='dtype: nothing there, "float64" here'):
        spiral.main(["--resume", "--dtype", "float64", *folder])
    assert spiral.main(["--resume", *folder]) == 0
    assert summary_of(tmp_path).digest == before
    assert Path("config.json").read_bytes() == whole
    capsys.readouterr()
    assert spiral.main(["--resume", "--epochs", "5", *folder]) == 0
    told = [line[:9] for line in capsys.readouterr().out.splitlines()]
    assert told[1:3] == ["epoch 4/5", "epoch 5/5"]
    assert len(runs.read_records(tmp_path)) == summary_of(tmp_path).epochs == 5
    settings = settings_in(tmp_path)
    assert (settings.epochs, settings.seed, settings.hidden) == (5, 5, (8, 4))
    assert compare_runs.main(["plot", ".", f"--output=~/{tmp_path.name}/curves.png"]) == 0
    assert Path("curves.png").exists()
    assert not Path("~").exists()


@pytest.mark.usefixtures("unpainted")
def test_patience_ends_a_run_and_the_best_epoch_is_measured(tmp_path: Path) -> None:
    options = (*SPIRAL, "--epochs", "300", "--patience", "2", "--learning-rate", "2")
    assert spiral.main([*options, "--folder", str(tmp_path)]) == 0
    summary, settings = summary_of(tmp_path), settings_in(tmp_path)
    losses = [record["validation_loss"] for record in runs.read_records(tmp_path)]
    best = losses.index(min(losses))
    assert summary.epochs == len(losses) == best + 1 + 2
    assert summary.metrics["best_epoch"] == best + 1
    goal, parts = objective(settings.loss), spiral.drawn(settings)
    model = classifier((8, 4), "leaky-relu", 0.0, 2, goal.output)
    params = load(tmp_path / "best.safetensors", like=model.init(Key(0), parts.train.example))
    assert summary.metrics["test_accuracy"] == evaluate(model, params, parts.test, accuracy)
    assert evaluate(model, params, parts.watched, goal.loss) == min(losses)


def test_a_script_run_as_people_run_it_prints_plain_lines(tmp_path: Path) -> None:
    ended = run("spiral.py", *SPIRAL, "--folder", tmp_path / "run")
    assert ended.returncode == 0, ended.stderr
    lines, number = ended.stdout.splitlines(), r"\d\.\d{4}"
    told = (
        rf"loss {number}   validation accuracy \d+\.\d\d %   validation loss {number}   gradient "
    )
    for epoch in (1, 2, 3):
        assert re.match(f"epoch {epoch}/3   {told}", lines[epoch - 1])
    assert lines[3].startswith("Test accuracy: ")
    assert "\x1b" not in ended.stdout
    assert ended.stderr == ""


@pytest.mark.usefixtures("unpainted")
def test_a_stopped_run_is_resumed_to_the_same_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert spiral.main([*SPIRAL, "--folder", str(whole)]) == 0
    with monkeypatch.context() as patch:
        patch.setattr(console, "say", lambda *line: signal.raise_signal(signal.SIGTERM))
        stopped = exit_status(lambda: spiral.main([*SPIRAL, "--folder", str(parts)]))
    assert stopped == 128 + signal.SIGTERM
    errors = capsys.readouterr().err
    assert "Stopped by SIGTERM before epoch 2, batch 2. " in errors
    assert "with --resume" in errors
    assert len(runs.read_records(parts)) == 1
    assert spiral.main(["--folder", str(parts), "--resume"]) == 0
    assert runs.differences(whole, parts) == ()


def test_lines_reach_a_log_as_they_are_printed(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        console.say(Console(file=log), "epoch 1/3 [bold] :x:   loss 0.5")
        assert (tmp_path / "log").read_text() == "epoch 1/3 [bold] :x:   loss 0.5\n"


def test_the_errors_of_functions_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    check_functions.main(["exp", "sin", "--every", "10000019"])
    shown = r"exp: 0\.\d+ units at most, \d of 430 not the nearest\nsin: 0\.\d+ units .*\n"
    assert re.fullmatch(shown, capsys.readouterr().out)
