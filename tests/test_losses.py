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
