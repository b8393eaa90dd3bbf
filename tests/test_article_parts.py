"""The article's points, and when a number agrees with what it printed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import nan

import numpy as np

from article import agreement, printed
from article.data import article_spirals
from article.nets import fashion_epochs
from purenn import dataset


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
