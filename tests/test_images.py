"""The layers of images against closed forms, and what they need."""

from __future__ import annotations

import math
import weakref
from functools import partial

import numpy as np
import pytest
from contracts import KEY, P, bits, dtypes, pulled
from counting import memory_of, work_of

from purenn import Empty, Layer, initializers, portable
from purenn.arrays import FLOAT32, FLOAT64, Array, FloatDtype, Images
from purenn.kernels import memory
from purenn.layers import Conv, Padding, add, conv, flatten, pad, unflatten
from purenn.layers.pooling import average_pool, global_average_pool, max_pool, upsample
from purenn.testing import check_layer
from purenn.tree import leaves

EMPTY = Empty()
Pair = tuple[int, int]
X: Images = np.random.default_rng(0).standard_normal((3, 7, 6, 4))


def pixels(rows: list[list[float]], dtype: FloatDtype = FLOAT64) -> Images:
    """One image with one channel."""
    return np.array(rows, dtype)[np.newaxis, ..., np.newaxis]


def bordered(x: Array, size: Pair, stride: Pair, padding: Padding, fill: float = 0.0) -> Array:
    """The images with TensorFlow's padding: in total (count - 1) stride + size - length."""
    if padding == "valid":
        return x
    widths = [(0, 0), (0, 0), (0, 0), (0, 0)]
    for axis, (k, s) in enumerate(zip(size, stride, strict=True), 1):
        total = max((math.ceil(x.shape[axis] / s) - 1) * s + k - x.shape[axis], 0)
        widths[axis] = (total // 2, total - total // 2)
    return np.pad(x, widths, constant_values=fill)


def windows(x: Array, size: Pair, stride: Pair) -> Array:
    """All windows: (sample, down, across, row, column, channel)."""
    found = np.lib.stride_tricks.sliding_window_view(x, size, (1, 2))
    return found[:, :: stride[0], :: stride[1]].transpose(0, 1, 2, 4, 5, 3)


CONVOLUTIONS: list[tuple[Pair, Pair, Padding, int]] = [
    *(((3, 3), (1, 1), "same", 1), ((3, 3), (2, 2), "same", 2), ((2, 5), (3, 1), "same", 4)),
    *(((1, 1), (1, 1), "valid", 1), ((1, 1), (3, 2), "same", 2), ((7, 6), (1, 1), "valid", 1)),
    *(((3, 2), (2, 2), "valid", 4), ((4, 3), (1, 3), "valid", 2), ((9, 8), (5, 9), "same", 1)),
]


@dtypes
@pytest.mark.parametrize(("size", "stride", "padding", "groups"), CONVOLUTIONS)
@pytest.mark.parametrize("features", [4, 8])
def test_conv_is_a_product_with_each_window(
    size: Pair, stride: Pair, padding: Padding, groups: int, features: int, dtype: FloatDtype
) -> None:
    layer = conv(features, size, stride=stride, padding=padding, groups=groups)
    x = X.astype(dtype)
    params = layer.init(KEY, x)
    seen = windows(bordered(x, size, stride, padding), size, stride)
    parts = zip(np.split(seen, groups, -1), np.split(params.weight, groups, -1), strict=True)
    expected = [np.einsum("nhwijc,ijcf->nhwf", part, weight) for part, weight in parts]
    y = layer.apply(Conv(params.weight, np.arange(features, dtype=dtype)), x)
    tolerance = 1e-5 if dtype == FLOAT32 else 1e-13
    np.testing.assert_allclose(y, np.concatenate(expected, -1) + np.arange(features), 0, tolerance)
    assert layer.apply(params, x[:0]).shape == (0, *y.shape[1:])
    check_layer(layer, X)


def test_a_batch_is_as_its_samples_one_by_one() -> None:
    x: Images = np.random.default_rng(1).standard_normal((40, 28, 28, 16))  # several blocks

    def check(layer: Layer[P, Images, Images]) -> None:
        params = layer.init(KEY, x)
        y, grads, dx = pulled(layer, params, x)
        alone = [pulled(layer, params, x[n : n + 1]) for n in range(len(x))]
        ys, each, dxs = zip(*alone, strict=True)
        np.testing.assert_allclose(y, np.concatenate(ys), 0, 1e-12)
        np.testing.assert_allclose(dx, np.concatenate(dxs), 0, 1e-12)
        for total, *parts in zip(leaves(grads), *map(leaves, each), strict=True):
            np.testing.assert_allclose(total, sum(parts), 0, 1e-9)

    for layer in (conv(8, 3), conv(4, (3, 5), stride=2, groups=2), conv(16, 3, groups=16)):
        check(layer)
    for pool in (max_pool(), max_pool(3, 2, "same"), average_pool(), average_pool(3, 1, "same")):
        check(pool)


@pytest.mark.parametrize("groups", [1, 2])
def test_gradients_of_many_pixels_are_exact_in_float32(groups: int) -> None:
    x: Images = np.full((3000, 16, 16, 2), 0.1, FLOAT32)
    layer = conv(2, 1, groups=groups)
    _, grads, _ = pulled(layer, layer.init(KEY, x), x, x.copy())
    assert grads.bias.tolist() == pytest.approx([76_800] * 2, rel=2e-5)
    assert grads.weight.ravel().tolist() == pytest.approx([7_680] * (4 // groups), rel=2e-5)


def test_a_step_of_conv_needs_memory_for_outputs_a_padded_copy_and_a_few_patches() -> None:
    x: Images = np.ones((500, 20, 20, 4), FLOAT32)
    padded = 500 * 24 * 24 * 4 * 4
    for layer in (conv(4, 5), conv(4, 5, groups=4)):
        step = partial(pulled, layer, layer.init(KEY, x), x)
        memory.release()
        assert memory_of(step) < 2 * x.nbytes + padded + 2**22


def test_first_weights_of_conv_have_the_fans_of_a_window() -> None:
    params = conv(6, (3, 2), groups=2).init(KEY, X)
    drawn = initializers.glorot_uniform()(KEY.child("weight"), (3, 2, 2, 6), FLOAT64)
    assert bits(params) == bits((drawn, np.zeros(6)))
    assert abs(drawn).max() <= math.sqrt(6 / (3 * 2 * 2 + 3 * 2 * 6)) < 1.1 * abs(drawn).max()


POOLS: list[tuple[Pair, Pair, Padding]] = [
    *(((2, 2), (1, 2), "valid"), ((3, 3), (2, 3), "valid"), ((7, 6), (1, 1), "valid")),
    *(((3, 3), (2, 2), "same"), ((2, 3), (3, 1), "same"), ((1, 2), (2, 1), "same")),
    *(((5, 4), (2, 1), "same"), ((4, 5), (3, 1), "valid"), ((9, 8), (5, 9), "same")),
    ((1, 1), (2, 3), "same"),
]


@dtypes
@pytest.mark.parametrize(("size", "stride", "padding"), POOLS)
def test_pools_are_the_maximum_and_the_mean_of_each_window(
    size: Pair, stride: Pair, padding: Padding, dtype: FloatDtype
) -> None:
    x = X.astype(dtype)
    seen = windows(bordered(x, size, stride, padding, math.nan), size, stride)
    largest = max_pool(size, stride, padding).apply(EMPTY, x)
    assert bits(largest) == bits(np.nanmax(seen, axis=(3, 4)))
    for pool in (max_pool(size, stride, padding), average_pool(size, stride, padding)):
        check_layer(pool, X)
    mean = average_pool(size, stride, padding).apply(EMPTY, x)
    np.testing.assert_allclose(mean, np.nanmean(seen, axis=(3, 4)), 0, 1e-6)
    assert mean.dtype == dtype
    assert max_pool(size, stride, padding).apply(EMPTY, x[:0]).shape == (0, *mean.shape[1:])


@pytest.mark.parametrize("signs", [(-1, 1), (1, -1)])
@pytest.mark.parametrize("size", [2, 4])
def test_the_portable_maximum_of_zeros_has_one_sign(size: int, signs: list[float]) -> None:
    y = portable(max_pool(size)).apply(EMPTY, pixels([[0.0 * sign for sign in signs * 2]] * 4))
    assert not np.signbit(y).any()


def test_of_equal_maxima_the_first_gets_the_cotangent() -> None:
    x = pixels([[1, 2, 0, 0], [2, 2, 0, 0]])
    dx = pulled(max_pool(), EMPTY, x, pixels([[3, 5]]))[2]
    assert dx[0, ..., 0].tolist() == [[0, 3, 5, 0], [0, 0, 0, 0]]
    overlapping = pulled(max_pool(2, 1), EMPTY, x, pixels([[1, 2, 4]]))[2]
    assert overlapping[0, ..., 0].tolist() == [[0, 3, 4, 0], [0, 0, 0, 0]]
    large = pixels([[1, 2, 3, 3], [3] * 4, [0] * 4, [3] * 4])
    dx = pulled(max_pool(4), EMPTY, large, pixels([[7]]))[2]
    assert dx[0, ..., 0].tolist() == [[0, 0, 7, 0], *[[0] * 4] * 3]
    row = pixels([[0, 0, *[1] * 40]])
    dx = pulled(max_pool((1, 42)), EMPTY, row, pixels([[7]]))[2]
    assert dx.ravel().tolist() == [0, 0, 7, *[0] * 39]
    assert pulled(max_pool((1, 42)), EMPTY, row[:0], row[:0, :, :1])[2].shape == (0, 1, 42, 1)
    check_layer(max_pool((1, 42), 1, "same"), X.reshape(len(X), 1, 42, X.shape[3]))
    beyond = pixels([[*[0] * 20, 1], [1, *[0] * 20]])
    dx = pulled(max_pool((2, 20), 21, "same"), EMPTY, beyond, pixels([[7]]))[2]
    assert dx.ravel().tolist() == [*[0] * 21, 7, *[0] * 20]


@pytest.mark.parametrize(
    ("pool", "rows"), [(max_pool(16), 16), (average_pool(16), 16), (max_pool((1, 256)), 1)]
)
def test_pools_of_large_windows_take_passes_for_rows_and_columns(
    pool: Layer[Empty, Images, Images], rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x: Images = np.ones((2, rows, 256 // rows, 2))
    work = work_of(lambda: pulled(pool, EMPTY, x, np.ones((2, 1, 1, 2))), monkeypatch)
    assert len(work.calls) < 12 * (16 + 16)


@dtypes
def test_convolutions_of_extremes(dtype: FloatDtype) -> None:
    x: Images = np.full((1, 4, 4, 2), np.finfo(dtype).max, dtype)
    for groups in (1, 2):
        ones = Conv(np.ones((1, 1, 2 // groups, 2), dtype), np.ones(2, dtype))
        y, grads, _ = pulled(conv(2, 1, groups=groups), ones, x, np.ones_like(x))
        assert np.isinf(y).all() == (groups == 1)
        assert np.isinf(grads.weight).all()
        x = x.copy()
        x[0, 0, 0, 0] = math.nan
        for layer in (conv(2, 1, groups=groups), portable(conv(2, 1, groups=groups))):
            y, grads, _ = pulled(layer, ones, x, np.ones_like(x))
            assert np.isnan(y).sum() == np.isnan(grads.weight).sum() == 2 // groups
        x[0, 0, 0, 0] = 1.0


@dtypes
def test_pools_of_extremes(dtype: FloatDtype) -> None:
    largest = float(np.finfo(dtype).max)
    x = pixels([[largest, largest], [largest, -math.inf], [math.nan, 1.0]], dtype)
    assert average_pool().apply(EMPTY, x[:, :1].repeat(2, 1)).tolist() == [[[[largest]]]]
    assert global_average_pool().apply(EMPTY, x[:, :1]).tolist() == [[largest]]
    assert max_pool((1, 2)).apply(EMPTY, x)[0, :2, 0, 0].tolist() == [largest, largest]
    for y in (max_pool((1, 2)).apply(EMPTY, x), average_pool((1, 2)).apply(EMPTY, x)):
        assert math.isnan(y[0, 2, 0, 0])


def test_global_average_pool_and_pad() -> None:
    y = global_average_pool().apply(EMPTY, X)
    np.testing.assert_allclose(y, X.mean(axis=(1, 2)))
    wide = pad((1, 2), (0, 3)).apply(EMPTY, X)
    assert bits(wide) == bits(np.pad(X, [(0, 0), (1, 2), (0, 3), (0, 0)]))
    assert bits(pad(2).apply(EMPTY, X)) == bits(pad(2, (2, 2)).apply(EMPTY, X))
    crop = pad((-1, 1), (0, -2))
    cropped, _, dwide = pulled(crop, EMPTY, wide, crop.apply(EMPTY, wide))
    assert bits(cropped) == bits(np.pad(wide[:, 1:, :-2], [(0, 0), (0, 1), (0, 0), (0, 0)]))
    assert bits(dwide) == bits(np.pad(wide[:, 1:, :-2], [(0, 0), (1, 0), (0, 2), (0, 0)]))


def test_upsample_and_unflatten() -> None:
    assert bits(upsample((2, 3)).apply(EMPTY, X)) == bits(X.repeat(2, 1).repeat(3, 2))
    tenths = np.full((1, 256, 256, 1), 0.1, np.float32)
    _, _, dx = pulled(upsample(256), EMPTY, tenths[:, :1, :1], tenths)
    np.testing.assert_allclose(dx, 6553.6, 1e-5)
    rows = flatten().apply(EMPTY, X)
    assert bits(unflatten(*X.shape[1:]).apply(EMPTY, rows)) == bits(X)


def test_a_sum_keeps_no_input_alive() -> None:
    layer: Layer[Empty, tuple[Images, Images], Images] = add()
    other = X.copy()
    seen = weakref.ref(other)
    _, pull = layer.vjp(EMPTY, (X, other), KEY)
    del other
    assert seen() is None
    assert bits(pull(X)[1]()) == bits((X, X))
