"""When a number agrees with the article's, and when it does not."""

from __future__ import annotations

from collections.abc import Callable
from math import nan

import pytest

from article import printed
from article.agreement import (
    Check,
    between,
    clipped_checks,
    constant,
    exploding_checks,
    fashion_checks,
    near,
    same_digits,
)

EXPLODING = [*map(float, printed.EXPLODING)]
FASHION = [*map(float, printed.FASHION)]


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (lambda ours: same_digits("", "0.7288", ours), (0.72884, 0.72876), (0.72886, 0.72874)),
        (lambda ours: near("", "0.3602", ours), (0.3801, 0.3403), (0.3803, 0.3401, nan)),
        (lambda ours: between("", 0.894, ours, 0.889, 0.9), (0.889, 0.9), (0.8889, 0.9001, nan)),
    ],
    ids=["the same digits", "within two hundredths", "a band with its ends"],
)
def test_numbers_agree(
    check: Callable[[float], Check], good: tuple[float, ...], bad: tuple[float, ...]
) -> None:
    assert all(check(ours).agrees for ours in good)
    assert not any(check(ours).agrees for ours in bad)


def test_a_band_is_told_in_percent() -> None:
    found = between("test accuracy", 0.894, 0.889, 0.889, 0.9)
    assert (found.published, found.ours, found.demand) == ("89.40 %", "88.90 %", "88.9 to 90.0 %")


def test_constant_losses_are_shown_once_and_others_as_a_range() -> None:
    still, moving = constant("", "8.0590", [2.5, 2.5]), constant("", "8.0590", [2.5, 2.25])
    assert (still.ours, still.agrees) == ("2.5000", True)
    assert (moving.ours, moving.agrees) == ("2.2500 to 2.5000", False)


def test_run_1_agrees_by_its_opening_and_its_standstill() -> None:
    stuck = [*EXPLODING, *[1.0] * 390, *[6.0] * 100]
    assert [check.agrees for check in exploding_checks(stuck, 0.5)] == [True] * 11
    checks = exploding_checks([*stuck[:-1], 6.1], 0.5)
    assert [check.what for check in checks if not check.agrees] == ["epochs 401 to 500"]


def test_run_2_agrees_by_its_opening_its_end_and_all_points() -> None:
    losses = [*map(float, printed.CLIPPED), *[0.1] * 178, *map(float, printed.CLIPPED_END)]
    assert [check.agrees for check in clipped_checks(losses, 1.0)] == [True] * 23
    checks = clipped_checks([*losses[:-1], 0.0006], 0.998)
    failed = [check.what for check in checks if not check.agrees]
    assert failed == ["epoch 200", "training accuracy"]


def test_run_3_agrees_exactly_at_first_then_nearly_and_in_its_accuracy() -> None:
    assert [check.agrees for check in fashion_checks(FASHION, 0.894)] == [True] * 21
    checks = fashion_checks([loss + 0.005 for loss in FASHION], 0.88)
    failed = [check.what for check in checks if not check.agrees]
    assert failed == ["epoch 1", "epoch 2", "epoch 3", "test accuracy"]
