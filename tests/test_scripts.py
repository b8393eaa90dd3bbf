"""The trainers' command lines: what they take, refuse, write and repeat."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import pytest
from commands import run
from rich.console import Console
from sample import sample
from threadpoolctl import threadpool_limits

import article
import fashion_mnist
import image_parts
import options
import progress
import spiral
from command_line import exit_status
from purenn import runs
from purenn.datasets import FashionMnist

PNG = b"\x89PNG\r\n\x1a\n"
RECORDS = {"config.json", "environment.json", "metrics.jsonl", "times.jsonl", "summary.json"}

Main = Callable[[Sequence[str]], int]

SPIRAL = ("--epochs", "3", "--samples-per-arm", "30", "--hidden", "8", "4", "--warm-up", "1")
IMAGES = ("--epochs", "2", "--hidden", "16", "--warm-up", "0", "--batch-size", "100")


def load_sample(directory: Path | None) -> FashionMnist:
    return sample()


def train_images(arguments: Sequence[str]) -> int:
    return fashion_mnist.main(arguments, load_sample)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with threadpool_limits(1, user_api="blas"):
        yield


# --- help -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("main", "settings"),
    [
        (article.main, None),
        (spiral.main, spiral.Settings),
        (fashion_mnist.main, image_parts.Settings),
    ],
    ids=["article", "spiral", "fashion_mnist"],
)
def test_help_names_every_option_and_has_examples(
    main: Main, settings: type[options.Training] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "Examples:" in shown
    names = [field.name for field in attrs.fields(settings)] if settings else ["data"]
    for name in (*names, "folder", "resume", "config"):
        assert re.search(rf"--{name.replace('_', '-')}\b", shown), name


# --- small runs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("main", "options", "pictures"),
    [
        (spiral.main, SPIRAL, {"loss.png", "accuracy.png", "boundary.png"}),
        (spiral.main, (*SPIRAL, "--clip", "value", "--dtype", "float64"), {"loss.png"}),
        (spiral.main, (*SPIRAL, "--clip", "none", "--loss", "binary-cross-entropy"), {"loss.png"}),
        (spiral.main, (*SPIRAL, "--arms", "3", "--loss", "brier"), {"boundary.png"}),
        (
            train_images,
            IMAGES,
            {"loss.png", "accuracy.png", "samples.png", "confusion.png", "mistakes.png"},
        ),
        (train_images, (*IMAGES, "--validation", "500", "--loss", "cross-entropy"), {"loss.png"}),
        (train_images, (*IMAGES, "--split", "official", "--dtype", "float64"), {"loss.png"}),
    ],
)
def test_the_same_command_gives_the_same_bytes(
    main: Main, options: Sequence[str], pictures: set[str], tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert main([*options, "--folder", str(first)]) == 0
    assert main([*options, "--folder", str(second)]) == 0
    assert runs.differences(first, second) == ()
    summary = runs.read_summary(first)
    assert summary is not None
    assert re.fullmatch("[0-9a-f]{64}", summary.digest)
    assert {"loss", "gradient_norm", "test_accuracy"} <= summary.metrics.keys()
    assert {path.name for path in first.iterdir()} >= RECORDS | pictures
    for path in first.glob("*.png"):
        assert path.read_bytes().startswith(PNG)


def test_another_seed_gives_another_digest(tmp_path: Path) -> None:
    digests = set()
    for seed in "012":
        folder = tmp_path / seed
        assert spiral.main([*SPIRAL, "--seed", seed, "--folder", str(folder)]) == 0
        summary = runs.read_summary(folder)
        assert summary is not None
        digests.add(summary.digest)
    assert len(digests) == 3


def test_a_validation_part_is_measured_after_each_epoch(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert train_images([*IMAGES, "--validation", "500", "--folder", str(folder)]) == 0
    for record in runs.read_records(folder):
        assert 0.0 < record["validation_accuracy"] < 1.0
        assert record["validation_loss"] > 0.0
        assert "training_accuracy" not in record


def test_a_configuration_repeats_its_run_and_options_override_it(tmp_path: Path) -> None:
    first, second, third = (str(tmp_path / name) for name in ("first", "second", "third"))
    assert spiral.main([*SPIRAL, "--seed", "5", "--folder", first]) == 0
    config = f"{first}/config.json"
    assert spiral.main(["--config", config, "--folder", second]) == 0
    assert runs.differences(Path(first), Path(second)) == ()
    assert spiral.main([f"--config={config}", "--epochs", "1", "--folder", third]) == 0
    settings = runs.read_config(tmp_path / "third" / "config.json").settings
    assert (settings["epochs"], settings["seed"], settings["hidden"]) == (1, 5, [8, 4])


def test_a_script_run_as_people_run_it_prints_plain_lines(tmp_path: Path) -> None:
    ended = run("spiral.py", *SPIRAL, "--folder", tmp_path / "run")
    assert ended.status == 0, ended.errors
    lines = ended.output.splitlines()
    number = r"\d\.\d{4}"
    for epoch, line in enumerate(lines[:3], start=1):
        pattern = (
            rf"epoch {epoch}/3   loss {number}   training accuracy \d+\.\d\d %   gradient norm "
        )
        assert re.match(pattern, line)
    assert lines[3].startswith("Test accuracy: ")
    assert "\x1b" not in ended.output
    assert ended.errors == ""


def test_a_stopped_run_is_resumed_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert spiral.main([*SPIRAL, "--folder", str(whole)]) == 0

    def stop(number: int, epochs: int, metrics: Mapping[str, float]) -> str:
        signal.raise_signal(signal.SIGTERM)
        return "stopped"

    with monkeypatch.context() as patch:
        patch.setattr(progress, "epoch_line", stop)
        status = exit_status(lambda: spiral.main([*SPIRAL, "--folder", str(parts)]))
    assert status == 128 + signal.SIGTERM
    told = capsys.readouterr().err
    assert re.search(
        r"Stopped by SIGTERM before epoch 1, batch \d+\..* with --resume goes on", told
    )
    assert len(runs.read_records(parts)) == 1
    assert spiral.main([*SPIRAL, "--folder", str(parts), "--resume"]) == 0
    assert runs.differences(whole, parts) == ()


def test_lines_reach_a_log_as_they_are_printed(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        progress.say(Console(file=log), "epoch 1/3 [bold]   loss 0.5")
        assert (tmp_path / "log").read_text() == "epoch 1/3 [bold]   loss 0.5\n"
