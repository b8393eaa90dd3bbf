"""What the command lines refuse, by wording, and before any work is done."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from sample import sample

import article
import fashion_mnist
import spiral
from article_folders import replaced
from command_line import exit_status
from purenn import OptionError, RunError, UnavailableError, runs
from purenn.datasets import FashionMnist


def load_sample(directory: Path | None) -> FashionMnist:
    return sample()


def load_nothing(directory: Path | None) -> FashionMnist:
    raise UnavailableError(f"The images are not in {directory}. Put them there.")


def images(arguments: Sequence[str]) -> int:
    return fashion_mnist.main(arguments, load_sample)


def told(output: str) -> str:
    """What was printed, without the frames around it and the breaks of its lines."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", output).split())


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--epochs 0", "--epochs must be a whole number of at least 1 and is 0."),
        ("--epochs many", "invalid literal for int() with base 10: 'many'"),
        ("--batch-size -5", "--batch-size must be a whole number of at least 1 and is -5."),
        ("--hidden 8 0", "A width in --hidden must be a whole number of at least 1 and is 0."),
        ("--learning-rate 0", "--learning-rate must be above 0 and is 0.0."),
        ("--learning-rate nan", "--learning-rate must be a finite number and is nan."),
        ("--learning-rate inf", "--learning-rate must be a finite number and is inf."),
        ("--momentum 1", "--momentum must be at least 0 and below 1, and is 1.0."),
        ("--clip-limit 0", "--clip-limit must be above 0 and is 0.0."),
        ("--clip hard", "invalid choice 'hard' for argument '--clip'. Expected one of"),
        ("--schedule up", "invalid choice 'up' for argument '--schedule'. Expected one of"),
        ("--activation x", "invalid choice 'x' for argument '--activation'. Expected one of"),
        ("--dtype float16", "invalid choice 'float16' for argument '--dtype'. Expected one of"),
        ("--warm-up 21 --epochs 20", "--warm-up must be from 0 to the 20 epochs and is 21.0."),
        ("--warm-up nan --epochs 9", "--warm-up must be from 0 to the 9 epochs and is nan."),
        ("--seed -1", "--seed must be from 0 to 4294967295 and is -1."),
        ("--epoch 3", "Unrecognized options: --epoch"),
    ],
)
@pytest.mark.parametrize("script", ["spiral", "fashion_mnist"])
def test_impossible_settings_are_refused(
    script: str, arguments: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = {"spiral": spiral.main, "fashion_mnist": images}[script]
    with pytest.raises(SystemExit) as ended:
        main([*arguments.split(), "--folder", str(tmp_path / "run")])
    assert ended.value.code == 2
    assert message in told(capsys.readouterr().err)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--arms 1", "--arms must be at least 2: one arm is one class."),
        (
            "--arms 3",
            "--loss binary-cross-entropy-with-logits is for 2 arms, and there are 3. Take",
        ),
        ("--samples-per-arm 0", "--samples-per-arm must be a whole number of at least 1 and is 0."),
        ("--turns 0", "--turns must be above 0 and is 0.0."),
        ("--noise -1", "--noise must be at least 0 and is -1.0."),
    ],
)
def test_impossible_spirals_are_refused(
    arguments: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        spiral.main(arguments.split())
    assert message in told(capsys.readouterr().err)


def test_too_many_turns_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="turns must be at most 1000"):
        spiral.main(["--turns", "2000", "--folder", str(tmp_path / "run")])
    assert not (tmp_path / "run").exists()


def test_validation_has_to_leave_something_to_train_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        images(["--validation", "-1"])
    assert "--validation must be at least 0 and is -1." in told(capsys.readouterr().err)
    folder = tmp_path / "run"
    with pytest.raises(
        OptionError, match=r"--validation must be below the 2000 training images and is 2000\."
    ):
        images(["--validation", "2000", "--folder", str(folder)])
    assert not folder.exists()


# --- folders --------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ["article", "spiral", "fashion_mnist"])
def test_a_folder_that_cannot_be_written_is_refused_before_training(
    script: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = {"article": article.main, "spiral": spiral.main, "fashion_mnist": images}[script]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match=r"file.*[Nn]ot a directory"):
        main(["--folder", str(tmp_path / "file" / "run")])
    assert "epoch" not in capsys.readouterr().out
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_holds_a_run_is_refused(tmp_path: Path) -> None:
    with runs.start(tmp_path / "run", runs.Config("other.py", {})):
        pass
    with pytest.raises(RunError, match=r"holds a run already\. Go on with it by --resume"):
        spiral.main(["--folder", str(tmp_path / "run")])
    with pytest.raises(RunError, match=r"another configuration:\n  script: 'other.py' there"):
        spiral.main(["--folder", str(tmp_path / "run"), "--resume"])


def test_the_article_replaces_no_folder_but_its_own(tmp_path: Path) -> None:
    own = runs.Config("article.py", {"run": "clipped", "epochs": 200})
    for config in (
        runs.Config("spiral.py", {"run": "clipped"}),
        runs.Config("article.py", {"run": "exploding"}),
        runs.Config("article.py", {}),
    ):
        folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
        with runs.start(folder, config):
            (folder / "loss.png").write_text("kept")
        with (
            pytest.raises(RunError, match=r"is not the article's clipped, and is left as it is"),
            replaced(folder, own),
        ):
            pass
        assert (folder / "loss.png").read_text() == "kept"


def test_the_article_clears_its_own_folder_of_its_own_files(tmp_path: Path) -> None:
    before = runs.Config("article.py", {"run": "clipped", "epochs": 100})
    after = runs.Config("article.py", {"run": "clipped", "epochs": 200})
    with runs.start(tmp_path, before):
        (tmp_path / "loss.png").write_text("old")
        (tmp_path / "notes.txt").write_text("mine")
    with replaced(tmp_path, after) as run:
        assert not (tmp_path / "loss.png").exists()
        assert runs.read_config(tmp_path / "config.json") == run.config == after
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_the_article_replaces_no_folder_in_use(tmp_path: Path) -> None:
    config = runs.Config("article.py", {"run": "clipped"})
    with (
        runs.start(tmp_path, config),
        pytest.raises(RunError, match=r"is in use by process \d+"),
        replaced(tmp_path, config),
    ):
        pass
    assert (tmp_path / "config.json").exists()


# --- how it ends ----------------------------------------------------------------------------------


def test_errors_are_told_in_plain_words_and_by_the_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--folder", str(tmp_path / "run"), "--data", "here"]
    assert exit_status(lambda: fashion_mnist.main(folder, load_nothing)) == 1
    assert capsys.readouterr().err == "\nerror: The images are not in here. Put them there.\n"
    assert not (tmp_path / "run").exists()


def test_an_interruption_ends_with_the_signal_as_a_shell_would_say_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted() -> int:
        raise runs.InterruptionError("Stopped. Go on with --resume.", 15)

    assert exit_status(interrupted) == 128 + 15
    assert capsys.readouterr().err == "\nStopped. Go on with --resume.\n"


def test_a_lack_of_memory_is_told_too(capsys: pytest.CaptureFixture[str]) -> None:
    def hungry() -> int:
        raise MemoryError("Unable to allocate 9 TiB")

    assert exit_status(hungry) == 1
    told_so = "error: there is not enough memory: Unable to allocate 9 TiB"
    assert told_so in capsys.readouterr().err
