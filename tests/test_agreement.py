"""When a number agrees with the article's, and when it does not."""

from __future__ import annotations

import article_published as published
from agreement import (
    at_least,
    clipped_checks,
    constant,
    exploding_checks,
    fashion_checks,
    near,
    same_digits,
)

EXPLODING = [float(digits) for digits in published.EXPLODING]
CLIPPED = [float(digits) for digits in published.CLIPPED]
CLIPPED_END = [float(digits) for digits in published.CLIPPED_END]
FASHION = [float(digits) for digits in published.FASHION]


def test_digits_are_compared_as_they_are_printed() -> None:
    assert same_digits("epoch 0", "0.7288", 0.72884).agrees
    assert same_digits("epoch 0", "0.7288", 0.72876).agrees
    assert not same_digits("epoch 0", "0.7288", 0.72886).agrees


def test_near_is_within_a_hundredth() -> None:
    assert near("epoch 4", "0.3602", 0.3701).agrees
    assert near("epoch 4", "0.3602", 0.3503).agrees
    assert not near("epoch 4", "0.3602", 0.3703).agrees
    assert not near("epoch 4", "0.3602", float("nan")).agrees


def test_an_accuracy_may_be_equal_or_higher() -> None:
    assert at_least("test accuracy", 0.894, 12516 / 14000).agrees
    assert not at_least("test accuracy", 0.894, 12515 / 14000).agrees


def test_constant_losses_are_shown_once_and_others_as_a_range() -> None:
    still, moving = constant("", "8.0590", [2.5, 2.5]), constant("", "8.0590", [2.5, 2.25])
    assert (still.ours, still.agrees) == ("2.5000", True)
    assert (moving.ours, moving.agrees) == ("2.2500 to 2.5000", False)


def test_run_1_agrees_by_its_opening_and_its_standstill() -> None:
    stuck = [*EXPLODING, *[1.0] * 390, *[6.0] * 100]
    assert [check.agrees for check in exploding_checks(stuck)] == [True] * 11
    checks = exploding_checks([*stuck[:-1], 6.1])
    assert [check.what for check in checks if not check.agrees] == ["epochs 400 to 499"]


def test_run_2_agrees_by_its_opening_its_end_and_all_points() -> None:
    losses = [*CLIPPED, *[0.1] * 178, *CLIPPED_END]
    assert [check.agrees for check in clipped_checks(losses, 1.0)] == [True] * 23
    checks = clipped_checks([*losses[:-1], 0.0006], 0.998)
    assert [check.what for check in checks if not check.agrees] == [
        "epoch 199",
        "training accuracy",
    ]


def test_run_3_agrees_exactly_at_first_then_nearly_and_in_its_accuracy() -> None:
    assert [check.agrees for check in fashion_checks(FASHION, 0.894)] == [True] * 21
    shifted = [loss + 0.005 for loss in FASHION]
    checks = fashion_checks(shifted, 0.89)
    assert [check.what for check in checks if not check.agrees] == [
        "epoch 1",
        "epoch 2",
        "epoch 3",
        "test accuracy",
    ]
