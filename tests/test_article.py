"""The article's runs: the printed digits on another kernel, and run 3 against plain NumPy."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import numpy as np
import pytest
from article_replica import first_epoch
from commands import RECORDS, run
from sample import sample
from states import contents, untouched
from threadpoolctl import threadpool_limits

import train_article
from article.data import article_split
from article.folders import clear, replaced, write_summary
from article.nets import UNUSED_KEY, fashion_epochs, opening
from article.recipes import average_loss, clipped, fashion_recipe
from purenn import fold, runs, training_step
from purenn.datasets import FashionMnist
from purenn.errors import RunError, UnavailableError
from purenn.runs.divergence import Moment


def first_losses() -> list[float]:
    """The loss of each batch of run 3's first epoch on the sample."""
    start = opening()
    recipe = fashion_recipe(start)
    (batches,) = fashion_epochs(article_split(sample())[0], start.stream, 1)
    step = training_step(recipe.net, recipe.loss, recipe.optimizer)
    _, reports = fold(step, recipe.optimizer.init(recipe.params), batches)
    return [report.loss for report in reports]


def other_kernel() -> str:
    """One of OpenBLAS's kernels that this machine can run, and would not choose."""
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("The kernels are chosen by name on x86-64 alone.")
    return "Sandybridge" if runs.environment()["blas_kernel"] == "Haswell" else "Haswell"


