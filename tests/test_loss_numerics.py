"""Losses far out, at 0 and 1, in either dtype and with options of any type of number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from contracts import FLOATS

import purenn as nn
from purenn.arrays import FloatDtype, Matrix

FLOAT32, FLOAT64 = FLOATS

dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=str)


def matrix(rows: list[list[float]], dtype: FloatDtype = FLOAT64) -> Matrix:
    return np.array(rows, dtype)


@dtypes
@pytest.mark.parametrize("epsilon", [np.float64(0.01), np.float32(0.01), np.float16(0.01)])
def test_numbers_of_any_type_as_options_do_not_change_the_dtype(
    epsilon: float, dtype: FloatDtype
) -> None:
    p = matrix([[0.25, 0.75], [0.5, 0.5]], dtype)
    for loss in (nn.brier(epsilon), nn.cross_entropy(epsilon), nn.binary_cross_entropy(epsilon)):
        value, cotangent = loss(p, p)
        assert (type(value), cotangent.dtype) == (float, dtype)


@dtypes
@pytest.mark.parametrize("size", [90.0, 800.0, 1e4])
def test_losses_of_logits_are_exact_far_out(size: float, dtype: FloatDtype) -> None:
    wrong = matrix([[size, -size]], dtype)
    value, cotangent = nn.softmax_cross_entropy()(wrong, np.array([1]))
    assert (value, cotangent.tolist()) == (2.0 * size, [[1.0, -1.0]])
    value, cotangent = nn.softmax_cross_entropy()(wrong, np.array([0]))
    assert value < 1e-30
    assert abs(cotangent).max() < 1e-30
    value, cotangent = nn.binary_cross_entropy_with_logits("sum")(wrong, matrix([[0, 1]], dtype))
    assert (value, cotangent.tolist()) == (2.0 * size, [[1.0, -1.0]])
    value, cotangent = nn.binary_cross_entropy_with_logits("sum")(wrong, matrix([[1, 0]], dtype))
    assert value < 1e-30
    assert abs(cotangent).max() < 1e-30


@dtypes
def test_probability_losses_are_finite_at_0_and_1(dtype: FloatDtype) -> None:
    p, t = matrix([[0.0, 1.0]], dtype), matrix([[1.0, 0.0]], dtype)
    for loss in (nn.binary_cross_entropy(), nn.cross_entropy(), nn.brier(), nn.brier(1e-7)):
        value, cotangent = loss(p, t)
        assert math.isfinite(value)
        assert np.isfinite(cotangent).all()


def test_values_are_summed_in_float64() -> None:
    # 2**24 + 1001, which float32 cannot hold, of squares which it can.
    prediction: Matrix = np.ones((1002, 1), np.float32)
    prediction[0] = 4096.0
    value, _ = nn.mean_squared_error("sum")(prediction, np.zeros_like(prediction))
    assert value == 2**24 + 1001


def test_the_value_of_soft_rows_whose_sum_is_rounded_fits_its_cotangent() -> None:
    target = matrix([[1 / 3, 1 / 3, 1 / 3]], FLOAT32)
    value, cotangent = nn.softmax_cross_entropy()(matrix([[0.0, 0.0, 0.0]], FLOAT32), target)
    assert value == pytest.approx(math.log(3))
    assert abs(cotangent).max() < 1e-7
