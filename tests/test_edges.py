"""Sums of many numbers, extreme numbers, and batches of nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from contracts import KEY, check_close, pulled

import purenn as nn
from purenn import layers
from purenn.arrays import Images, Matrix
from purenn.data.augmentations import symmetric_beta
from purenn.layers import Conv
from purenn.tree import EMPTY


def test_sums_over_many_places_stay_exact_whatever_divides_their_number() -> None:
    images = np.full((1, 251, 251, 3), 0.1, np.float32)
    assert layers.global_average_pool().apply(EMPTY, images) == pytest.approx(0.1, rel=3e-5)
    norm: nn.Layer[layers.Affine, Images, Images] = layers.group_norm(1)
    assert np.abs(norm.apply(norm.init(KEY, images), images)).max() < 1e-3


@pytest.mark.parametrize("level", [33333.333, -1e30])
def test_constant_rows_are_normalized_to_0(level: float) -> None:
    rows, norm = np.full((2, 1000), level, np.float32), layers.layer_norm()
    rows[1, :500] += np.float32(abs(level) / 1000)
    y = norm.apply(norm.init(KEY, rows), rows)
    assert not y[0].any()
    assert y[1] == pytest.approx(np.repeat([1.0, -1.0], 500), abs=1e-2)


@pytest.mark.parametrize("norm", [layers.layer_norm(), layers.group_norm(1)])
def test_constant_rows_have_one_gradient_at_any_level(
    norm: nn.Layer[object, nn.Array, nn.Array],
) -> None:
    x, dy = np.zeros((1, 1, 1, 3), np.float32), np.array([[[[1, 2, 4]]]], np.float32)
    params = norm.init(KEY, x)
    far, near = (pulled(norm, params, each, dy)[-1] for each in (x + np.float32(3e38), x))
    np.testing.assert_array_equal(far, near)


@pytest.mark.parametrize("norm", [layers.group_norm(3), layers.batch_norm()])
def test_constant_features_are_normalized_to_0(norm: nn.Layer[object, nn.Array, nn.Array]) -> None:
    x = np.full((2, 20, 25, 3), 1000.1, np.float32)
    x[..., 2] = np.random.default_rng(0).standard_normal((2, 20, 25))
    usual = np.repeat(x[..., 2:], 3, -1)
    y, expected = (norm.vjp(norm.init(KEY, each), each, KEY)[0] for each in (x, usual))
    assert np.abs(y[..., :2]).max() < 1e-3
    np.testing.assert_array_equal(y[..., 2], expected[..., 2])


def test_features_far_from_0_have_the_deviation_1() -> None:
    x = 3e6 + np.random.default_rng(0).integers(-2, 3, (512, 4)).astype(np.float32)
    y, _ = layers.batch_norm().vjp(layers.batch_norm().init(KEY, x), x, KEY)
    np.testing.assert_allclose(y.std(axis=0), 1.0, rtol=1e-3)


def check_as_fast(layer: nn.Layer[Conv, Images, Images], params: Conv, x: Images) -> None:
    """Check that a layer's results in portable arithmetic are nearly those in fast arithmetic."""
    dy = np.ones_like(layer.apply(params, x))
    found, expected = (pulled(each, params, x, dy) for each in (nn.portable(layer), layer))
    check_close(found, expected, rtol=1e-9)


@pytest.mark.parametrize("scale", [1e-200, 1e300])
def test_portable_convolutions_of_extreme_numbers(scale: float) -> None:
    layer, x = layers.conv(3, 3), scale * np.random.default_rng(0).standard_normal((2, 5, 5, 2))
    check_as_fast(layer, layer.init(KEY, x), x)


def test_a_sample_of_tiny_numbers_stands_beside_a_huge_one() -> None:
    layer, draw = layers.conv(4, 3, groups=2), np.random.default_rng(0)
    x: Images = draw.standard_normal((3, 6, 6, 4)) * np.array([1e150, 1e-150, 1.0, 1e200])
    x[0] *= 1e-100
    params = layer.init(KEY, x)
    whole, alone = (nn.portable(layer).apply(params, part)[:1] for part in (x, x[:1]))
    np.testing.assert_allclose(whole, alone, rtol=1e-10)
    check_as_fast(layer, params, x)


