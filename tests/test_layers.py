"""The layers against closed forms, at their kinks and far out."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from contracts import FLOATS, frozen, noise
from hypothesis import strategies as st
from properties import given

import purenn as nn
from purenn.arrays import Array, FloatDtype, Images, Matrix, narrowed
from purenn.kernels.constants import scalar

FLOAT32, FLOAT64 = FLOATS
KEY = nn.Key(0)
ROWS: Matrix = np.zeros((1, 1))

dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=str)

Activation = nn.Primitive[nn.Empty, Matrix, Matrix]


def matrix(rows: list[list[float]], dtype: FloatDtype = FLOAT64) -> Matrix:
    return np.array(rows, dtype)


def normal(seed: int, rows: int, columns: int) -> Matrix:
    return narrowed(noise(seed, (rows, columns)), ROWS)


def value(layer: Activation, x: Matrix) -> Matrix:
    return layer.apply(nn.EMPTY, x)


def pulled(layer: Activation, x: Matrix, dy: Matrix) -> Matrix:
    _, pull = layer.vjp(nn.EMPTY, x, KEY)
    _, dx = pull(dy)
    return dx()


def jacobian_of_a_row(layer: Activation, x: Matrix) -> Array:
    """Row i: the derivative of output i by each input."""
    return np.concatenate([pulled(layer, x, unit[np.newaxis]) for unit in np.eye(x.shape[1])])


# --- activations ---------------------------------------------------------------------------------

POINTS = [-30.0, -3.0, -0.5, 0.25, 1.0, 4.0, 30.0]


@dtypes
@pytest.mark.parametrize(
    ("layer", "function", "derivative"),
    [
        (nn.relu(), lambda x: max(x, 0.0), lambda x: float(x > 0)),
        (nn.leaky_relu(0.2), lambda x: max(x, 0.2 * x), lambda x: 1.0 if x > 0 else 0.2),
        (nn.tanh(), math.tanh, lambda x: 1.0 - math.tanh(x) ** 2),
        (
            nn.sigmoid(),
            lambda x: 1.0 / (1.0 + math.exp(-x)),
            lambda x: 1.0 / (2.0 + math.exp(-x) + math.exp(x)),
        ),
        (nn.identity(), lambda x: x, lambda x: 1.0),
    ],
    ids=repr,
)
def test_elementwise_layers_are_their_formulas(
    layer: Activation,
    function: Callable[[float], float],
    derivative: Callable[[float], float],
    dtype: FloatDtype,
) -> None:
    x = matrix([POINTS], dtype)
    error = 1e-7 if dtype == FLOAT32 else 1e-15
    values, slopes = value(layer, x)[0], pulled(layer, x, np.ones_like(x))[0]
    np.testing.assert_allclose(values, list(map(function, POINTS)), 10 * error, error)
    np.testing.assert_allclose(slopes, list(map(derivative, POINTS)), 10 * error, error)


@dtypes
@pytest.mark.parametrize(("layer", "slope"), [(nn.relu(), 0.0), (nn.leaky_relu(0.2), 0.2)])
def test_rectifiers_at_their_kink_take_the_left_slope(
    layer: Activation, slope: float, dtype: FloatDtype
) -> None:
    kink = matrix([[0.0, -0.0]], dtype)
    assert not value(layer, kink).any()
    assert pulled(layer, kink, np.ones_like(kink)).tolist() == [[dtype.type(slope)] * 2]


@given(st.just(0.0) | st.floats(1e-18, 1.0, exclude_max=True), st.sampled_from(FLOATS))
def test_leaky_relu_passes_positive_units_on_unchanged(slope: float, dtype: FloatDtype) -> None:
    x, dy = matrix([[1.0, -1.0]], dtype), matrix([[3.0, 1.0]], dtype)
    assert value(nn.leaky_relu(slope), x)[0, 0] == 1.0
    assert pulled(nn.leaky_relu(slope), x, dy).tolist() == [[3.0, dtype.type(slope)]]


@given(st.floats(0.0, 1e-18), st.sampled_from(FLOATS))
def test_leaky_relu_of_hardly_any_slope_is_right_to_24_digits(
    slope: float, dtype: FloatDtype
) -> None:
    x, dy = matrix([[1.0, -1.0]], dtype), matrix([[3.0, 1.0]], dtype)
    active, passive = pulled(nn.leaky_relu(slope), x, dy)[0]
    assert active == 3.0
    assert abs(passive - slope) < 1e-24


@dtypes
def test_units_of_leaky_relu_are_active_however_little(dtype: FloatDtype) -> None:
    x, dy = matrix([[1e-35, -1e-35, 1e30]], dtype), matrix([[1.0, 1.0, 1.0]], dtype)
    assert pulled(nn.leaky_relu(0.25), x, dy).tolist() == [[1.0, 0.25, 1.0]]


def test_zero_has_no_sign_that_earlier_calls_could_choose() -> None:
    x = matrix([[-1.0]])
    scalar.cache_clear()
    nn.learning_rate(0.0).update(nn.EMPTY, (x,), (x,), 0)
    assert math.copysign(1.0, value(nn.relu(), x)[0, 0]) == 1.0
    scalar.cache_clear()


@dtypes
@pytest.mark.parametrize("slope", [np.float64(0.1), np.float32(0.1), np.float16(0.1), 0])
def test_numbers_of_any_type_as_options_do_not_change_the_dtype(
    slope: float, dtype: FloatDtype
) -> None:
    x, layer = matrix([[-1.0, 2.0]], dtype), nn.leaky_relu(slope)
    assert value(layer, x).dtype == pulled(layer, x, x).dtype == dtype
    assert repr(layer) == f"leaky_relu({float(slope)})"


# --- far out -------------------------------------------------------------------------------------

FAR = [[-1e4, -750.0, -104.0, -89.0, 0.0, 89.0, 104.0, 750.0, 1e4]]


@dtypes
@pytest.mark.parametrize(
    "layer", [nn.sigmoid(), nn.tanh(), nn.softmax(), nn.log_softmax()], ids=repr
)
def test_nothing_overflows_far_out(layer: Activation, dtype: FloatDtype) -> None:
    x = matrix(FAR, dtype)
    y, dx = value(layer, x), pulled(layer, x, np.ones_like(x))
    assert np.isfinite(y).all()
    assert np.isfinite(dx).all()
    assert (np.diff(y[0]) >= 0).all()


@dtypes
def test_sigmoid_far_out_is_0_and_1(dtype: FloatDtype) -> None:
    low, high = value(nn.sigmoid(), matrix([[-1e4, 1e4]], dtype))[0]
    assert 0.0 <= low < 1e-37
    assert high == 1.0
    assert pulled(nn.sigmoid(), matrix([[-1e4, 1e4]], dtype), matrix([[1, 1]], dtype)).max() < 1e-37


def test_sigmoid_in_float32_errs_by_some_last_digits_only() -> None:
    x: Matrix = np.linspace(-80.0, 80.0, 4001, dtype=np.float32)[np.newaxis]
    exact = 1.0 / (1.0 + np.exp(-x.astype(np.float64)))
    np.testing.assert_allclose(value(nn.sigmoid(), x), exact, rtol=1e-6)


@dtypes
def test_log_softmax_stays_finite_where_softmax_underflows(dtype: FloatDtype) -> None:
    x = matrix([[1e4, -1e4]], dtype)
    assert value(nn.softmax(), x).tolist() == [[1.0, 0.0]]
    assert value(nn.log_softmax(), x).tolist() == [[0.0, -2e4]]


@pytest.mark.parametrize("layer", [nn.relu(), nn.leaky_relu(), nn.sigmoid(), nn.tanh()], ids=repr)
def test_nan_stays_nan(layer: Activation) -> None:
    assert math.isnan(value(layer, matrix([[math.nan]]))[0, 0])


# --- softmax -------------------------------------------------------------------------------------


def test_softmax_has_its_textbook_value_and_jacobian() -> None:
    x = normal(3, 1, 4)
    p = np.exp(x[0]) / np.exp(x[0]).sum()
    np.testing.assert_allclose(value(nn.softmax(), x)[0], p)
    np.testing.assert_allclose(
        jacobian_of_a_row(nn.softmax(), x), np.diag(p) - np.outer(p, p), atol=1e-15
    )


def test_log_softmax_has_its_textbook_value_and_jacobian() -> None:
    x = normal(3, 1, 4)
    p = np.exp(x[0]) / np.exp(x[0]).sum()
    np.testing.assert_allclose(value(nn.log_softmax(), x)[0], np.log(p))
    np.testing.assert_allclose(
        jacobian_of_a_row(nn.log_softmax(), x), np.eye(4) - p[np.newaxis], atol=1e-15
    )


@dtypes
def test_softmax_rows_sum_to_one_and_ignore_a_common_shift(dtype: FloatDtype) -> None:
    x = narrowed(frozen(normal(3, 50, 10), dtype), ROWS)
    tolerance = 1e-6 if dtype == FLOAT32 else 1e-14
    np.testing.assert_allclose(value(nn.softmax(), x).sum(axis=1), 1.0, rtol=tolerance)
    shifted = narrowed(frozen(x + dtype.type(64.0), dtype), ROWS)
    np.testing.assert_allclose(value(nn.softmax(), shifted), value(nn.softmax(), x), rtol=2e-5)


# --- reshaping -----------------------------------------------------------------------------------


def test_flatten_reads_rows_columns_and_channels_in_that_order() -> None:
    images: Images = np.arange(24.0).reshape(2, 2, 3, 2)
    y, pull = nn.flatten().vjp(nn.EMPTY, images, KEY)
    assert y.tolist() == [list(range(12)), list(range(12, 24))]
    _, dx = pull(2.0 * y)
    np.testing.assert_array_equal(dx(), 2.0 * images)
    turned = narrowed(images.transpose(0, 2, 1, 3), images)
    expected = [image.flatten().tolist() for image in turned]
    assert nn.flatten().apply(nn.EMPTY, turned).tolist() == expected


def test_an_activation_of_ones_own_needs_only_two_functions() -> None:
    cube = nn.activation("cube()", lambda x: x**3, lambda y, dy: 3.0 * np.cbrt(y) ** 2 * dy)
    assert value(cube, matrix([[2.0]])).tolist() == [[8.0]]
    np.testing.assert_allclose(pulled(cube, matrix([[2.0]]), matrix([[1.0]])), [[12.0]])
    assert repr(nn.linear(1) >> cube) == "linear(1) >> cube()"
