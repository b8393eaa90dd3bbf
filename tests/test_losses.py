"""The losses against closed forms, far out, masked and weighted.

That cotangents are those of the values, for every kind of target, is in `test_loss_contract.py`.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from contracts import FLOATS, bits, check_close, dtypes, matrix, normal

from purenn import Empty, Key, Layer, Loss, losses
from purenn.arrays import Array, FloatDtype, Labels, Matrix
from purenn.layers import softmax
from purenn.losses import brier, class_weighted, cross_entropy, summed, weighted
from purenn.tree import map_leaves

softmaxed, binary = losses.softmax_cross_entropy(), losses.binary_cross_entropy_with_logits()
smooth, focal = losses.softmax_cross_entropy(label_smoothing=0.3), losses.sigmoid_focal
SQUARED: Loss[Matrix, Matrix] = losses.mean_squared_error()
HARD: Labels = np.array([2, 0, 1, 1])
SOFT = matrix([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0], [0.0, 0.25, 0.75], [0.1, 0.1, 0.8]])
LOGITS: Matrix = 2.0 * normal(0, 4, 3)
S: Matrix = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)  # softmax of the logits
P: Matrix = 1.0 / (1.0 + np.exp(-LOGITS))
LOG_S, LOG_P, LOG_Q = np.log(S), np.log(P), np.log(1.0 - P)
NATS = math.log(2.0)

ERROR, BELOW, COUNTS = abs(LOGITS - SOFT), LOGITS < SOFT, np.floor(9.0 * SOFT)
CODES: Labels = np.array([-1, 1, 1, -1], np.int8)
SIGNS, COLUMN = np.where(SOFT > 0.2, 1.0, -1.0), CODES[:, np.newaxis].astype(float)
HINGES = np.maximum(1.0 - CODES * LOGITS[:, 0], 0.0)
OF_TWO = np.maximum(1.0 + np.where(HARD == 0, 1, -1) * (LOGITS[:, 0] - LOGITS[:, 1]), 0.0)
BEST_OTHERS = np.array([max(np.delete(row, n)) for row, n in zip(LOGITS, HARD, strict=True)])
OF_THREE = np.maximum(1.0 + BEST_OTHERS - LOGITS[range(4), HARD], 0.0)
ENTROPY = -sum(x * math.log(x) for x in SOFT.ravel().tolist() if x) / 4
WEIGHTS, WHOLE = np.array([1.0, 0.0, 2.0, 0.5]), np.array([1, 0, 2, 1])
TABLE, HALVED = np.array([1.0, 2.5, 0.5]), ((S - SOFT) ** 2).sum(axis=1) / 2
VECTOR, FIRST, ONE_HOT = np.array([0.5, -3.0]), HARD == 0, np.eye(3)[HARD]
POSITIVE = losses.binary_cross_entropy_with_logits(TABLE.tolist())
BY_CLASS, TRIPLE = class_weighted(softmaxed, TABLE.tolist()), class_weighted(losses.hinge(), (1, 3))
TWO = class_weighted(losses.binary_cross_entropy(1e-15), (1, 3))
NATS_OF_BITS = -(SOFT * LOG_P + (1 - SOFT) * LOG_Q)

# A loss, its prediction and target, and what its values are the mean of.
FORMULAS: list[tuple[object, ...]] = [
    (SQUARED, LOGITS, SOFT, ERROR**2),
    (losses.mean_squared_error(), VECTOR, 0.0 * VECTOR, VECTOR**2),
    (losses.mean_absolute_error(), VECTOR, 0.0 * VECTOR, abs(VECTOR)),
    (losses.mean_absolute_error(), LOGITS, SOFT, ERROR),
    (brier(), S, SOFT, HALVED),
    (brier(), S, HARD, ((S - ONE_HOT) ** 2).sum(axis=1) / 2),
    (softmaxed, LOGITS, HARD, -LOG_S[range(4), HARD]),
    (softmaxed, LOGITS, SOFT, -(SOFT * LOG_S).sum(axis=1)),
    (smooth, LOGITS, SOFT, -((0.7 * SOFT + 0.1) * LOG_S).sum(axis=1)),
    (smooth, LOGITS, HARD, -((0.7 * ONE_HOT + 0.1) * LOG_S).sum(axis=1)),
    (losses.kullback_leibler(), LOGITS, SOFT, -(SOFT * LOG_S).sum(axis=1) - ENTROPY),
    (cross_entropy(1e-15), S, SOFT, -(SOFT * LOG_S).sum(axis=1)),
    (binary, LOGITS[:, :1], FIRST.astype(int), -np.where(FIRST, LOG_P[:, 0], LOG_Q[:, 0])),
    (binary, LOGITS, SOFT, NATS_OF_BITS),
    (losses.binary_cross_entropy(1e-15), P, SOFT, NATS_OF_BITS),
    (losses.binary_cross_entropy_with_logits((1, 1, 1)), LOGITS, SOFT, NATS_OF_BITS),
    (POSITIVE, LOGITS, SOFT, -(TABLE * SOFT * LOG_P + (1 - SOFT) * LOG_Q)),
    (losses.huber(0.2), LOGITS, SOFT, np.where(ERROR <= 0.2, ERROR**2 / 2, 0.2 * (ERROR - 0.1))),
    (losses.quantile(0.9), LOGITS, SOFT, np.where(BELOW, 0.9, 0.1) * ERROR),
    (losses.quantile(1e-3), LOGITS, SOFT, np.where(BELOW, 1e-3, 0.999) * ERROR),
    (losses.poisson(), LOGITS, COUNTS, np.exp(LOGITS) - COUNTS * LOGITS),
    (losses.hinge(), LOGITS, SIGNS, np.maximum(1 - SIGNS * LOGITS, 0)),
    (losses.hinge(), LOGITS, (SIGNS + 1) / 2, np.maximum(1 - SIGNS * LOGITS, 0)),
    (losses.hinge(), LOGITS[:, :1], CODES, HINGES),
    (losses.multiclass_hinge(), LOGITS, HARD, OF_THREE),
    (losses.multiclass_hinge(), LOGITS[:, :2], FIRST.astype(int), OF_TWO),
    (TRIPLE, LOGITS[:, :1], COLUMN, np.where(CODES > 0, 3, 1) * HINGES),
    (weighted(summed(brier())), S, (SOFT, WHOLE), 4 * WHOLE * HALVED),
    (BY_CLASS, LOGITS, HARD, -TABLE[HARD] * LOG_S[range(4), HARD]),
    (BY_CLASS, LOGITS, SOFT, -(SOFT @ TABLE) * (SOFT * LOG_S).sum(axis=1)),
    (TWO, P[:, :1], FIRST.astype(int), np.where(FIRST, -3 * LOG_P[:, 0], -LOG_Q[:, 0])),
    (TWO, P[:, :1], SOFT[:, :1], (1 + 2 * SOFT[:, 0]) * NATS_OF_BITS[:, 0]),
]
for gamma in (0, 0.5, 2.0):
    each = -((1 - S) ** gamma) * LOG_S
    ones, zeros = -SOFT * (1 - P) ** gamma * LOG_P, -(1 - SOFT) * P**gamma * LOG_Q
    FORMULAS += [
        (losses.softmax_focal(gamma), LOGITS, HARD, each[range(4), HARD]),
        (losses.softmax_focal(gamma), LOGITS, SOFT, (SOFT * each).sum(axis=1)),
        (losses.sigmoid_focal(gamma), LOGITS, SOFT, ones + zeros),
        (losses.sigmoid_focal(gamma, 0.25), LOGITS, SOFT, 0.25 * ones + 0.75 * zeros),
    ]


@dtypes
@pytest.mark.parametrize(
    ("loss", "prediction", "target", "expected"),
    FORMULAS,
    ids=[f"{number} {row[0]!r}" for number, row in enumerate(FORMULAS)],
)
def test_values_are_closed_forms(
    loss: Loss[Matrix, object],
    prediction: Matrix,
    target: object,
    expected: Array,
    dtype: FloatDtype,
) -> None:
    def given(leaf: Array) -> Array:
        return leaf.astype(dtype) if leaf.dtype.kind == "f" else leaf

    value, _ = loss(map_leaves(given, prediction), map_leaves(given, target))
    assert value == pytest.approx(expected.mean(), rel=8 * float(np.finfo(dtype).eps))


# A loss, its prediction and target, its value, and its cotangent unless it does not matter.


def extremes(dtype: FloatDtype) -> list[tuple[object, ...]]:
    most, inf = float(np.finfo(dtype).max), math.inf
    poisson, huber, masked = losses.poisson(), losses.huber(), [[-inf, 0.0, 0.0]]
    zeros = [[0.0, 0.0, 0.0]]
    rows: list[tuple[object, ...]] = [
        (SQUARED, [[most / 4]], [[0]], inf, [[most / 2]]),
        (huber, [[most]], [[1]], most, [[1]]),
        (huber, [[-inf]], [[0]], inf, [[-1]]),
        (losses.mean_absolute_error(), [[-most, 3]], [[0, 3]], most / 2, [[-0.5, 0]]),
        (losses.quantile(0.5), [[-most]], [[0]], most / 2, [[-0.5]]),
        (poisson, [[-inf]], [[0]], 0, [[0]]),
        (poisson, [[-inf]], [[1]], inf, [[-1]]),
        (poisson, [[inf]], [[1]], inf, [[inf]]),
        (poisson, [[-most]], [[1]], most, [[-1]]),
        (losses.binary_cross_entropy(), [[0, 1]], [[1, 0]], -math.log(1e-7), [[-5e6, 5e6]]),
        (cross_entropy(np.float64(1e-7)), [[0, 1]], [[1, 0]], -math.log(1e-7), [[-1e7, 0]]),
        (brier(1e-7), [[0, 1]], [[1, 0]], (1 - 1e-7) ** 2, [[1e-7 - 1, 1 - 1e-7]]),
        (losses.multiclass_hinge(), [[-inf, 0, 3]], [1], 4, [[0, -1, 1]]),
        (summed(brier(0.1)), [[1, 0]], [[0, 1]], 0.81, [[0.9, -0.9]]),
        (cross_entropy(0.1), [[1, 0]], [[0.5, 0.5]], -math.log(0.09) / 2, [[-0.5 / 0.9, -5]]),
        (smooth, masked, [[0, 0.5, 0.5]], NATS, zeros),
        (smooth, [[-inf] * 3], [1], math.nan, [[math.nan] * 3]),  # without a warning
        (smooth, [[1e38, 0, 0]], [0], 0.2e38, [[0.2, -0.1, -0.1]]),
        (softmaxed, masked, [[0, 0.5, 0.5]], NATS, zeros),
        (softmaxed, masked, [0], inf, None),
        (softmaxed, [[2e38, 0, -2e38]], [0], 0, zeros),  # whose difference overflows in float32
        (binary, [[-inf]], [0], 0, [[0]]),
        (binary, [[most, most]], [[0, 0]], most, [[0.5, 0.5]]),  # whose sum overflows
        (binary, [[1e4]], [[1 - 2**-20]], 1e4 * 2**-20, [[2**-20]]),  # 1e4 - t * 1e4 cancels
        (binary, [[-inf, 0]], [[0, 0.25]], NATS / 2, [[0, 0.125]]),
        (binary, [[0] * 3, *masked], [[0, 0.5, 0.5]] * 2, NATS * 5 / 6, None),
        (softmaxed, [[0] * 3, *masked], [[0, 0.5, 0.5]] * 2, (math.log(3) + NATS) / 2, None),
    ]
    for logit in (-inf, inf):
        wrong = int(logit < 0)
        rows += [(binary, [[logit]], [wrong], inf, None), (binary, [[logit]], [[0.5]], inf, None)]
    for size in (90.0, 1e37):
        far = [[size, -size]]
        rows += [
            (summed(binary), far, [[0, 1]], float(dtype.type(size)), [[0.5, -0.5]]),
            (softmaxed, far, [[0, 1]], float(dtype.type(2 * size)), [[1, -1]]),
            (softmaxed, far, [0], 0, [[0, 0]]),
        ]
    for loss in (losses.binary_cross_entropy_with_logits((1,)), focal(), focal(0.5)):
        for size in (800.0, 1e4, most, inf):
            for logit, wrong in ((-size, 1), (size, 0)):
                rows.append((loss, [[logit]], [wrong], float(dtype.type(size)), [[1 - 2 * wrong]]))
                rows.append((loss, [[logit]], [1 - wrong], 0, [[0]]))
    for gamma in (0.0, 0.5, 2.0):
        of_rows = losses.softmax_focal(gamma)
        rows += [
            (of_rows, [[-inf, -800, 0]], [[0, 1, 0]], 800, [[0, -1, 1]]),
            (of_rows, [[-inf, -800, 0]], [[0, 0, 1]], 0, zeros),
        ]
    return rows


EXTREMES = [(dtype, *row) for dtype in FLOATS for row in extremes(dtype)]


@pytest.mark.parametrize(
    ("dtype", "loss", "prediction", "target", "value", "slopes"),
    EXTREMES,
    ids=[f"{number} {row[0]} {row[1]!r}" for number, row in enumerate(EXTREMES)],
)
def test_losses_are_exact_far_out_and_where_predictions_are_masked_or_clipped(
    dtype: FloatDtype,
    loss: Loss[Matrix, Array],
    prediction: list[list[float]],
    target: list[list[float]] | list[int],
    value: float,
    slopes: object,
) -> None:
    given = np.array(target)
    t = given.astype(dtype) if given.ndim == 2 else given
    found, cotangent = loss(matrix(prediction, dtype), t)
    rounding = 2 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(found, value, rounding, 1e-30)
    if slopes is not None:
        np.testing.assert_allclose(cotangent, np.array(slopes), rounding, 1e-30)


OF_ROWS = {repr(row[0]): row[0] for row in FORMULAS if getattr(row[2], "shape", ()) == (4, 3)}


@dtypes
@pytest.mark.parametrize("loss", OF_ROWS.values(), ids=OF_ROWS)
def test_the_loss_of_nan_is_nan(loss: Loss[Matrix, Matrix], dtype: FloatDtype) -> None:
    for row in np.eye(3, dtype=dtype)[:2]:
        value, cotangent = loss(matrix([[math.nan, 0.0, 0.0]], dtype), row[np.newaxis])
        assert math.isnan(value)
        assert math.isnan(cotangent[0, 0])


def test_probability_losses_are_the_articles() -> None:
    p, t = matrix([[0.25], [0.75], [1.0], [0.0]]), matrix([[0.0], [1.0], [0.0], [1.0]])
    value, cotangent = losses.binary_cross_entropy()(p, t)
    assert value == pytest.approx(-(t * np.log(p + 1e-7) + (1 - t) * np.log(1 - p + 1e-7)).mean())
    np.testing.assert_allclose(cotangent, (p - t) / (p * (1 - p) + 1e-7) / 4)
    loss = losses.reporting(cross_entropy(), descent=summed(brier(1e-7)))
    layer: Layer[Empty, Matrix, Matrix] = softmax()
    prediction, pull = layer.vjp(Empty(), LOGITS, Key(0))
    value, cotangent = loss(prediction, HARD)
    published = [
        (np.diag(row) - np.outer(row, row)) @ (np.clip(row, 1e-7, 1 - 1e-7) - target)
        for row, target in zip(S, np.eye(3)[HARD], strict=True)
    ]
    np.testing.assert_allclose(pull(cotangent)[1](), published, rtol=1e-12)
    assert value == pytest.approx(-np.log(S[range(4), HARD]).sum())
    assert loss.mean(S, HARD) == pytest.approx(value / 4)


@pytest.mark.parametrize("code", ["i1", "i2", "i4", "u1", "u2", "u4", "u8", ">i4", ">u8"])
def test_labels_may_be_integers_of_any_size_and_order(code: str) -> None:
    labels: Labels = HARD.astype(np.dtype(code))
    for loss in (softmaxed, class_weighted(softmaxed, (1, 1, 1))):
        assert loss(LOGITS, labels)[0] == softmaxed(LOGITS, HARD)[0]
    many: Matrix = np.full((2, 1000), 0.001)
    few: Labels = np.array([3, 127], np.int8)  # cannot count the classes
    for loss in (softmaxed, cross_entropy()):
        assert loss(many, few)[0] == pytest.approx(math.log(1000))


@dtypes
def test_divergences_have_slopes_of_cross_entropies_and_are_0_at_targets(dtype: FloatDtype) -> None:
    loss, t, logits = losses.kullback_leibler(), SOFT.astype(dtype), LOGITS.astype(dtype)
    assert bits(loss(logits, t)[1]) == bits(softmaxed(logits, t)[1])
    with np.errstate(divide="ignore"):
        logs = np.log(t)  # -inf where t is 0
    for shift in (0.0, 50.0):
        assert abs(loss(np.add(logs, dtype.type(shift)), t)[0]) < 50 * np.finfo(dtype).eps


def test_samples_with_an_ignored_label_count_neither_in_the_loss_nor_in_the_mean() -> None:
    holes: Labels = np.array([2, -1, 1, -1])
    kept = holes >= 0
    loss = losses.ignoring(softmaxed, -1)
    plain, slopes = softmaxed(LOGITS[kept], holes[kept])
    for each in (loss, class_weighted(loss, (1, 1, 1)), losses.ignoring(loss, 0)):
        value, cotangent = each(LOGITS, holes)
        assert value == each.mean(LOGITS, holes) == pytest.approx(plain)
        np.testing.assert_allclose(cotangent[kept], slopes)
        assert not cotangent[~kept].any()
    value, cotangent = summed(loss)(LOGITS, holes)
    assert (value, summed(loss).mean(LOGITS, holes)) == pytest.approx((2 * plain, plain))
    weights = np.array([1.0, 5.0, 2.0, 5.0])
    expected = weighted(softmaxed)(LOGITS[kept], (holes[kept], weights[kept]))[0]
    for pair in (weighted(loss), weighted(class_weighted(loss, (1, 1, 1)))):
        assert pair(LOGITS, (holes, weights))[0] == pytest.approx(expected)
    masked = LOGITS.copy()
    masked[1, 0] = -math.inf  # the loss of label 0 would be infinite
    assert loss(masked, holes)[0] == pytest.approx(plain)
    none: Labels = np.full(4, -1)
    assert (loss(LOGITS, none)[0], math.isnan(loss.mean(LOGITS, none))) == (0.0, True)
    assert not loss(LOGITS, none)[1].any()
    assert loss(LOGITS, SOFT)[0] == softmaxed(LOGITS, SOFT)[0]
    assert bits(losses.reporting(loss, loss)(LOGITS, holes)[1]) == bits(loss(LOGITS, holes)[1])
    assert losses.ignoring(softmaxed, 255)(LOGITS, holes.astype(np.uint8))[0] == value / 2
    assert loss(LOGITS, HARD.astype(np.uint8))[0] == pytest.approx(softmaxed(LOGITS, HARD)[0])
    hinge, signs, scores = losses.hinge(), np.array([-1, 0, 1, -1]), LOGITS[:, :1]
    some = hinge(scores[signs != 0], signs[signs != 0])[0]
    assert losses.ignoring(hinge, 0)(scores, signs)[0] == pytest.approx(some)


def test_combined_losses_are_weighted_sums_whatever_their_reductions() -> None:
    some, outputs, targets = losses.ignoring(softmaxed, 1), (S, LOGITS), (SOFT, HARD)
    for first, second in ((brier(), softmaxed), (summed(brier()), some), (brier(), summed(some))):
        one, a = first(S, SOFT)
        two, b = second(LOGITS, HARD)
        value, cotangents = losses.combined(first, second, (0.5, 3))(outputs, targets)
        assert value == pytest.approx(0.5 * one + 3.0 * two, rel=1e-15)
        check_close(cotangents, (0.5 * a, 3.0 * b), 1e-15)
    both = losses.combined(summed(brier()), summed(softmaxed))
    assert both.mean(outputs, targets) == losses.combined(brier(), softmaxed)(outputs, targets)[0]
    value, cotangents = losses.combined(brier(), some)(outputs, (SOFT, np.ones(4, np.int64)))
    assert value == pytest.approx(HALVED.mean())
    assert not cotangents[1].any()
    masked: Matrix = np.where(ONE_HOT == 1.0, -np.inf, LOGITS)
    value, cotangents = losses.combined(brier(), softmaxed, (1, 0))((S, masked), targets)
    assert value == pytest.approx(HALVED.mean())
    assert not cotangents[1].any()


def test_a_loss_in_another_loss_is_given_weights_in_the_dtype_of_its_own_values() -> None:
    found: list[Array] = []

    def of(dtype: FloatDtype) -> Loss[Matrix, Matrix]:
        def pull(weights: Array) -> Matrix:
            found.append(weights)
            return S

        return Loss(lambda y, t: (y[:, 0].astype(dtype), pull))

    narrow, wide = map(of, FLOATS)
    losses.combined(narrow, wide)((S, S), (S, S))
    losses.reporting(wide, narrow)(S, S)
    assert [weights.dtype for weights in found] == [*FLOATS, FLOATS[0]]


def test_samples_of_weight_0_may_have_infinite_losses() -> None:
    masked, weights = LOGITS.copy(), np.array([1, 0, 1, 1])
    masked[1, 0] = -math.inf
    value, _ = weighted(softmaxed)(masked, (HARD, weights))
    assert value == pytest.approx(3 * softmaxed(LOGITS[[0, 2, 3]], HARD[[0, 2, 3]])[0] / 4)
    assert weighted(softmaxed)(LOGITS, (HARD, np.zeros(4)))[0] == 0.0
    rates, counts = np.array([[math.inf], [0.0]]), np.ones((2, 1))
    value, cotangent = weighted(losses.poisson())(rates, (counts, np.array([0, 1])))
    assert (value, cotangent.tolist()) == (0.5, [[0.0], [0.0]])
    for wrong in (-math.inf, math.nan):
        masked[1, 0] = wrong
        for loss in (softmaxed, losses.softmax_focal()):
            assert not weighted(loss)(masked, (HARD, weights))[1][1].any()


def test_both_weights_of_one_output_are_exact() -> None:
    loss = class_weighted(losses.hinge(), (1e10, 0.1))
    rows = np.zeros((2, 1), np.float32), np.array([[1.0], [0.0]], np.float32)
    assert bits(loss(*rows)[1]) == bits(loss(rows[0], np.array([1, 0]))[1])


def test_balanced_weights_are_shares_over_frequencies() -> None:
    assert losses.balanced_weights(np.array([0, 0, 1, 0], np.uint8)) == (4 / 6, 4 / 2)
    assert losses.balanced_weights(HARD) == (4 / 3, 4 / 6, 4 / 3)


def test_values_are_summed_in_float64() -> None:
    # 2**24 + 1001, which float32 cannot hold, of squares which it can.
    prediction: Matrix = np.ones((1002, 1), np.float32)
    prediction[0] = 4096.0
    assert summed(SQUARED)(prediction, np.zeros_like(prediction))[0] == 2**24 + 1001
