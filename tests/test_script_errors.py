"""What the command lines refuse, by wording, and before any work is done."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from commands import SCRIPTS
from refusals import items
from sample import load_sample

import benchmark
import check_functions
import compare_initializers
import compare_layers
import compare_machines
import compare_runs
import fashion_mnist
import spiral
import tabular
import train_article
from command_line import exit_status, from_json, to_json
from purenn import runs
from purenn.datasets import FashionMnist
from purenn.errors import OptionError, UnavailableError
from spiral import SpiralSettings
from trainer.images import ImageSettings

MAINS: dict[str, Callable[[Sequence[str]], int | None]] = {
    "benchmark": benchmark.main,
    "check_functions": check_functions.main,
    "compare_initializers": compare_initializers.main,
    "compare_layers": compare_layers.main,
    "compare_machines": compare_machines.main,
    "compare_runs": compare_runs.main,
    "fashion_mnist": partial(fashion_mnist.main, load=load_sample),
    "spiral": spiral.main,
    "tabular": tabular.main,
    "train_article": train_article.main,
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs that are not finished, one after an epoch and one before; and no scores."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PURENN_DATA", "nowhere")
    for name in ("run", "begun"):
        with runs.start(name, runs.Config("spiral.py", to_json(SpiralSettings(epochs=1)))):
            pass
    Path("run", "metrics.jsonl").write_text('{"epoch": 0, "loss": 0.5}\n')
    Path("empty").mkdir()
    Path("bad").write_text("[1]\n")
    Path("mine").write_text("mine")
    Path("deep").write_text("[" * 10**5)
    Path("raw").write_bytes(b"\x89")


def told(output: str) -> str:
    """What was printed, without the frames around it and the breaks of its lines."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", output).split())


REFUSALS = dict(line.split(" -> ") for line in items("script_refusals.txt"))


@pytest.mark.parametrize("command", REFUSALS)
def test_what_makes_no_sense_is_told_before_any_work(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {*Path().rglob("*")}
    script, *arguments = command.split()
    assert exit_status(lambda: MAINS[script](arguments)) == 1
    printed = capsys.readouterr()
    message = printed.err.replace(f"{tmp_path}/", "").replace("\n", "\\n")
    assert message.startswith(rf"\nerror: {REFUSALS[command]}")
    assert printed.out == ""
    assert {*Path().rglob("*")} == before
    assert Path("mine").read_text() == "mine"


UNPARSED = {
    "spiral --epochs 0": "--epochs: expected an integer ≥ 1, got 0.",
    "spiral --epochs many": "invalid literal for int() with base 10: 'many'",
    "fashion_mnist --shifts 28": "--shifts: expected an integer from 0 to 27, got 28.",
    "compare_runs plot run --output x.jpg": "a name that ends in .png, got x.jpg.",
    "spiral --label-smoothing 0.1 --loss brier": "needs --loss softmax-cross-entropy.",
    "fashion_mnist --mixup 0.1 --loss brier": "--mixup needs --loss softmax-cross-entropy.",
    "spiral --clip hard": "invalid choice 'hard' for argument '--clip'. Expected",
    "spiral --folder=": "path: expected a name, got an empty one.",
    "spiral --epoch 3": "Unrecognized options: --epoch",
    "compare_initializers --nope": "Unrecognized options: --nope",
}


@pytest.mark.parametrize("command", UNPARSED)
def test_what_the_parser_of_options_refuses_does_no_work(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    script, *arguments = command.split()
    with pytest.raises(SystemExit, match="2"):
        MAINS[script](arguments)
    assert UNPARSED[command] in told(capsys.readouterr().err)
    assert not Path("runs").exists()


@pytest.mark.parametrize("settings", [SpiralSettings(), ImageSettings(validation=10, patience=2)])
def test_settings_survive_a_configuration(settings: SpiralSettings | ImageSettings) -> None:
    assert from_json(to_json(settings), type(settings), "here") == settings
    assert from_json({"learning_rate": 2}, type(settings), "here").learning_rate == 2.0


def test_a_config_that_does_not_fit_is_refused() -> None:
    with runs.start("odd", runs.Config("spiral.py", {"clip": "hard"})):
        pass
    problem = re.escape("hard not in literal typing.Literal['none', 'value', 'norm']")
    with pytest.raises(OptionError, match=f"^odd/config.json does not fit:\n  .*{problem}"):
        spiral.main(["--config", "odd/config.json", "--folder", "no"])
    assert not Path("no").exists()


@pytest.mark.parametrize(
    ("output", "status", "message"),
    [
        (">&-", 1, "\nerror: standard output is closed\n"),
        (">/dev/full", 1, "\nerror: [Errno 28] No space left on device\n"),
        ("| cat", 0, ""),
    ],
)
def test_an_output_that_takes_no_or_not_all_letters(output: str, status: int, message: str) -> None:
    code = "from command_line import exit_status; exit(exit_status(lambda: print(chr(955))))"
    command = ["bash", "-c", f'set -o pipefail; "{sys.executable}" -c "{code}" {output}']
    variables = {**os.environ, "PYTHONPATH": str(SCRIPTS), "PYTHONIOENCODING": "cp1252"}
    ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
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
    error: BaseException, status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(directory: Path | None) -> FashionMnist:
        raise error

    arguments = ["--folder", "no", "--data", "here"]
    assert exit_status(lambda: fashion_mnist.main(arguments, load)) == status
    assert capsys.readouterr().err.startswith(f"\n{message}")
    assert not Path("no").exists()


@pytest.mark.parametrize("is_link", [True, False])
def test_setting_up_erases_no_environment_of_others(is_link: bool) -> None:
    venv, other = Path("a clone/.venv"), Path("other").absolute()
    (Path("a clone") / "scripts").mkdir(parents=True)
    shutil.copy(SCRIPTS / "setup", "a clone/scripts")
    (other / "bin").mkdir(parents=True)
    if is_link:
        (other / "purenn-setup").touch()
        venv.symlink_to(other)
    else:
        other.rename(venv)
    Path("else", "a clone", "scripts").mkdir(parents=True)
    run = partial(subprocess.run, capture_output=True, text=True, check=False)
    ended = run(["a clone/scripts/setup"], env=os.environ | {"CDPATH": "else"})
    told = "\nsetup: making .venv anew would erase one that scripts/setup did not make here."
    assert (ended.returncode, ended.stdout, ended.stderr.startswith(told)) == (1, "", True)
    assert (venv / "bin").is_dir()
