"""What holds of every loss with every kind of target, without exception."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import pytest
from contracts import T, Y, check_close, dtypes, makers, moved, normal, spread

from purenn import Loss, losses, portable
from purenn.arrays import FLOAT32, FLOAT64, Array, FloatDtype, Labels, Leaves, Matrix, Vector
from purenn.losses import brier, class_weighted, softmax_cross_entropy, summed, weighted
from purenn.testing import check_loss
from purenn.tree import leaves

Place = Callable[[Array], Array]
VALUES, LOGITS, COLUMN = normal(0, 5, 3), 3.0 * normal(1, 5, 3), normal(2, 5, 1)
PROBABILITIES: Matrix = np.random.default_rng(4).uniform(0.05, 0.95, (5, 3))
ROWS: Matrix = PROBABILITIES / PROBABILITIES.sum(axis=1, keepdims=True)
MORE: Matrix = np.roll(ROWS, 1, axis=0)
LABELS: Labels = np.array([2, 0, 1, 1, 0])
BITS: Labels = np.array([0, 1, 1, 0, 1], np.uint8)
WEIGHTS: Vector = np.array([1.0, 0.0, 2.0, 0.5, 3.0])
SIGNS, HOLES = np.where(BITS == 1, 1, -1), np.where(LABELS == 2, -1, LABELS)
COUNTS: Matrix = np.random.default_rng(6).poisson(2.0, (5, 3)).astype(float)
WHOLE: Vector = np.array([1, 0, 2, 1, 3])


@attrs.frozen(eq=False)
class Case:
    """A loss with a prediction and a target, whose types are hidden here."""

    name: str
    check: Callable[[], None]
    results: Callable[[FloatDtype, Place], tuple[float, float, Leaves]]
    portable: Callable[[], Case]


def case(loss: Loss[Y, T], prediction: Y, target: T) -> Case:
    def results(dtype: FloatDtype, place: Place) -> tuple[float, float, Leaves]:
        def given(leaf: Array) -> Array:
            return place(leaf.astype(dtype) if leaf.dtype.kind == "f" else leaf)

        y, t = moved(given, prediction), moved(given, target)
        assert not loss.per_sample(y, t)[0].flags.writeable
        value, cotangent = loss(y, t)
        return value, loss.mean(y, t), leaves(cotangent)

    kinds = ", ".join(f"{leaf.dtype.kind}{leaf.ndim}" for leaf in leaves(target))
    return Case(
        f"{loss!r} {kinds}",
        lambda: check_loss(loss, prediction, target),
        results,
        lambda: case(portable(loss), prediction, target),
    )


# The cotangents of these are exact up to terms in epsilon.
ENTROPY, BINARY = losses.cross_entropy(1e-12), losses.binary_cross_entropy(1e-12)
SQUARED: Loss[Matrix, Matrix] = losses.mean_squared_error()
SMOOTH, SOME = softmax_cross_entropy(0.3), losses.ignoring(softmax_cross_entropy(), -1)
CASES = [
    case(SQUARED, VALUES, LOGITS),
    case(brier(), ROWS, MORE),
    case(brier(), ROWS, LABELS),
    case(BINARY, PROBABILITIES, MORE),
    case(BINARY, PROBABILITIES[:, :1], BITS),
    case(ENTROPY, ROWS, MORE),
    case(ENTROPY, ROWS, LABELS),
    case(losses.binary_cross_entropy_with_logits(), LOGITS, PROBABILITIES),
    case(losses.binary_cross_entropy_with_logits(), COLUMN, BITS),
    case(softmax_cross_entropy(), LOGITS, ROWS * 1.0009),  # rows that hardly sum to 1
    case(softmax_cross_entropy(), LOGITS, LABELS),
    case(softmax_cross_entropy(0.3), LOGITS, ROWS * 1.0009),
    case(softmax_cross_entropy(label_smoothing=0.1), LOGITS, LABELS),
    case(losses.binary_cross_entropy_with_logits((0.5, 1, 3)), LOGITS, PROBABILITIES),
    case(losses.binary_cross_entropy_with_logits([3]), COLUMN, BITS),
    case(losses.kullback_leibler(), LOGITS, ROWS * 1.0009),
    case(losses.softmax_focal(), LOGITS, LABELS),
    case(losses.softmax_focal(0.5), LOGITS, ROWS),
    case(losses.sigmoid_focal(), COLUMN, BITS),
    case(losses.sigmoid_focal(0.5, 0.25), LOGITS, PROBABILITIES),
    case(losses.hinge(), COLUMN, BITS),
    case(losses.hinge(), VALUES, np.sign(LOGITS)),
    case(losses.multiclass_hinge(), LOGITS, LABELS),
    case(losses.mean_absolute_error(), VALUES, LOGITS),
    case(losses.huber(0.5), VALUES, LOGITS),
    case(losses.quantile(0.9), VALUES, LOGITS),
    case(losses.poisson(), VALUES, COUNTS),
    case(losses.ignoring(softmax_cross_entropy(), -1), LOGITS, HOLES),
    case(losses.ignoring(losses.softmax_focal(), 2), LOGITS, LABELS),
    case(class_weighted(losses.hinge(), (1, 3)), COLUMN, SIGNS),
    case(class_weighted(losses.multiclass_hinge(), (1, 3, 2)), LOGITS, LABELS),
    case(weighted(losses.huber()), VALUES, (LOGITS, WEIGHTS)),
    case(weighted(losses.ignoring(softmax_cross_entropy(0.1), -1)), LOGITS, (HOLES, WEIGHTS)),
    case(class_weighted(losses.ignoring(brier(), -1), (1, 3, 2)), ROWS, HOLES),
    case(losses.reporting(brier(), descent=brier()), ROWS, MORE),
    case(summed(SQUARED), VALUES, LOGITS),
    case(summed(softmax_cross_entropy()), LOGITS, ROWS),
    case(weighted(SQUARED), VALUES, (LOGITS, WEIGHTS)),
    case(weighted(summed(softmax_cross_entropy())), LOGITS, (LABELS, WHOLE)),
    case(weighted(weighted(brier())), ROWS, ((MORE, WEIGHTS), WEIGHTS[::-1])),
    case(class_weighted(softmax_cross_entropy(), (1, 2.5, 0)), LOGITS, ROWS),
    case(class_weighted(summed(ENTROPY), [1, 2.5, 0]), ROWS, LABELS),
    case(class_weighted(losses.binary_cross_entropy_with_logits(), (1, 3)), COLUMN, BITS),
    case(class_weighted(BINARY, (1, 3)), PROBABILITIES[:, :1], ROWS[:, :1]),
    case(weighted(class_weighted(brier(), (1, 2.5, 0))), ROWS, (LABELS, WEIGHTS)),
    case(losses.combined(SQUARED, SMOOTH, (0.3, 2)), (VALUES, LOGITS), (LOGITS, LABELS)),
    case(weighted(losses.combined(SMOOTH, SOME)), (LOGITS, LOGITS), ((ROWS, HOLES), WEIGHTS)),
]
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_every_public_loss_has_a_case() -> None:
    assert makers(losses, Loss) == {case.name.split("(")[0] for case in CASES}


@each_case
def test_losses_keep_their_contract(case: Case) -> None:
    case.check()


@dtypes
@each_case
def test_results_are_floats_and_read_only_arrays(case: Case, dtype: FloatDtype) -> None:
    value, mean, cotangents = case.results(dtype, lambda leaf: leaf.copy())
    assert type(value) is type(mean) is float
    assert value == pytest.approx(mean * (5 if "summed" in case.name else 1), rel=1e-6)
    for cotangent in cotangents:
        assert type(cotangent) is np.ndarray
        assert not cotangent.flags.writeable
        assert cotangent.dtype == dtype
    moved, _, moved_cotangents = case.results(dtype, spread)
    tolerance = 1e-6 if dtype == FLOAT32 else 1e-14
    assert moved == pytest.approx(value, rel=tolerance)
    check_close(moved_cotangents, cotangents, tolerance, tolerance)


@each_case
def test_portable_losses_keep_their_contract_and_give_nearly_the_same(case: Case) -> None:
    other = case.portable()
    if other.name != case.name:
        other.check()
    for dtype, tolerance in ((FLOAT32, 2e-6), (FLOAT64, 1e-14)):
        found, expected = (one.results(dtype, lambda leaf: leaf) for one in (other, case))
        assert found[:2] == pytest.approx(expected[:2], tolerance, tolerance)
        check_close(found[2], expected[2], tolerance, tolerance)
