"""The activations against closed forms, at their kinks and far out."""

from __future__ import annotations

import math
from collections.abc import Callable

import attrs
import numpy as np
import pytest
from contracts import FLOATS, dtypes, matrix, normal
from hypothesis import strategies as st
from properties import given

from purenn import Empty, Key, Layer, layers
from purenn.arrays import FLOAT32, FLOAT64, FloatDtype, Matrix
from purenn.kernels import ops
from purenn.kernels.elementwise import scalar
from purenn.layers import identity, leaky_relu, log_softmax, relu, sigmoid, softmax, tanh

Activation = Layer[Empty, Matrix, Matrix]
Function = Callable[[float], float]

# The formula, and the value far below 0, where no slope is left.
ALPHA, LAMBDA = 1.6732632423543772, 1.0507009873554805
CURVES: dict[str, tuple[Activation, Function, float]] = {
    "relu": (relu(), lambda x: max(x, 0.0), 0.0),
    "tanh": (tanh(), math.tanh, -1.0),
    "sigmoid": (sigmoid(), lambda x: 1.0 / (1.0 + math.exp(-x)), 0.0),
    "elu": (layers.elu(0.7), lambda x: x if x > 0 else 0.7 * math.expm1(x), -0.7),
    "selu": (
        layers.selu(),
        lambda x: LAMBDA * (x if x > 0 else ALPHA * math.expm1(x)),
        -LAMBDA * ALPHA,
    ),
    "gelu": (layers.gelu(), lambda x: x * math.erfc(-x / math.sqrt(2.0)) / 2.0, 0.0),
    "gelu_tanh": (
        layers.gelu_tanh(),
        lambda x: x / (1.0 + math.exp(-math.sqrt(8.0 / math.pi) * (x + 0.044715 * x**3))),
        0.0,
    ),
    "silu": (layers.silu(), lambda x: x / (1.0 + math.exp(-x)), 0.0),
    "mish": (layers.mish(), lambda x: x * math.tanh(math.log1p(math.exp(x))), 0.0),
    "softplus": (layers.softplus(), lambda x: math.log1p(math.exp(x)), 0.0),
    "softsign": (layers.softsign(), lambda x: x / (1.0 + abs(x)), -1.0),
    "hard_tanh": (layers.hard_tanh(), lambda x: min(max(x, -1.0), 1.0), -1.0),
}


def value(layer: Activation, x: Matrix) -> Matrix:
    return layer.apply(Empty(), x)


def pulled(layer: Activation, x: Matrix, dy: Matrix) -> Matrix:
    return layer.vjp(Empty(), x, Key(0))[1](dy)[1]()


@dtypes
@pytest.mark.parametrize("name", CURVES)
def test_curves_are_their_formulas_but_for_the_last_bits(name: str, dtype: FloatDtype) -> None:
    layer, function, *_ = CURVES[name]
    x: Matrix = np.linspace(-8.0, 30.0, 38001, dtype=dtype)[np.newaxis]  # more than one block
    exact = np.array([function(point) for point in x[0].tolist()])
    y, pull = layer.vjp(Empty(), x, Key(0))
    eps = float(np.finfo(dtype).eps)
    # An exponential errs by as many units as its exponent is large.
    np.testing.assert_allclose(y[0], exact, rtol=45 * eps, atol=4 * eps)
    assert y.tobytes() == value(layer, x).tobytes()
    dy: Matrix = np.full_like(x, 2.0)
    slopes = pulled(layer, x.astype(np.float64), dy.astype(np.float64))
    np.testing.assert_allclose(pull(dy)[1](), slopes, rtol=0.0, atol=8 * eps)


