"""The losses against closed forms, far out, masked and weighted.

That cotangents are those of the values, for every kind of target, is in `test_loss_contract.py`.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from contracts import bits, dtypes, matrix, normal

from purenn import Empty, Key, Layer, Loss, losses
from purenn.arrays import FLOAT32, FloatDtype, Labels, Matrix, Vector
from purenn.layers import softmax
from purenn.losses import binary_cross_entropy, brier, cross_entropy, summed, weighted

softmaxed, binary = losses.softmax_cross_entropy(), losses.binary_cross_entropy_with_logits()
SQUARED: Loss[Matrix, Matrix] = losses.mean_squared_error()
HARD: Labels = np.array([2, 0, 1, 1])
FIRST: Labels = np.array([0])
SOFT = matrix([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0], [0.0, 0.25, 0.75], [0.1, 0.1, 0.8]])
LOGITS: Matrix = 2.0 * normal(0, 4, 3)
S: Matrix = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)  # softmax of the logits
P: Matrix = 1.0 / (1.0 + np.exp(-LOGITS))
NATS = math.log(2.0)


def test_values_are_closed_forms() -> None:
    assert SQUARED(matrix([[1.0, 2.0]]), matrix([[0.0, 4.0]]))[0] == 2.5
    vectors: Loss[Vector, Vector] = losses.mean_squared_error()
    assert vectors(np.array([1.0, 2.0]), np.zeros(2))[0] == 2.5
    assert brier()(S, SOFT)[0] == pytest.approx(0.5 * ((S - SOFT) ** 2).sum() / 4)
    nats = -(SOFT * np.log(S)).sum() / 4
    assert softmaxed(LOGITS, SOFT)[0] == pytest.approx(nats)
    assert cross_entropy(1e-15)(S, SOFT)[0] == pytest.approx(nats)
    assert softmaxed(LOGITS, 0.9991 * SOFT)[0] == pytest.approx(0.9991 * nats)
    nats = -(SOFT * np.log(P) + (1 - SOFT) * np.log(1 - P)).mean()
    assert binary(LOGITS, SOFT)[0] == pytest.approx(nats)
    assert binary_cross_entropy(1e-15)(P, SOFT)[0] == pytest.approx(nats)


def test_probabilities_are_clipped_and_the_cotangent_passes_through() -> None:
    one = matrix([[1.0, 0.0]])
    value, cotangent = summed(brier(0.1))(one, matrix([[0.0, 1.0]]))
    assert value == pytest.approx(0.9**2)
    np.testing.assert_allclose(cotangent, [[0.9, -0.9]])
    value, cotangent = summed(cross_entropy(0.1))(one, matrix([[0.5, 0.5]]))
    assert value == pytest.approx(-0.5 * (math.log(0.9) + math.log(0.1)))
    np.testing.assert_allclose(cotangent, [[-0.5 / 0.9, -0.5 / 0.1]])
    value, cotangent = cross_entropy()(one.astype(FLOAT32), np.array([1]))
    assert value == pytest.approx(-math.log(1e-7), rel=1e-6)
    np.testing.assert_allclose(cotangent, [[0.0, -1e7]], rtol=1e-6)


def test_probability_losses_are_the_articles() -> None:
    p, t = matrix([[0.25], [0.75], [1.0], [0.0]]), matrix([[0.0], [1.0], [0.0], [1.0]])
    value, cotangent = binary_cross_entropy()(p, t)
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


@dtypes
def test_labels_are_one_hot_rows(dtype: FloatDtype) -> None:
    rows, one_hot = S.astype(dtype), np.eye(3, dtype=dtype)[HARD]
    for loss in (brier(), cross_entropy(), summed(softmaxed)):
        (value, cotangent), (same, as_rows) = loss(rows, HARD), loss(rows, one_hot)
        assert value == same
        np.testing.assert_allclose(cotangent, as_rows, rtol=4 * float(np.finfo(dtype).eps))
    column, ones = rows[:, :1], (HARD // 2).astype(dtype)[:, np.newaxis]
    for loss in (binary_cross_entropy(), binary):
        (value, cotangent), (same, as_rows) = loss(column, HARD // 2), loss(column, ones)
        assert (value, bits(cotangent)) == (same, bits(as_rows))


@pytest.mark.parametrize("code", ["i1", "i2", "i4", "u1", "u2", "u4", "u8", ">i4", ">u8"])
def test_labels_may_be_integers_of_any_size_and_order(code: str) -> None:
    labels: Labels = HARD.astype(np.dtype(code))
    for loss in (softmaxed, losses.class_weighted(softmaxed, (1, 1, 1))):
        assert loss(LOGITS, labels)[0] == softmaxed(LOGITS, HARD)[0]
    many: Matrix = np.full((2, 1000), 0.001)
    few: Labels = np.array([3, 127], np.int8)  # cannot count the classes
    for loss in (softmaxed, cross_entropy()):
        assert loss(many, few)[0] == pytest.approx(math.log(1000))


@dtypes
def test_losses_of_values_are_closed_forms(dtype: FloatDtype) -> None:
    y, t, tolerance = LOGITS.astype(dtype), SOFT.astype(dtype), 8 * float(np.finfo(dtype).eps)
    e, counts = abs(LOGITS - SOFT), np.floor(9 * SOFT)
    below = LOGITS < SOFT
    for loss, expected in (
        (losses.huber(), np.where(e <= 1.0, e**2 / 2, e - 0.5)),
        (losses.huber(0.2), np.where(e <= 0.2, e**2 / 2, 0.2 * (e - 0.1))),
        (losses.quantile(0.5), e / 2),
        (losses.quantile(0.9), np.where(below, 0.9 * e, 0.1 * e)),
        (losses.quantile(1e-3), np.where(below, 1e-3 * e, 0.999 * e)),
    ):
        assert loss(y, t)[0] == pytest.approx(expected.mean(), rel=tolerance)
    value, _ = losses.poisson()(y, counts.astype(dtype))
    assert value == pytest.approx((np.exp(LOGITS) - counts * LOGITS).mean(), rel=tolerance)
    assert losses.quantile(0.9)(y, y)[1].tolist() == [[0.0] * 3] * 4
    vectors: Loss[Vector, Vector] = losses.huber()
    assert vectors(np.array([0.5, -3.0]), np.zeros(2))[0] == pytest.approx((0.125 + 2.5) / 2)


@dtypes
def test_losses_of_values_are_exact_far_out(dtype: FloatDtype) -> None:
    most = float(np.finfo(dtype).max)
    z, zero, one = (matrix([[x]], dtype) for x in (-math.inf, 0.0, 1.0))
    assert losses.huber()(matrix([[most]], dtype), one)[0] == most
    assert losses.huber()(z, zero)[1].tolist() == [[-1.0]]
    assert losses.quantile(0.5)(matrix([[-most]], dtype), zero)[0] == most / 2
    poisson: Loss[Matrix, Matrix] = losses.poisson()
    for rate, target, value, slope in (
        (z, zero, 0.0, 0.0),
        (z, one, math.inf, -1.0),
        (-z, one, math.inf, math.inf),
        (-z, zero, math.inf, math.inf),
        (1e4 * one, one, math.inf, math.inf),
        (-most * one, zero, 0.0, 0.0),
        (-most * one, one, most, -1.0),
    ):
        found, cotangent = poisson(rate, target)
        assert (found, cotangent.tolist()) == (value, [[slope]])
    nan = matrix([[math.nan]], dtype)
    for loss in (losses.huber(), losses.quantile(0.5), poisson, losses.hinge()):
        for target in (zero, one):
            value, cotangent = loss(nan, target)
            assert math.isnan(value)
            assert np.isnan(cotangent).all()


@dtypes
def test_hinges_are_closed_forms(dtype: FloatDtype) -> None:
    y, signs = LOGITS.astype(dtype), np.where(SOFT > 0.2, 1.0, -1.0)
    expected = np.maximum(1 - signs * LOGITS, 0).mean()
    for targets in (signs, (signs + 1) / 2):
        assert losses.hinge()(y, targets.astype(dtype))[0] == pytest.approx(expected, rel=1e-6)
    codes: Labels = np.array([-1, 1, 1, -1], np.int8)
    expected = np.maximum(1 - codes * LOGITS[:, 0], 0).mean()
    for labels in (codes, (codes > 0).astype(np.uint8)):
        assert losses.hinge()(y[:, :1], labels)[0] == pytest.approx(expected, rel=1e-6)
    loss = losses.class_weighted(losses.hinge(), (1, 3))
    expected = (np.where(codes > 0, 3, 1) * np.maximum(1 - codes * LOGITS[:, 0], 0)).mean()
    for targets in (codes, codes.astype(dtype)[:, np.newaxis]):
        assert loss(y[:, :1], targets)[0] == pytest.approx(expected, rel=1e-6)
    values = [
        max(1 + max(np.delete(row, label)) - row[label], 0)
        for row, label in zip(LOGITS, HARD, strict=True)
    ]
    assert losses.multiclass_hinge()(y, HARD)[0] == pytest.approx(np.mean(values), rel=1e-6)
    far = matrix([[-math.inf, 0, 3], [1e30, -1e30, -math.inf]], dtype)
    value, cotangent = summed(losses.multiclass_hinge())(far, np.array([1, 0]))
    assert (value, cotangent.tolist()) == (4.0, [[0, -1, 1], [0, 0, 0]])


@dtypes
def test_smoothed_labels_are_shared_by_the_classes_that_are_not_masked(dtype: FloatDtype) -> None:
    smooth, even = losses.softmax_cross_entropy(label_smoothing=0.3), np.full(3, 0.1)
    for target, rows in ((HARD, np.eye(3)[HARD]), (SOFT.astype(dtype), SOFT)):
        value, cotangent = smooth(LOGITS.astype(dtype), target)
        plain, slopes = softmaxed(LOGITS, 0.7 * rows + even)
        assert value == pytest.approx(plain, rel=1e-6)
        np.testing.assert_allclose(cotangent, slopes, 1e-6, 1e-7)
    masked, soft = matrix([[-math.inf, 0, 0]], dtype), matrix([[0, 0.5, 0.5]], dtype)
    for target, slope in ((np.array([1]), 0.35), (soft, 0.0)):
        value, cotangent = smooth(masked, target)
        assert value == pytest.approx(NATS)
        np.testing.assert_allclose(cotangent, [[0.0, -slope, slope]], atol=1e-7)
    assert smooth(masked, np.array([0]))[0] == math.inf
    huge = matrix([[1e38, 0.0, 0.0]], dtype)
    assert smooth(huge, np.array([0]))[0] == pytest.approx(0.2e38)


@dtypes
def test_divergences_are_cross_entropies_less_the_targets_entropy(dtype: FloatDtype) -> None:
    loss, t = losses.kullback_leibler(), SOFT.astype(dtype)
    entropy = -sum(x * math.log(x) for x in SOFT.ravel().tolist() if x) / 4
    value, cotangent = loss(LOGITS.astype(dtype), t)
    plain, slopes = softmaxed(LOGITS.astype(dtype), t)
    assert value == pytest.approx(plain - entropy, rel=1e-6)
    assert bits(cotangent) == bits(slopes)
    with np.errstate(divide="ignore"):
        logs = np.log(t)  # -inf where t is 0
    for shift in (0.0, 50.0):
        logits: Matrix = logs + dtype.type(shift)
        assert loss(logits, t)[0] == pytest.approx(0.0, abs=float(np.finfo(dtype).eps) * 50)


@dtypes
@pytest.mark.parametrize("gamma", [0, 0.5, 1, 2.0, 5.5])
def test_focal_losses_are_closed_forms(gamma: float, dtype: FloatDtype) -> None:
    z, tolerance = LOGITS.astype(dtype), 1e-5 if dtype == FLOAT32 else 1e-13
    loss = losses.softmax_focal(gamma)
    each = -((1 - S) ** gamma) * np.log(S)
    assert loss(z, HARD)[0] == pytest.approx(each[range(4), HARD].mean(), rel=tolerance)
    assert loss(z, SOFT.astype(dtype))[0] == pytest.approx((SOFT * each).sum() / 4, rel=tolerance)
    ones, zeros = -((1 - P) ** gamma) * np.log(P), -(P**gamma) * np.log(1 - P)
    t, mixed = SOFT.astype(dtype), SOFT * ones + (1 - SOFT) * zeros
    assert losses.sigmoid_focal(gamma)(z, t)[0] == pytest.approx(mixed.mean(), rel=tolerance)
    mixed = 0.25 * SOFT * ones + 0.75 * (1 - SOFT) * zeros
    assert losses.sigmoid_focal(gamma, 0.25)(z, t)[0] == pytest.approx(mixed.mean(), rel=tolerance)


def test_positive_weights_multiply_the_losses_of_positive_targets() -> None:
    weights = np.array([1, 2.5, 0.5])
    nats = -(weights * SOFT * np.log(P) + (1 - SOFT) * np.log(1 - P)).mean()
    loss = losses.binary_cross_entropy_with_logits(weights.tolist())
    assert loss(LOGITS, SOFT)[0] == pytest.approx(nats)
    same, slopes = binary(LOGITS, SOFT)
    value, cotangent = losses.binary_cross_entropy_with_logits((1, 1, 1))(LOGITS, SOFT)
    assert value == pytest.approx(same, rel=1e-14)
    np.testing.assert_allclose(cotangent, slopes, 1e-14, 1e-16)


@dtypes
def test_weighted_and_focal_losses_of_logits_are_exact_far_out(dtype: FloatDtype) -> None:
    most = float(np.finfo(dtype).max)
    focal = losses.sigmoid_focal(), losses.sigmoid_focal(0.5)
    for loss in (losses.binary_cross_entropy_with_logits((1,)), *focal):
        for size in (800.0, 1e4, most, math.inf):
            for logit, label, sign in ((-size, 1, -1.0), (size, 0, 1.0)):
                right, wrong = np.array([1 - label]), np.array([label])
                value, cotangent = loss(matrix([[logit]], dtype), wrong)
                assert (value, cotangent.tolist()) == (float(dtype.type(size)), [[sign]])
                value, cotangent = loss(matrix([[logit]], dtype), right)
                assert (abs(value) < 1e-30, abs(cotangent[0, 0]) < 1e-30) == (True, True)
        assert math.isnan(loss(matrix([[math.nan]], dtype), np.array([1]))[0])
    far = matrix([[-math.inf, -800, 0]], dtype)
    for gamma in (0.0, 0.5, 2.0):
        loss = losses.softmax_focal(gamma)
        for missed in (np.array([1]), matrix([[0, 1, 0]], dtype)):
            value, cotangent = loss(far, missed)
            assert (value, cotangent.tolist()) == (800.0, [[0.0, -1.0, 1.0]])
        for hit in (np.array([2]), matrix([[0, 0, 1]], dtype)):
            value, cotangent = loss(far, hit)
            assert (value, cotangent.tolist()) == (0.0, [[0.0, 0.0, 0.0]])


def test_samples_with_an_ignored_label_count_neither_in_the_loss_nor_in_the_mean() -> None:
    holes: Labels = np.array([2, -1, 1, -1])
    kept = holes >= 0
    loss = losses.ignoring(softmaxed, -1)
    plain, slopes = softmaxed(LOGITS[kept], holes[kept])
    for each in (loss, losses.class_weighted(loss, (1, 1, 1)), losses.ignoring(loss, 0)):
        value, cotangent = each(LOGITS, holes)
        assert value == each.mean(LOGITS, holes) == pytest.approx(plain)
        np.testing.assert_allclose(cotangent[kept], slopes)
        assert not cotangent[~kept].any()
    value, cotangent = summed(loss)(LOGITS, holes)
    assert (value, summed(loss).mean(LOGITS, holes)) == pytest.approx((2 * plain, plain))
    weights = np.array([1.0, 5.0, 2.0, 5.0])
    expected = weighted(softmaxed)(LOGITS[kept], (holes[kept], weights[kept]))[0]
    for pair in (weighted(loss), weighted(losses.class_weighted(loss, (1, 1, 1)))):
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
    unsigned: Labels = HARD.astype(np.uint8)
    assert loss(LOGITS, unsigned)[0] == pytest.approx(softmaxed(LOGITS, HARD)[0])
    hinge, signs, scores = losses.hinge(), np.array([-1, 0, 1, -1]), LOGITS[:, :1]
    some = hinge(scores[signs != 0], signs[signs != 0])[0]
    assert losses.ignoring(hinge, 0)(scores, signs)[0] == pytest.approx(some)


def test_samples_of_weight_0_may_have_infinite_losses() -> None:
    masked, labels = LOGITS.copy(), np.array([2, 0, 1, 1])
    masked[1, 0] = -math.inf
    value, cotangent = weighted(softmaxed)(masked, (labels, np.array([1, 0, 1, 1])))
    expected = 3 * softmaxed(LOGITS[[0, 2, 3]], labels[[0, 2, 3]])[0] / 4
    assert value == pytest.approx(expected)
    assert not cotangent[1].any()


def test_an_error_whose_square_overflows_is_infinite_without_a_warning() -> None:
    value, cotangent = SQUARED(matrix([[1e30]], FLOAT32), matrix([[0.0]], FLOAT32))
    assert (value, cotangent.tolist()) == (math.inf, [[float(np.float32(2e30))]])


@dtypes
@pytest.mark.parametrize("size", [90.0, 800.0, 1e4, 1e37])
def test_losses_of_logits_are_exact_far_out(size: float, dtype: FloatDtype) -> None:
    far, right, wrong = (matrix([row], dtype) for row in ([size, -size], [1.0, 0.0], [0.0, 1.0]))
    assert summed(binary)(far, wrong)[0] == float(dtype.type(size))
    assert summed(binary)(far, wrong)[1].tolist() == [[0.5, -0.5]]
    for value, cotangent in (softmaxed(far, np.array([1])), softmaxed(far, wrong)):
        assert (value, cotangent.tolist()) == (float(dtype.type(2 * size)), [[1.0, -1.0]])
    for value, cotangent in (softmaxed(far, FIRST), softmaxed(far, right), binary(far, right)):
        assert value < 1e-30
        assert abs(cotangent).max() < 1e-30


@dtypes
def test_masked_logits_have_no_part_in_the_loss(dtype: FloatDtype) -> None:
    masked, soft = matrix([[-math.inf, 0, 0]], dtype), matrix([[0, 0.5, 0.5]], dtype)
    two, targets = np.repeat(masked, 2, axis=0), np.repeat(soft, 2, axis=0)
    two[0, 0] = targets[0, 0] = 0.0
    for loss in (softmaxed, binary):
        assert math.isfinite(loss(two, targets)[0])
    assert softmaxed(masked, np.array([1]))[0] == pytest.approx(NATS)
    assert softmaxed(masked, soft)[0] == pytest.approx(NATS)
    assert softmaxed(masked, np.array([1]))[1].tolist() == [[0.0, -0.5, 0.5]]
    assert softmaxed(masked, soft)[1].tolist() == [[0.0, 0.0, 0.0]]
    assert softmaxed(masked, FIRST)[0] == math.inf
    for logit, label in ((-math.inf, 0), (math.inf, 1)):
        value, cotangent = binary(matrix([[logit]], dtype), np.array([label]))
        assert (value, cotangent.tolist()) == (0.0, [[0.0]])
        assert binary(matrix([[logit]], dtype), np.array([1 - label]))[0] == math.inf
        assert binary(matrix([[logit]], dtype), matrix([[0.5]], dtype))[0] == math.inf
    value, cotangent = binary(matrix([[-math.inf, 0.0]], dtype), matrix([[0.0, 0.25]], dtype))
    assert value == pytest.approx(NATS / 2)
    assert cotangent.tolist() == [[0.0, 0.125]]
    wide = matrix([[2e38, 0.0, -2e38]], FLOAT32)  # their difference overflows
    for target in (FIRST, matrix([[1, 0, 0]], FLOAT32)):
        value, cotangent = softmaxed(wide, target)
        assert (value, cotangent.tolist()) == (0.0, [[0.0, 0.0, 0.0]])


@dtypes
def test_nan_logits_have_a_loss_of_nan(dtype: FloatDtype) -> None:
    nan = matrix([[math.nan, 0.0]], dtype)
    for target in (matrix([[0, 1]], dtype), matrix([[1, 0]], dtype)):
        for value, cotangent in (softmaxed(nan, target), binary(nan, target), SQUARED(nan, target)):
            assert math.isnan(value)
            assert math.isnan(cotangent[0, 0])


@dtypes
def test_losses_of_probabilities_are_finite_at_0_and_1(dtype: FloatDtype) -> None:
    p, t = matrix([[0.0, 1.0]], dtype), matrix([[1.0, 0.0]], dtype)
    for loss in (binary_cross_entropy(), cross_entropy(np.float64(1e-7)), brier(), brier(1e-7)):
        value, cotangent = loss(p, t)
        assert math.isfinite(value)
        assert np.isfinite(cotangent).all()
        assert cotangent.dtype == dtype


def test_values_are_summed_in_float64() -> None:
    # 2**24 + 1001, which float32 cannot hold, of squares which it can.
    prediction: Matrix = np.ones((1002, 1), np.float32)
    prediction[0] = 4096.0
    assert summed(SQUARED)(prediction, np.zeros_like(prediction))[0] == 2**24 + 1001


def test_weights_of_samples_multiply_their_losses() -> None:
    weights = np.array([1.0, 0.0, 2.0, 0.5])
    halved = 0.5 * ((S - SOFT) ** 2).sum(axis=1)
    assert weighted(brier())(S, (SOFT, weights))[0] == pytest.approx((weights * halved).sum() / 4)
    whole: Vector = np.array([1, 0, 2, 1])
    assert weighted(summed(brier()))(S, (SOFT, whole))[0] == pytest.approx((whole * halved).sum())


def test_weights_of_classes_multiply_the_losses_of_their_samples() -> None:
    table = np.array([1.0, 2.5, 0.5])
    loss = losses.class_weighted(softmaxed, table.tolist())
    assert loss(LOGITS, HARD)[0] == pytest.approx(-(table[HARD] * np.log(S[range(4), HARD])).mean())
    expected = -((SOFT @ table) * (SOFT * np.log(S)).sum(axis=1)).mean()
    assert loss(LOGITS, SOFT)[0] == pytest.approx(expected)
    p, t, zero = S[:, 0], SOFT[:, 0], HARD == 0
    loss = losses.class_weighted(binary_cross_entropy(1e-15), (1, 3))
    expected = np.where(zero, -3 * np.log(p), -np.log(1 - p)).mean()
    assert loss(S[:, :1], zero.astype(np.int64))[0] == pytest.approx(expected)
    expected = -((1 + 2 * t) * (t * np.log(p) + (1 - t) * np.log(1 - p))).mean()
    assert loss(S[:, :1], SOFT[:, :1])[0] == pytest.approx(expected)
    assert losses.balanced_weights(np.array([0, 0, 1, 0], np.uint8)) == (4 / 6, 4 / 2)
    assert losses.balanced_weights(HARD) == (4 / 3, 4 / 6, 4 / 3)
