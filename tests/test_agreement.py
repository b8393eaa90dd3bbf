"""When a number agrees with the article's, and when it does not."""

from __future__ import annotations

from article import printed
from article.agreement import (
    between,
    clipped_checks,
    constant,
    exploding_checks,
    fashion_checks,
    near,
    same_digits,
)

EXPLODING = [float(digits) for digits in printed.EXPLODING]
CLIPPED = [float(digits) for digits in printed.CLIPPED]
CLIPPED_END = [float(digits) for digits in printed.CLIPPED_END]
FASHION = [float(digits) for digits in printed.FASHION]


def test_digits_are_compared_as_they_are_printed() -> None:
    assert same_digits("epoch 1", "0.7288", 0.72884).agrees
    assert same_digits("epoch 1", "0.7288", 0.72876).agrees
    assert not same_digits("epoch 1", "0.7288", 0.72886).agrees


def test_near_is_within_two_hundredths() -> None:
    assert near("epoch 4", "0.3602", 0.3801).agrees
    assert near("epoch 4", "0.3602", 0.3403).agrees
    assert not near("epoch 4", "0.3602", 0.3803).agrees
    assert not near("epoch 4", "0.3602", float("nan")).agrees


def test_a_band_includes_its_ends() -> None:
    found = between("test accuracy", 0.894, 0.889, 0.889, 0.9)
    assert (found.published, found.ours, found.demand) == ("89.40 %", "88.90 %", "88.9 to 90.0 %")
    assert found.agrees
    assert not between("test accuracy", 0.894, 0.8889, 0.889, 0.9).agrees
    assert not between("test accuracy", 0.894, 0.9001, 0.889, 0.9).agrees
    assert not between("test accuracy", 0.894, float("nan"), 0.889, 0.9).agrees


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
    losses = [*CLIPPED, *[0.1] * 178, *CLIPPED_END]
    assert [check.agrees for check in clipped_checks(losses, 1.0)] == [True] * 23
    checks = clipped_checks([*losses[:-1], 0.0006], 0.998)
    failed = [check.what for check in checks if not check.agrees]
    assert failed == ["epoch 200", "training accuracy"]


def test_run_3_agrees_exactly_at_first_then_nearly_and_in_its_accuracy() -> None:
    assert [check.agrees for check in fashion_checks(FASHION, 0.894)] == [True] * 21
    shifted = [loss + 0.005 for loss in FASHION]
    checks = fashion_checks(shifted, 0.88)
    failed = [check.what for check in checks if not check.agrees]
    assert failed == ["epoch 1", "epoch 2", "epoch 3", "test accuracy"]