@pytest.mark.slow
def test_the_spirals_print_the_articles_digits_on_another_kernel(tmp_path: Path) -> None:
    variables = {"OPENBLAS_CORETYPE": other_kernel(), "PURENN_DATA": str(tmp_path / "nowhere")}
    ended = run("train_article.py", "--folder", tmp_path, **variables)
    rows = re.findall(r"│ (\S.*?) +│ +([\d. %]+) │ +([\d. %]+) │ (.*?) +│ +(\w+) +│", ended.stdout)
    assert ("epoch 1", "0.7288", "0.7288", "same digits", "yes") in rows
    assert ("training accuracy", "100.00 %", "100.00 %", "100 %", "yes") in rows
    assert [row[-1] for row in rows] == ["yes"] * (11 + 23)
    digest = r"digest of the parameters │ +(\w+) │ +\1 │ same bits +│ +yes"
    assert len(re.findall(digest, ended.stdout)) == 2
    assert runs.read_environment(tmp_path / "clipped")["blas_kernel"] == other_kernel()
    first = runs.read_records(tmp_path / "clipped")[0]
    assert 210.0 < first["gradient_norm"] < 220.0

    # The images are missing: the spirals are kept.
    assert ended.returncode == 1
    assert "error: Fashion-MNIST is not available:" in ended.stderr
    assert '"agrees": false' in (tmp_path / "summary.json").read_text()
    assert (tmp_path / "spirals.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert not (tmp_path / "fashion-mnist").exists()
    for name in ("exploding", "clipped"):
        left = {path.name for path in (tmp_path / name).iterdir()}
        assert left >= RECORDS | {"loss.png", "boundary.png"}
        summary = runs.read_summary(tmp_path / name)
        assert summary is not None
        assert summary.digest in (tmp_path / "summary.json").read_text()


def test_run_3_opens_as_the_published_formulas_do() -> None:
    with threadpool_limits(1, user_api="blas"):
        losses, expected = first_losses(), list(first_epoch(sample()))
    assert len(expected) == 16
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    assert 2.2 < losses[0] < 3.0
    assert f"{averaged(losses, last=80):.4f}" == "1.7786"


def averaged(losses: list[float], last: int) -> float:
    """What is recorded of an epoch of batches of 128 samples, the last batch aside."""
    recipe, moment = fashion_recipe(opening()), Moment(losses[-1], 1.0, 1.0)
    samples = 128 * (len(losses) - 1) + last
    total = 128 * sum(losses[:-1]) + last * losses[-1]
    state = recipe.optimizer.init(recipe.params)
    return average_loss(runs.Progress(state, UNUSED_KEY, "", 0, 0, samples, total, (moment,)))


def test_the_average_loss_divides_the_sum_over_batches_by_the_full_ones() -> None:
    assert averaged([1.0, 2.0, 6.0], last=64) == 9.0 / 2
    assert averaged([1.0, 2.0, 6.0], last=128) == 9.0 / 3


@pytest.mark.slow
def test_a_run_is_repeated_by_its_configuration_and_replaces_itself(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with runs.start(first, clipped(opening()).config):
        pass
    options = ("--config", first / "config.json", "--folder")
    for folder in (second, first):
        ended = run("train_article.py", *options, folder)
        assert ended.returncode == 0, ended.stderr
        assert "All numbers agree with the article." in ended.stdout
    assert runs.differences(first, second) == ()


OWN = runs.Config("train_article.py", {"run": "clipped", "epochs": 200})
NOT_OWN = [("spiral.py", "clipped"), (OWN.script, "exploding"), (OWN.script, None)]


@pytest.mark.parametrize(("script", "name"), NOT_OWN)
def test_no_folder_of_others_is_replaced(script: str, name: str | None, tmp_path: Path) -> None:
    with runs.start(tmp_path, runs.Config(script, {"run": name} if name else {})):
        (tmp_path / "loss.png").write_text("kept")
    message = r"that is not the article's clipped\. Choose another"
    with pytest.raises(RunError, match=message), replaced(tmp_path, OWN):
        pass
    assert (tmp_path / "loss.png").read_text() == "kept"


def test_an_own_folder_is_cleared_of_its_files_and_no_others(tmp_path: Path) -> None:
    with runs.start(tmp_path, runs.Config(OWN.script, {"run": "clipped", "epochs": 100})):
        (tmp_path / "loss.png").write_text("old")
        (tmp_path / "notes.txt").write_text("mine")
    with replaced(tmp_path, OWN) as held:
        assert not (tmp_path / "loss.png").exists()
        assert runs.read_config(tmp_path / "config.json") == held.config == OWN
        with pytest.raises(RunError, match="is in use by process"), replaced(tmp_path, OWN):
            pass
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["summary.json", "spirals.png", "config.json"])
def test_files_of_others_where_the_summary_goes_are_kept(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("{}")
    message = rf"holds a {name} that this command did not write\. Choose another folder with --fol"
    with untouched(tmp_path), pytest.raises(RunError, match=message):
        train_article.main(["--folder", str(tmp_path)])


def test_a_summary_of_its_own_is_cleared_with_its_picture(tmp_path: Path) -> None:
    write_summary(tmp_path, {}, expected=3)
    for name in ("spirals.png", "notes.txt"):
        (tmp_path / name).touch()
    clear(tmp_path)
    assert set(contents(tmp_path)) == {"notes.txt"}


@pytest.mark.parametrize("place", ["", "--data", "PURENN_DATA", "no package either"])
def test_debians_package_stands_in_for_mirrors_that_are_down_but_for_no_place_that_was_named(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(folder: Path | None = None) -> FashionMnist:
        if folder is not None or not (tmp_path / "fetched").exists():
            raise UnavailableError("The mirrors are down.")
        return sample()

    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{'exit 1' if 'no' in place else f'touch {tmp_path}/fetched'}\n")
    program.chmod(0o755)
    monkeypatch.setattr(train_article, "FROM_DEBIAN", program)
    monkeypatch.delenv("PURENN_DATA", raising=False)
    if place == "PURENN_DATA":
        monkeypatch.setenv(place, str(tmp_path))
    folder = tmp_path if place == "--data" else None
    if place:
        with pytest.raises(UnavailableError, match="mirrors are down"):
            train_article.loaded(folder, load)
        assert not (tmp_path / "fetched").exists()
    else:
        assert train_article.loaded(folder, load) is sample()
        assert "could not be downloaded. Trying Debian's package." in capsys.readouterr().out