@dtypes
@pytest.mark.parametrize("name", CURVES)
def test_curves_have_limits_far_out_and_keep_nan(name: str, dtype: FloatDtype) -> None:
    layer, function, low = CURVES[name]
    largest = float(np.finfo(dtype).max) / 2
    x = matrix([[-math.inf, -largest, -1e5, largest, math.inf, 0.0, math.nan]], dtype)
    y, slopes = value(layer, x)[0], pulled(layer, x, np.ones_like(x))[0]
    np.testing.assert_allclose(y[:3], low, rtol=1e-4, atol=1e-36)
    np.testing.assert_allclose(slopes[:3], 0.0, atol=1e-9)
    is_bounded = name in ("softsign", "hard_tanh", "tanh", "sigmoid")
    edge = 1.0 if is_bounded else (LAMBDA if name == "selu" else 1.0) * x[0, 3:5]
    np.testing.assert_allclose(y[3:5], edge, rtol=1e-6)
    high_slope = 0.0 if is_bounded else LAMBDA if name == "selu" else 1.0
    np.testing.assert_allclose(slopes[3:5], high_slope, rtol=1e-6, atol=1e-30)
    assert y[5] == pytest.approx(function(0.0))
    assert math.isnan(y[6])


@dtypes
@pytest.mark.parametrize("layer", [layers.elu(), layers.selu()], ids=repr)
def test_saturated_units_have_no_slope(layer: Activation, dtype: FloatDtype) -> None:
    x: Matrix = np.linspace(-1000.0, -40.0, 500, dtype=dtype).reshape(100, 5)
    assert not pulled(layer, x, np.ones_like(x)).any()  # which would slow products down


@dtypes
def test_rectifiers_take_the_left_slope_at_their_kink(dtype: FloatDtype) -> None:
    x, kink = normal(3, 2, 4).astype(dtype), matrix([[0.0, -0.0]], dtype)
    np.testing.assert_allclose(value(leaky_relu(0.2), x), np.where(x > 0, x, 0.2 * x), 1e-6)
    for layer, slope in ((relu(), 0.0), (leaky_relu(0.2), 0.2)):
        assert not value(layer, kink).any()
        assert pulled(layer, kink, np.ones_like(kink)).tolist() == [[dtype.type(slope)] * 2]


@given(st.sampled_from([0.0, 1e-18]) | st.floats(0, 1, exclude_max=True), st.sampled_from(FLOATS))
def test_leaky_relu_is_exact_or_has_24_digits(slope: float, dtype: FloatDtype) -> None:
    x, dy = matrix([[1.0, -1.0]], dtype), matrix([[3.0, 1.0]], dtype)
    assert value(leaky_relu(slope), x).tolist() == [[1.0, -dtype.type(slope)]]
    active, passive = pulled(leaky_relu(slope), x, dy)[0]
    assert active == 3.0
    assert passive == dtype.type(slope) or (slope < 1e-18 and abs(passive - slope) < 1e-24)


@pytest.mark.parametrize("slope", [0.0, 1e-300])
def test_leaky_relu_is_relu_if_its_slope_vanishes(slope: float) -> None:
    x = matrix([[math.inf, -math.inf, 1e-37, -1.0]], FLOAT32)
    assert value(leaky_relu(slope), x).tolist() == value(relu(), x).tolist()
    assert pulled(leaky_relu(slope), x, np.ones_like(x)).tolist() == [[1.0, 0.0, 1.0, 0.0]]


@dtypes
def test_units_of_leaky_relu_are_active_however_little(dtype: FloatDtype) -> None:
    x, dy = matrix([[1e-35, -1e-35, 1e30]], dtype), matrix([[1.0, 1.0, 1.0]], dtype)
    assert pulled(leaky_relu(0.25), x, dy).tolist() == [[1.0, 0.25, 1.0]]
    assert value(leaky_relu(np.float64(0.25)), x).dtype == dtype


def test_zero_has_no_sign_that_earlier_calls_could_choose() -> None:
    scalar.cache_clear()
    scalar(-0.0, FLOAT64)
    assert math.copysign(1.0, value(relu(), matrix([[-1.0]]))[0, 0]) == 1.0


