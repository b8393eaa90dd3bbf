"""What the command lines refuse, by wording, and before any work is done."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from commands import SCRIPTS
from sample import load_sample

import benchmark
import compare_initializers
import compare_layers
import compare_machines
import fashion_mnist
import spiral
import tabular
from command_line import exit_status, from_json, to_json
from purenn import runs
from purenn.datasets import FashionMnist
from purenn.errors import OptionError, RunError, UnavailableError
from spiral import SpiralSettings
from trainer.images import ImageSettings


def told(output: str) -> str:
    """What was printed, without the frames around it and the breaks of its lines."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", output).split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--epochs 0", "--epochs: expected an integer ≥ 1, got 0."),
        ("--epochs many", "invalid literal for int() with base 10: 'many'"),
        ("--clip hard", "invalid choice 'hard' for argument '--clip'. Expected one of"),
        ("--epoch 3", "Unrecognized options: --epoch"),
    ],
)
def test_impossible_options_are_told_with_status_2(
    arguments: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        spiral.main([*arguments.split(), "--folder", str(tmp_path / "run")])
    assert ended.value.code == 2
    assert message in told(capsys.readouterr().err)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("option", "status"), [("--help", 0), ("--nope", 2)])
def test_a_script_without_options_does_no_work_if_it_is_given_some(
    option: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        compare_initializers.main([option])
    assert ended.value.code == status
    assert "| task |" not in capsys.readouterr().out


def test_validation_has_to_leave_something_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"left to train on: expected an integer ≥ 1, got 0\."):
        fashion_mnist.main(["--validation", "2000", "--folder", f"{tmp_path}/run"], load_sample)
    assert not (tmp_path / "run").exists()


train_images = partial(fashion_mnist.main, load=load_sample)


