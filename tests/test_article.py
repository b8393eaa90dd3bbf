"""The article: printed digits on another kernel, run 3 against plain NumPy, and all parts alone."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable
from functools import partial
from math import nan
from pathlib import Path

import numpy as np
import pytest
from article_replica import first_epoch
from commands import RECORDS, run
from sample import sample
from states import contents, untouched
from threadpoolctl import threadpool_limits

import train_article
from article import agreement, printed
from article.data import article_spirals, article_split
from article.folders import clear, replaced, write_summary
from article.nets import UNUSED_KEY, fashion_epochs, opening
from article.recipes import average_loss, clipped, fashion_recipe
from purenn import dataset, fold, runs, training_step
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
    assert 210.0 < runs.read_records(tmp_path / "clipped")[0]["gradient_norm"] < 220.0

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
def test_a_run_is_repeated_by_its_configuration_and_replaces_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with runs.start(tmp_path, clipped(opening()).config):
        pass
    options = ["--config", str(tmp_path / "config.json"), "--folder", str(tmp_path)]
    assert train_article.main(options) == 0
    assert "All numbers agree with the article." in capsys.readouterr().out


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


@pytest.mark.parametrize("place", ["", "--data", "PURENN_DATA", "no package either", "Windows"])
def test_debians_package_stands_in_for_mirrors_that_are_down_but_for_no_place_that_was_named(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(folder: Path | None = None) -> FashionMnist:
        if folder is not None or not (tmp_path / "fetched").exists():
            raise UnavailableError("The mirrors are down.")
        return sample()

    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\n{'exit 1' if 'no' in place else f'touch {tmp_path}/fetched'}\n")
    program.chmod(0o644 if place == "Windows" else 0o755)
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


# --- points, batches, and when a number agrees with what the article printed ----------------------


def test_the_articles_points_are_read_only_and_half_of_them_on_each_arm() -> None:
    stream = np.random.RandomState(1)
    inputs, targets = article_spirals(stream.random_sample(500), stream.standard_normal((500, 2)))
    assert inputs.dtype == targets.dtype == np.float64
    assert targets.tolist() == [[0.0]] * 250 + [[1.0]] * 250
    assert not any(array.flags.writeable for array in (inputs, targets))


def agree(check: Callable[[float], agreement.Check], *values: float) -> list[bool]:
    return [check(value).agrees for value in values]


def test_numbers_agree_in_their_digits_within_two_hundredths_or_in_a_band() -> None:
    digits = agree(partial(agreement.same_digits, "", "0.7288"), 0.72884, 0.72876, 0.72886, 0.72874)
    assert digits == [True, True, False, False]
    nearby = agree(partial(agreement.near, "", "0.3602"), 0.3801, 0.3403, 0.3803, 0.3401, nan)
    assert nearby == [True, True, False, False, False]
    band = partial(agreement.between, "", 0.894, lowest=0.889, highest=0.9)
    assert agree(band, 0.889, 0.9, 0.8889, 0.9001, nan) == [True, True, False, False, False]


def test_bands_are_shown_in_percent_and_losses_once_if_they_are_constant() -> None:
    found = agreement.between("test accuracy", 0.894, 0.889, 0.889, 0.9)
    assert (found.published, found.ours, found.demand) == ("89.40 %", "88.90 %", "88.9 to 90.0 %")
    still, moving = (agreement.constant("", "8.0590", [2.5, end]) for end in (2.5, 2.25))
    assert (still.ours, still.agrees) == ("2.5000", True)
    assert (moving.ours, moving.agrees) == ("2.2500 to 2.5000", False)


def failed(checks: tuple[agreement.Check, ...]) -> list[str]:
    return [check.what for check in checks if not check.agrees]


def test_run_1_agrees_by_its_opening_and_its_standstill() -> None:
    stuck = [*map(float, printed.EXPLODING), *[1.0] * 390, *[6.0] * 100]
    checks = agreement.exploding_checks(stuck, 0.5)
    assert (len(checks), failed(checks)) == (11, [])
    assert failed(agreement.exploding_checks([*stuck[:-1], 6.1], 0.5)) == ["epochs 401 to 500"]


def test_run_2_agrees_by_its_opening_its_end_and_all_points() -> None:
    losses = [*map(float, printed.CLIPPED), *[0.1] * 178, *map(float, printed.CLIPPED_END)]
    checks = agreement.clipped_checks(losses, 1.0)
    assert (len(checks), failed(checks)) == (23, [])
    checks = agreement.clipped_checks([*losses[:-1], 0.0006], 0.998)
    assert failed(checks) == ["epoch 200", "training accuracy"]


def test_run_3_agrees_exactly_at_first_then_nearly_and_in_its_accuracy() -> None:
    losses = [*map(float, printed.FASHION)]
    checks = agreement.fashion_checks(losses, 0.894)
    assert (len(checks), failed(checks)) == (21, [])
    checks = agreement.fashion_checks([loss + 0.005 for loss in losses], 0.88)
    assert failed(checks) == ["epoch 1", "epoch 2", "epoch 3", "test accuracy"]


def test_the_batches_of_run_3_leave_the_stream_where_it_was() -> None:
    numbers = np.arange(300)
    data, stream = dataset(numbers[:, np.newaxis] * 1.0, numbers), np.random.RandomState(3)
    twice = [fashion_epochs(data, stream, 2) for _ in range(2)]
    orders = [[[*batch.targets] for batch in epoch] for found in twice for epoch in found]
    assert orders[0] == orders[2] != orders[1] == orders[3]
