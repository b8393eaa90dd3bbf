"""The losses against closed forms and against each other."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import pytest
from contracts import FLOATS, bits, frozen, noise

import purenn as nn
from purenn.arrays import FloatDtype, Labels, Matrix, narrowed

T = TypeVar("T")

FLOAT32, FLOAT64 = FLOATS
KEY = nn.Key(0)
ROWS: Matrix = np.zeros((1, 1))
HARD: Labels = np.array([2, 0, 1, 1])
SOFT: Matrix = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0], [0.0, 0.25, 0.75], [0.1, 0.1, 0.8]])
LOGITS = narrowed(2.0 * noise(0, (4, 3)), ROWS)

dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=str)


def matrix(rows: list[list[float]], dtype: FloatDtype = FLOAT64) -> Matrix:
    return np.array(rows, dtype)


def softmax(logits: Matrix) -> Matrix:
    weights: Matrix = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return weights


def one_hot(labels: Labels, classes: int) -> Matrix:
    return np.eye(classes)[labels]


def through(
    layer: nn.Layer[nn.Empty, Matrix, Matrix],
    loss: nn.Loss[Matrix, T],
    logits: Matrix,
    target: T,
) -> tuple[float, Matrix]:
    """The loss after an activation, and its cotangent before it."""
    prediction, pull = layer.vjp(nn.EMPTY, logits, KEY)
    value, cotangent = loss(prediction, target)
    _, dx = pull(cotangent)
    return value, dx()


# --- closed forms --------------------------------------------------------------------------------


def test_mean_squared_error() -> None:
    value, cotangent = nn.mean_squared_error()(matrix([[1.0, 2.0]]), matrix([[0.0, 4.0]]))
    assert value == 2.5
    assert cotangent.tolist() == [[1.0, -2.0]]


def test_brier_is_half_the_squared_distance() -> None:
    p, t = softmax(LOGITS), SOFT
    value, cotangent = nn.brier()(p, t)
    assert value == pytest.approx(0.5 * ((p - t) ** 2).sum() / 4)
    np.testing.assert_allclose(cotangent, (p - t) / 4)


def test_brier_clips_its_predictions_first() -> None:
    value, cotangent = nn.brier(0.1, "sum")(matrix([[1.0, 0.0]]), matrix([[0.0, 1.0]]))
    assert value == pytest.approx(0.9**2)
    np.testing.assert_allclose(cotangent, [[0.9, -0.9]])


def test_binary_cross_entropy_is_the_articles() -> None:
    p, t = matrix([[0.25], [0.75], [1.0], [0.0]]), matrix([[0.0], [1.0], [0.0], [1.0]])
    value, cotangent = nn.binary_cross_entropy()(p, t)
    logs = t * np.log(p + 1e-7) + (1 - t) * np.log(1 - p + 1e-7)
    assert value == pytest.approx(-logs.mean())
    np.testing.assert_allclose(cotangent, (p - t) / (p * (1 - p) + 1e-7) / 4)


def test_saturated_and_half_wrong_binary_cross_entropy_is_the_articles_8_0590() -> None:
    saturated = matrix([[1.0], [0.0], [1.0], [0.0]])
    value, _ = nn.binary_cross_entropy()(saturated, np.array([1, 0, 0, 1]))
    assert round(value, 4) == round(-0.5 * math.log(1e-7), 4) == 8.0590


def test_cross_entropy_is_the_articles() -> None:
    p, t = softmax(LOGITS), SOFT
    value, cotangent = nn.cross_entropy()(p, t)
    assert value == pytest.approx(-(t * np.log(p)).sum() / 4)
    np.testing.assert_allclose(cotangent, -t / p / 4)


def test_cross_entropy_clips_at_both_ends() -> None:
    value, cotangent = nn.cross_entropy(0.1, "sum")(matrix([[1.0, 0.0]]), matrix([[0.5, 0.5]]))
    assert value == pytest.approx(-0.5 * (math.log(0.9) + math.log(0.1)))
    np.testing.assert_allclose(cotangent, [[-0.5 / 0.9, -0.5 / 0.1]])


@dtypes
def test_cross_entropy_of_a_saturated_row_is_finite_and_still_learns(dtype: FloatDtype) -> None:
    value, cotangent = nn.cross_entropy()(matrix([[1.0, 0.0]], dtype), np.array([1]))
    assert value == pytest.approx(-math.log(1e-7), rel=1e-6)
    np.testing.assert_allclose(cotangent, [[0.0, -1e7]], rtol=1e-6)


def test_softmax_cross_entropy_is_p_minus_t() -> None:
    p = softmax(LOGITS)
    value, cotangent = nn.softmax_cross_entropy()(LOGITS, SOFT)
    assert value == pytest.approx(-(SOFT * np.log(p)).sum() / 4)
    np.testing.assert_allclose(cotangent, (p - SOFT) / 4)


def test_binary_cross_entropy_with_logits_is_p_minus_t() -> None:
    p = 1.0 / (1.0 + np.exp(-LOGITS))
    value, cotangent = nn.binary_cross_entropy_with_logits()(LOGITS, SOFT)
    logs = SOFT * np.log(p) + (1 - SOFT) * np.log(1 - p)
    assert value == pytest.approx(-logs.mean())
    np.testing.assert_allclose(cotangent, (p - SOFT) / 12)


# --- against each other --------------------------------------------------------------------------


def test_cross_entropy_after_softmax_pulls_back_to_p_minus_t() -> None:
    value, cotangent = through(nn.softmax(), nn.cross_entropy(1e-15), LOGITS, HARD)
    np.testing.assert_allclose(cotangent, (softmax(LOGITS) - one_hot(HARD, 3)) / 4, atol=1e-14)
    assert value == pytest.approx(nn.softmax_cross_entropy()(LOGITS, HARD)[0], rel=1e-13)


def test_binary_cross_entropy_after_sigmoid_is_its_form_with_logits() -> None:
    value, cotangent = through(nn.sigmoid(), nn.binary_cross_entropy(1e-15), LOGITS, SOFT)
    exact, exact_cotangent = nn.binary_cross_entropy_with_logits()(LOGITS, SOFT)
    assert value == pytest.approx(exact, rel=1e-13)
    np.testing.assert_allclose(cotangent, exact_cotangent, rtol=1e-12)


def test_brier_after_softmax_is_the_gradient_that_the_article_published() -> None:
    s, y = softmax(LOGITS), one_hot(HARD, 3)
    published = [
        (np.diag(row) - np.outer(row, row)) @ (np.clip(row, 1e-7, 1 - 1e-7) - target)
        for row, target in zip(s, y, strict=True)
    ]
    loss = nn.reporting(nn.cross_entropy(), descent=nn.brier(1e-7, reduction="sum"))
    value, cotangent = through(nn.softmax(), loss, LOGITS, HARD)
    np.testing.assert_allclose(cotangent, published, rtol=1e-12)
    assert value == pytest.approx(-np.log(s[np.arange(4), HARD]).mean())


LABELLED = [
    (nn.brier(), softmax(LOGITS)),
    (nn.cross_entropy(), softmax(LOGITS)),
    (nn.softmax_cross_entropy(), LOGITS),
    (nn.softmax_cross_entropy("sum"), LOGITS),
]


@dtypes
@pytest.mark.parametrize(("loss", "prediction"), LABELLED)
def test_labels_are_one_hot_rows(
    loss: nn.Loss[Matrix, Matrix | Labels], prediction: Matrix, dtype: FloatDtype
) -> None:
    given = narrowed(frozen(prediction, dtype), ROWS)
    rows = narrowed(frozen(one_hot(HARD, 3), dtype), ROWS)
    (value, cotangent), (same, as_rows) = loss(given, HARD), loss(given, rows)
    assert (value, bits(cotangent)) == (same, bits(as_rows))


@pytest.mark.parametrize("loss", [nn.binary_cross_entropy(), nn.binary_cross_entropy_with_logits()])
def test_binary_labels_are_a_column(loss: nn.Loss[Matrix, Matrix | Labels]) -> None:
    prediction = matrix([[0.25], [0.75]])
    value, cotangent = loss(prediction, np.array([0, 1]))
    same, as_rows = loss(prediction, matrix([[0.0], [1.0]]))
    assert (value, bits(cotangent)) == (same, bits(as_rows))


@pytest.mark.parametrize("code", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", ">u8"])
def test_labels_may_be_integers_of_any_size_and_order(code: str) -> None:
    loss = nn.softmax_cross_entropy()
    labels: Labels = HARD.astype(np.dtype(code))
    assert loss(LOGITS, labels)[0] == loss(LOGITS, HARD)[0]


def test_small_integers_label_more_classes_than_they_can_count() -> None:
    logits: Matrix = np.zeros((2, 1000))
    labels: Labels = np.array([3, 127], np.int8)
    value, _ = nn.softmax_cross_entropy()(logits, labels)
    assert value == pytest.approx(math.log(1000))


@pytest.mark.parametrize(
    ("mean", "total", "count"),
    [
        (nn.mean_squared_error(), nn.mean_squared_error("sum"), 12),
        (nn.brier(), nn.brier(reduction="sum"), 4),
        (nn.cross_entropy(), nn.cross_entropy(reduction="sum"), 4),
        (nn.binary_cross_entropy(), nn.binary_cross_entropy(reduction="sum"), 12),
        (nn.softmax_cross_entropy(), nn.softmax_cross_entropy("sum"), 4),
        (nn.reporting(nn.brier(), nn.brier()), nn.brier(reduction="sum"), 4),
    ],
)
def test_a_sum_is_the_mean_times_the_count(
    mean: nn.Loss[Matrix, Matrix], total: nn.Loss[Matrix, Matrix], count: int
) -> None:
    prediction = softmax(LOGITS)
    value, cotangent = mean(prediction, SOFT)
    sum_value, sum_cotangent = total(prediction, SOFT)
    assert sum_value == pytest.approx(count * value)
    np.testing.assert_allclose(sum_cotangent, count * cotangent, rtol=1e-14)


def test_reporting_takes_the_value_of_one_and_the_cotangent_of_the_other() -> None:
    value, descent = nn.mean_squared_error(), nn.mean_squared_error("sum")
    reported, cotangent = nn.reporting(value, descent=descent)(LOGITS, SOFT)
    assert reported == value(LOGITS, SOFT)[0]
    assert bits(cotangent) == bits(descent(LOGITS, SOFT)[1])