@pytest.mark.parametrize(
    ("main", "options", "message"),
    [
        (train_images, "--mixup 2000", "The alpha of mixup: "),
        (train_images, "--mixup 1e-9", "The alpha of mixup: "),
        (train_images, "--shifts 28", "random_shift: expected images of 29 pixels or more"),
        (spiral.main, "--weight-decay 1e50", "The rate of weight_decay: 1e+50 overflows"),
        (spiral.main, "--dropout 0.9999999999", "The rate of dropout: 0.9999999999 is 1 in fl"),
        (spiral.main, "--hidden 100000000000", "he_normal(slope=0.01) cannot make an array"),
    ],
)
def test_settings_that_layers_and_optimizers_refuse_begin_no_run(
    main: Callable[[Sequence[str]], int],
    options: str,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = [*options.split(), "--folder", str(tmp_path / "run")]
    assert exit_status(lambda: main(arguments)) == 1
    assert capsys.readouterr().err.startswith(f"\nerror: {message}")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("settings", [SpiralSettings(), ImageSettings(validation=10, patience=2)])
def test_settings_survive_a_configuration(settings: SpiralSettings | ImageSettings) -> None:
    assert from_json(to_json(settings), type(settings), "here") == settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"color": "red"}, r"extra fields found \(color\)"),
        ({"epochs": "20"}, r"expected int, got '20' @ settings.epochs"),
        ({"epochs": True}, r"expected int, got True @ settings.epochs"),
        ({"hidden": [8, 2.5]}, r"expected int, got 2.5 @ settings.hidden"),
        ({"clip": "hard"}, r"hard.* @ settings.clip"),
        ({"epochs": 0}, r"--epochs: expected an integer ≥ 1, got 0"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(
    settings: dict[str, runs.Json], message: str, tmp_path: Path
) -> None:
    with runs.start(tmp_path / "run", runs.Config("spiral.py", settings)):
        pass
    config = tmp_path / "run" / "config.json"
    with pytest.raises(OptionError, match=rf"config\.json does not fit:\n  .*{message}"):
        spiral.main(["--config", str(config), "--folder", str(tmp_path / "new")])
    assert not (tmp_path / "new").exists()


def test_resuming_takes_a_run_and_its_settings(tmp_path: Path) -> None:
    folder = ["--folder", str(tmp_path / "run")]
    with pytest.raises(RunError, match=r"run holds no run\. Leave out --resume to start one\."):
        spiral.main([*folder, "--resume"])
    assert not (tmp_path / "run").exists()
    config = runs.Config("spiral.py", to_json(SpiralSettings(epochs=1)))
    with runs.start(tmp_path / "run", config):
        pass
    with pytest.raises(RunError, match=r"another configuration:\n  seed: 0 there, 1 here\n"):
        spiral.main([*folder, "--resume", "--seed", "1"])
    with pytest.raises(RunError, match=r"holds a run already\."):
        spiral.main(folder)
    with pytest.raises(OptionError, match=r"of fashion_mnist\.py, got spiral\.py\."):
        fashion_mnist.main([*folder, "--resume"], load_sample)


@pytest.mark.parametrize(
    ("main", "arguments", "message"),
    [
        (tabular.main, "--tables nope", "--tables: expected one of "),
        (tabular.main, "--methods nope", "--methods: expected one of purenn"),
        (tabular.main, "--seeds -1", "--seeds: expected an integer ≥ 0, got -1."),
        (tabular.main, "--seeds 0 --scores new", "new has no scores of these tables: ask for some"),
        (
            tabular.main,
            "--scores no/s",
            "--scores: expected a file in a folder that exists, got no/s",
        ),
        (tabular.main, "--seeds 0 --scores bad", "bad, line 1: expected a score, got '[1]'."),
        (tabular.main, "--seeds 0 --scores odd", "odd, line 1: expected a score, got 'mine'."),
        (tabular.main, "--seeds 0 --scores raw", "raw, line 1: expected a score, got '"),
        (benchmark.main, "--against nope", "--against: expected a folder with purenn, got nope."),
        (benchmark.main, "--workloads small epoch", "Fashion-MNIST is not available:"),
        (benchmark.main, "--rounds 0", "--rounds: expected an integer ≥ 1, got 0."),
        (compare_layers.main, "--rounds -1", "--rounds: expected an integer ≥ 1, got -1."),
        (compare_machines.main, "--pythons nope", "--pythons: expected interpreters, got nope."),
        (compare_machines.main, "--pythons", "--pythons: expected interpreters, got none."),
        (compare_machines.main, "--epochs 0", "--epochs: expected an integer ≥ 1, got 0."),
        (spiral.main, "--resume --config x", "--resume: the folder has its settings. Leave out"),
    ],
)
def test_what_makes_no_sense_is_told_before_any_work(
    main: Callable[[Sequence[str]], int | None],
    arguments: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PURENN_DATA", "nowhere")
    (tmp_path / "bad").write_text("[1]\n")
    (tmp_path / "odd").write_text("mine")
    (tmp_path / "raw").write_bytes(b"\x89")
    assert exit_status(lambda: main(arguments.split())) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"\nerror: {message}")
    assert printed.out == ""
    assert (tmp_path / "odd").read_text() == "mine"


@pytest.mark.parametrize(
    ("output", "status", "message"),
    [
        (">&-", 1, "\nerror: standard output is closed\n"),
        (">/dev/full", 1, "\nerror: [Errno 28] No space left on device\n"),
        ("| cat", 0, ""),
    ],
)
def test_an_output_that_takes_nothing_or_not_all_letters(
    output: str, status: int, message: str
) -> None:
    code = "from command_line import exit_status; exit(exit_status(lambda: print(chr(955))))"
    command = f'set -o pipefail; "{sys.executable}" -c "{code}" {output}'
    variables = {**os.environ, "PYTHONPATH": str(SCRIPTS), "PYTHONIOENCODING": "cp1252"}
    ended = subprocess.run(
        ["bash", "-c", command], env=variables, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (status, message)


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (UnavailableError("No images. Put them there."), 1, "error: No images. Put them there."),
        (runs.InterruptionError("Stopped.", 15), 143, "Stopped.\nThe same command with --resume"),
        (MemoryError("Unable to allocate"), 1, "error: not enough memory: Unable to allocate"),
        (KeyboardInterrupt(), 130, "error: interrupted"),
    ],
    ids=["error", "interruption", "memory", "Ctrl-C"],
)
def test_what_stops_a_script_is_told_in_plain_words_and_by_the_exit_status(
    error: BaseException,
    status: int,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def load(directory: Path | None) -> FashionMnist:
        raise error

    arguments = ["--folder", str(tmp_path / "run"), "--data", "here"]
    assert exit_status(lambda: fashion_mnist.main(arguments, load)) == status
    assert capsys.readouterr().err.startswith(f"\n{message}")
    assert not (tmp_path / "run").exists()
