"""Products on grids: as accurate as BLAS, and the same for what is not finite."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from commands import told
from contracts import dtypes, matrix, pulled

from purenn import Empty, Key, Layer, Linear, layers, linear, maker, portable
from purenn.arrays import FLOAT32, FLOAT64, FLOATS, Array, FloatDtype, Images, Matrix
from purenn.initializers import zeros
from purenn.layers import Conv, Weight, conv, linear_without_bias
from purenn.losses import softmax_cross_entropy
from purenn.portability import is_portable
from purenn.testing import ContractError, check_portable, check_portable_call, environments
from purenn.training import input_gradient
from purenn.tree import leaves, to_dtype

PRODUCT: Layer[Weight, Matrix, Matrix] = linear_without_bias(8)


def error(found: Array, exact: Array) -> float:
    """The root of the mean squared error, relative to the largest entry of each row."""
    relative = (found - exact) / np.abs(exact).max(axis=1, keepdims=True)
    return float(np.sqrt(np.mean(relative**2)))


def normal(shape: tuple[int, int], sizes: float = 0.0) -> Matrix:
    """Normal numbers in rows of very different size."""
    rng = np.random.default_rng(shape)
    return rng.standard_normal(shape) * np.exp(sizes * rng.standard_normal((shape[0], 1)))


@pytest.mark.parametrize("sizes", [0.0, 6.0])
@pytest.mark.parametrize(
    "shape", [(128, 784, 8), (5, 3, 8), (1, 1, 8), (7, 60_000, 8), (60_000, 7, 8)]
)
def test_float32_products_are_at_most_twice_as_far_off_as_those_of_blas(
    shape: tuple[int, int, int], sizes: float
) -> None:
    samples, inputs, outputs = shape
    x = normal((samples, inputs), sizes).astype(np.float32)
    weight = normal((inputs, outputs)).astype(np.float32)
    y = x.astype(np.float64) @ weight.astype(np.float64)
    found, fast = (pulled(layer, Weight(weight), x) for layer in (portable(PRODUCT), PRODUCT))
    dy = found[0].astype(np.float64)
    exact = y, x.astype(np.float64).T @ dy, dy @ weight.astype(np.float64).T
    for got, blas, expected in zip(leaves(found), leaves(fast), exact, strict=True):
        assert error(got, expected) <= 2.0 * max(error(blas, expected), 2.0**-24)


@pytest.mark.parametrize("sizes", [0.0, 6.0, 60.0])
def test_float64_products_have_forty_bits(sizes: float) -> None:
    x, weight = normal((64, 300), sizes), normal((300, 8))
    exact = (x.astype(np.longdouble) @ weight.astype(np.longdouble)).astype(np.float64)
    assert error(portable(PRODUCT).apply(Weight(weight), x), exact) <= 2.0**-40


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("scale", [1e-5, 1e-16, 1e-30])
def test_columns_in_large_units_do_not_drown_others(dtype: FloatDtype, scale: float) -> None:
    units = np.array([1.0, 0.0, scale, 1.0 / scale])
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((20, 4)) / units.clip(scale)).astype(dtype)
    weight = (rng.standard_normal((4, 8)) * units[:, np.newaxis]).astype(dtype)
    exact = x.astype(np.longdouble) @ weight.astype(np.longdouble)
    y = portable(PRODUCT).apply(Weight(weight), x)
    assert np.abs(y - exact).max() <= np.finfo(dtype).eps * np.abs(exact).max() * 8.0


@dtypes
def test_a_large_product_does_not_drown_that_of_other_columns(dtype: FloatDtype) -> None:
    x, weight = matrix([[1.0, 1e15]], dtype), matrix([[1e35, 0.0], [0.0, 1e-15]], dtype)
    assert portable(linear_without_bias(2)).apply(Weight(weight), x)[0, 1] == pytest.approx(1.0)


ODD = [
    [0.0, -0.0, 0.0, 0.0],
    [np.inf, 1.0, 2.0, 3.0],
    [np.inf, -np.inf, 1.0, 1.0],
    [np.nan, 1.0, 1.0, 1.0],
    [1.0, 1e-45, -1.0, 2.0],
]


@dtypes
def test_what_is_not_finite_or_hardly_there_is_as_with_blas(dtype: FloatDtype) -> None:
    most, least = np.finfo(dtype).max, np.finfo(dtype).smallest_subnormal
    x: Matrix = np.array([*ODD, [most / 8.0] * 4, [least, least, 0.0, 0.0]], dtype)
    weight = np.array([[1.0, 0.0, -1.0, least]] * 2 + [[1.0, 2.0, 0.5, most / 4.0]] * 2, dtype)
    with np.errstate(all="ignore"):
        expected = x.astype(np.longdouble) @ weight.astype(np.longdouble)
        nearest = expected.astype(dtype)
    y = portable(linear_without_bias(4)).apply(Weight(weight), x)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(nearest))
    np.testing.assert_allclose(y, nearest, 2e-6, 0.0)
    assert not np.signbit(y[0]).any()
    assert not np.signbit(y[np.isnan(y)]).any()


@dtypes
@pytest.mark.parametrize("groups", [1, 2, 6])
def test_convolutions_are_as_accurate(dtype: FloatDtype, groups: int) -> None:
    rng = np.random.default_rng(0)
    layer: Layer[Conv, Images, Images] = conv(6, 3, stride=(2, 1), groups=groups)
    sizes = np.exp(4.0 * rng.standard_normal(6))
    images: Images = (rng.standard_normal((9, 30, 31, 6)) * sizes).astype(dtype)
    params = layer.init(Key(0), images)
    y, slopes, _ = pulled(portable(layer), params, images)
    blas = layer.apply(params, images)
    exact = layer.apply(to_dtype(params, FLOAT64), images.astype(FLOAT64))
    assert slopes.weight.dtype == dtype
    floor = 2.0**-24 if dtype == FLOAT32 else 2.0**-42
    found, fast, expected = (each.reshape(-1, 6).T for each in (y, blas, exact))
    assert error(found, expected) <= 2.0 * max(error(fast, expected), floor)
    largest = np.sqrt(np.finfo(dtype).max) / 2.0  # whose square is finite, and not nine of them
    assert np.isfinite(portable(layer).apply(params, np.full_like(images, largest))).all()


UNALIGNED = """
import numpy as np, purenn as nn
x = np.zeros(804, np.uint8)[4:].view(float).reshape(2, 5, 5, 2)
conv = nn.portable(nn.layers.conv(1, 3))
conv.apply(conv.init(nn.Key(0), x), x)
"""


def test_arrays_that_are_not_aligned_crash_no_kernel() -> None:
    told("-c", UNALIGNED, env=os.environ | {"OPENBLAS_CORETYPE": "Prescott"})


def test_images_whose_squares_vanish_report_no_underflow() -> None:
    images: Images = np.full((1, 3, 3, 2), 1e-30, FLOAT32)
    layer: Layer[Conv, Images, Images] = portable(conv(2, 3, groups=2))
    params = layer.init(Key(0), images)
    with np.errstate(all="raise"):
        assert np.isfinite(layer.apply(params, images)).all()


def test_portable_says_what_it_made() -> None:
    model = portable(linear(8) >> layers.relu() >> layers.residual(linear(8)))
    assert repr(model) == "portable(linear(8)) >> relu() >> residual(portable(linear(8)))"
    assert portable(model) == model
    assert portable(linear(8)) >> layers.relu() >> layers.residual(portable(linear(8))) == model
    assert portable(layers.relu()) == layers.relu()


@maker
def whole(width: int) -> Layer[tuple[Linear, Empty], Matrix, Matrix]:
    return portable(linear(width) >> layers.relu())


@maker
def joined(
    parts: tuple[Layer[Linear, Matrix, Matrix], Layer[Empty, Matrix, Matrix]],
) -> Layer[tuple[Linear, Empty], Matrix, Matrix]:
    inner = parts[0] >> parts[1]
    return Layer(inner.init, inner.apply, inner.vjp)


def test_a_model_is_portable_if_all_parts_are_whatever_function_made_it() -> None:
    assert is_portable(whole(3))
    assert is_portable(layers.lsuv(whole(3)))
    assert not is_portable(layers.lsuv(linear(3) >> layers.relu()))
    parts = joined((linear(2), layers.dropout(0.5)))
    assert not is_portable(parts)
    assert repr(portable(parts)) == "joined((portable(linear(2)), dropout(0.5)))"
    x = matrix([[1.0, 2.0], [0.0, 1.0], [3.0, 3.0]])
    params = layers.lsuv(parts).init(Key(0), x)
    assert parts.apply(params, x).var() == pytest.approx(1.0)
    assert input_gradient(parts, params, x).shape == x.shape


@pytest.mark.slow
def test_a_layer_is_told_whether_it_is_portable() -> None:
    x = np.random.default_rng(0).standard_normal((200, 300)).astype(np.float32)
    model = linear(100, weight=zeros()) >> layers.tanh() >> linear(10, weight=zeros())
    check_portable(portable(model), x)
    with pytest.raises(ContractError, match=r"gives other bits with [A-Z_]+=\w* "):
        check_portable(model, x)


@pytest.mark.slow
def test_a_loss_is_told_whether_it_is_portable() -> None:
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((200, 300)), rng.integers(0, 300, 200)
    check_portable_call(portable(softmax_cross_entropy()), x, labels)
    with pytest.raises(ContractError, match=r"^the function total gives .*NPY_"):
        check_portable_call(total, x.astype(np.float32))


def decayed(x: Matrix) -> Matrix:
    return np.exp(-np.abs(x))


def total(x: Matrix) -> float:
    return sum(decayed(x).ravel().tolist())


def drawn(x: Matrix) -> Matrix:
    return x + np.random.default_rng().random()


def test_what_another_process_cannot_repeat_is_no_fault_of_kernels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = matrix([[1.0, 2.0]])
    for function, message in (
        (drawn, "other bits with nothing but another process"),
        (lambda x: x, "Another process could not compute it: Can't (pickle|get local)"),
    ):
        with pytest.raises(ContractError, match=message):
            check_portable(layers.activation(function, np.multiply), x)
    monkeypatch.setattr(sys, "path", [one for one in sys.path if not one.endswith("tests")])
    with pytest.raises(ContractError, match="compute it: ModuleNotFoundError: No module named"):
        check_portable_call(decayed, x)


def test_kernels_that_a_processor_cannot_run_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"SIMD Extensions": {"baseline": ["X86_V2"], "found": ["X86_V3"]}}
    monkeypatch.setattr(np, "show_config", lambda mode: told)
    kernels = [each.get("OPENBLAS_CORETYPE") for each in environments()]
    assert kernels == [None, "Prescott", "Haswell", None]