@pytest.mark.parametrize(("dtype", "limit"), [(FLOAT32, 1e-38), (FLOAT64, 2e-308)])
def test_sigmoid_has_nearly_every_digit_and_ends(dtype: FloatDtype, limit: float) -> None:
    x: Matrix = np.linspace(-80.0, 80.0, 4001, dtype=dtype)[np.newaxis]
    np.testing.assert_allclose(value(sigmoid(), x), 1.0 / (1.0 + np.exp(-x.astype(float))), 1e-6)
    far = matrix([[-1e4, 1e4]], dtype)
    assert 0.0 <= value(sigmoid(), far)[0, 0] < limit
    assert pulled(sigmoid(), far, np.ones_like(far)).max() < limit


@dtypes
def test_softmax_far_out_and_masked(dtype: FloatDtype) -> None:
    far, masked = matrix([[1e4, -1e4]], dtype), matrix([[-math.inf, 0.0, 0.0]], dtype)
    largest = float(np.finfo(dtype).max)
    for x in (far, matrix([[largest, -largest]], dtype)):
        assert value(softmax(), x).tolist() == [[1.0, 0.0]]
        assert pulled(softmax(), x, np.ones_like(x)).tolist() == [[0.0, 0.0]]
        assert pulled(log_softmax(), x, np.ones_like(x)).tolist() == [[-1.0, 1.0]]
    for half in (1e4, largest / 2):
        x = matrix([[half, -half]], dtype)
        assert value(log_softmax(), x).tolist() == [[0.0, -2 * half]]
    for layer in (softmax(), log_softmax(), leaky_relu()):
        assert math.isnan(value(layer, matrix([[math.nan]], dtype))[0, 0])
    assert value(softmax(), masked).tolist() == [[0.0, 0.5, 0.5]]
    assert pulled(softmax(), masked, matrix([[9, 1, 0]], dtype)).tolist() == [[0.0, 0.25, -0.25]]


def test_softmax_and_its_logarithm_have_their_textbook_values() -> None:
    x = normal(3, 2, 4)
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(value(softmax(), x), p)
    np.testing.assert_allclose(value(log_softmax(), x), np.log(p))


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=9), st.floats(-1e4, 1e4))
def test_softmax_sums_to_one_and_ignores_a_common_shift(row: list[float], shift: float) -> None:
    x = matrix([row])
    y = value(softmax(), x)
    assert y.sum() == pytest.approx(1.0, rel=1e-14)
    np.testing.assert_allclose(value(softmax(), x + shift), y, rtol=1e-10, atol=1e-300)


@dtypes
def test_functions_for_processors_without_avx512(dtype: FloatDtype) -> None:
    x = -np.geomspace(1e-30, 100.0, 10_001, dtype=dtype)
    wide = x.astype(np.longdouble)
    found = ops.expm1(x, np.empty_like(x)), ops.log1p(np.exp(x), np.empty_like(x))
    wanted = np.expm1(wide), np.log1p(np.exp(x).astype(np.longdouble))
    for got, want in zip(found, wanted, strict=True):
        units = np.abs(got - want) / np.spacing(np.abs(want).astype(dtype))
        assert units.max() < 4.0
    far = np.array([-math.inf, math.nan, 0.0], dtype)
    assert ops.expm1(far, far).tolist()[::2] == [-1.0, 0.0]
    assert np.isnan(far[1])


@pytest.mark.parametrize("name", CURVES)
def test_a_row_as_cotangent_of_a_layer_of_ones_own_is_not_spread(name: str) -> None:
    front, x = CURVES[name][0] >> identity(), normal(0, 3, 2)
    short = attrs.evolve(
        identity(), vjp=lambda params, x, key: (x, lambda dy: (params, lambda: dy[:1]))
    )
    model: Layer[tuple[Empty, Empty, Empty], Matrix, Matrix] = front >> short
    with pytest.raises(ValueError, match="broadcast"):
        model.vjp(model.init(Key(0), x), x, Key(0))[1](x)[1]()