def test_tiny_features_and_groups_stand_beside_huge_ones() -> None:
    draw, sizes = np.random.default_rng(0), np.array([1e-200, 1e130])
    x: Images = draw.standard_normal((2, 4, 4, 2))
    weight: Images = draw.standard_normal((3, 3, 2, 2))
    for by_channel in (weight * sizes, weight * sizes[:, np.newaxis]):
        check_as_fast(layers.conv(2, 3), Conv(by_channel, np.zeros(2)), x)
    small = Conv(weight[:, :, :1] / sizes, np.zeros(2))
    check_as_fast(layers.conv(2, 3, groups=2), small, x * sizes)


@pytest.mark.parametrize("shape", [(1, 1, 9, 4), (1, 9, 1, 4), (1, 9, 3, 4), (33, 1, 4001, 4)])
@pytest.mark.parametrize("groups", [1, 2])
def test_strided_windows_of_one_pixel_may_lie_in_one_row(
    shape: tuple[int, int, int, int], groups: int
) -> None:
    layer, x = layers.conv(6, 1, stride=4, groups=groups), np.random.default_rng(0).random(shape)
    params = layer.init(KEY, x)
    y, grads, dx = pulled(layer, params, x)
    dense = pulled(layers.conv(6, 1, groups=groups), params, x[:, ::4, ::4])
    check_close((y, grads, dx[:, ::4, ::4]), dense)


@pytest.mark.parametrize("face", [lambda layer: layer, nn.portable], ids=["fast", "portable"])
def test_what_is_not_finite_shows_beside_a_single_0(
    face: Callable[
        [nn.Layer[layers.Weight, Matrix, Matrix]], nn.Layer[layers.Weight, Matrix, Matrix]
    ],
) -> None:
    wrong, zero = np.array([[np.nan, np.inf, 1.0]]), np.zeros((1, 1))
    one, three = (face(layers.linear_without_bias(features)) for features in (1, 3))
    y, _, dx = pulled(one, layers.Weight(zero), wrong.T, wrong.T)
    for found in (y.T, dx.T, three.apply(layers.Weight(wrong), zero)):
        assert np.isnan(found).tolist() == [[True, True, False]]


def test_layers_of_images_take_batches_of_nothing() -> None:
    x = np.zeros((1, 5, 5, 2), np.float32)
    layer = nn.portable(layers.conv(3, 3))
    assert pulled(layer, layer.init(KEY, x), x[:0])[2].shape == (0, 5, 5, 2)
    assert layers.global_average_pool().apply(EMPTY, x[:0]).shape == (0, 2)


def test_padding_is_never_the_maximum() -> None:
    x = np.full((1, 3, 3, 1), -np.inf)
    assert pulled(layers.max_pool(3, 1, "same"), EMPTY, x, np.ones_like(x))[2].sum() == 9.0


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1.0])
def test_shares_are_those_of_numpy_up_to_rounding(alpha: float) -> None:
    for seed in range(1000):
        share = symmetric_beta(nn.Key(seed).generator(), alpha)
        assert share == pytest.approx(nn.Key(seed).generator().beta(alpha, alpha), abs=1e-14)


@pytest.mark.parametrize("alpha", [1.5, 30.0])
def test_shares_are_of_the_beta_distribution(alpha: float) -> None:
    rng = np.random.default_rng(0)
    shares = np.array([symmetric_beta(rng, alpha) for _ in range(20_000)])
    quantiles = np.linspace(0.05, 0.95, 10)
    reference = np.quantile(rng.beta(alpha, alpha, 20_000), quantiles)
    assert np.allclose(np.quantile(shares, quantiles), reference, atol=0.03)
    assert shares.var() == pytest.approx(0.25 / (2.0 * alpha + 1.0), rel=0.05)


def test_a_variance_that_overflows_is_no_number() -> None:
    x = np.array([[1e20, 1.0], [-1e20, 2.0]], np.float32)
    model = nn.batch_norm()
    with np.errstate(over="ignore"):
        y, _ = model.vjp(model.init(KEY, x), x, KEY)
    assert np.isnan(y).tolist() == [[True, False]] * 2


def test_what_is_frozen_or_follows_a_cast_may_be_in_float64() -> None:
    def vjp(
        params: nn.Empty, x: Matrix, key: nn.Key
    ) -> tuple[Matrix, nn.Pullback[Matrix, nn.Empty, Matrix]]:
        return x.astype(np.float64), lambda dy: (params, lambda: dy.astype(x.dtype))

    casting = nn.Layer(lambda key, x: EMPTY, lambda params, x: x.astype(np.float64), vjp)
    x: Matrix = np.ones((4, 3), np.float32)
    params = (nn.linear(3) >> casting >> nn.linear(2)).init(KEY, x)
    assert (params[0].weight.itemsize, params[2].weight.itemsize) == (4, 8)
