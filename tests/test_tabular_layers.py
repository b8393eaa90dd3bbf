"""The layers that nets for tables are made of, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import KEY, bits, dtypes, matrix, normal, pulled

from purenn import Empty, Layer, initializers, layers
from purenn.arrays import FloatDtype, Matrix
from purenn.layers import Parametric, Periodic
from purenn.tree import leaves

ROWS = normal(0, 5, 3)


def test_periodic_embeddings_are_maps_of_cosines_and_then_the_numbers() -> None:
    layer = layers.periodic_embedding(3, 4, 0.5)
    params = layer.init(KEY, ROWS)
    y = layer.apply(params, ROWS)
    angles = 2 * np.pi * np.einsum("nc,cf->ncf", ROWS, params.frequency) + params.phase
    maps = np.einsum("ncf,cfk->nck", np.cos(angles), params.weight) + params.bias
    np.testing.assert_allclose(y, np.concatenate([maps.reshape(5, 6), ROWS], axis=1))
    drawn = layers.periodic_embedding().init(KEY, normal(0, 1, 1000).astype(np.float32))
    shapes = [leaf.shape for leaf in leaves(drawn)]
    assert shapes == [(1000, 16), (1000, 16), (1000, 16, 3), (1000, 3)]
    assert drawn.frequency.std() == pytest.approx(0.1, rel=0.05)
    for uniform, bound in ((drawn.phase, np.pi), (drawn.weight, 0.25), (drawn.bias, 0.25)):
        assert 0.99 * bound < abs(uniform).max() <= bound * (1 + 1e-6)
        assert uniform.std() == pytest.approx(bound / np.sqrt(3), rel=0.05)


@dtypes
def test_periodic_embeddings_are_finite_for_the_largest_numbers(dtype: FloatDtype) -> None:
    largest = float(np.finfo(dtype).max)
    x, one = matrix([[largest], [-largest]], dtype), np.full((1, 2), 10.0, dtype)
    params = Periodic(one, one, np.ones((1, 2, 1), dtype), np.zeros((1, 1), dtype))
    assert abs(layers.periodic_embedding(2, 2).apply(params, x)[:, 0]).max() <= 2.0


def test_category_embeddings_are_embeddings_side_by_side() -> None:
    codes = matrix([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    layer = layers.category_embedding(range(2, 4), 4)
    params = layer.init(KEY, codes)
    table = params.table
    assert table.shape == (5, 4)
    dy = normal(1, 3, 8)
    y, grads, dx = pulled(layer, params, codes, dy)
    assert bits(y) == bits(np.concatenate([table[[1, 0, 1]], table[[2, 4, 3]]], axis=1))
    expected = [dy[1, :4], dy[0, :4] + dy[2, :4], dy[0, 4:], dy[2, 4:], dy[1, 4:]]
    np.testing.assert_allclose(grads.table, expected)
    half = layers.category_embedding((2, 3), 4, table=initializers.constant(0.5))
    assert bits(half.init(KEY, codes)) == bits(np.full((5, 4), 0.5))
    assert not dx.any()


def test_a_share_goes_from_the_identity_to_the_activation() -> None:
    activation: Layer[Empty, Matrix, Matrix] = layers.mish()
    layer = layers.parametric(activation)
    assert layer.init(KEY, ROWS).share.tolist() == [1.0, 1.0, 1.0]
    y = layer.apply(Parametric(np.array([0.0, 1.0, 3.0])), ROWS)
    value = activation.apply(Empty(), ROWS)
    expected = [ROWS[:, 0], value[:, 1], 3.0 * value[:, 2] - 2.0 * ROWS[:, 2]]
    np.testing.assert_allclose(y.T, expected, rtol=1e-13, atol=1e-15)


def test_fitted_layers_have_outputs_of_deviation_1_whose_kinks_lie_among_the_data() -> None:
    x = normal(0, 1000, 4) * [1.0, 10.0, 0.1, 3.0] + [5.0, 0.0, 0.0, -2.0]
    layer = layers.fitted_linear(50)
    params = layer.init(KEY, x)
    y = layer.apply(params, x)
    np.testing.assert_allclose(y.std(axis=0), 1.0)
    assert (abs(y.mean(axis=0)) < 3.0).all()
    assert len({*params.bias.tolist()}) == 50
    assert bits(y) == bits(layers.ntk_linear(50).apply(params, x))


@dtypes
@pytest.mark.parametrize("size", [0.0, 1.0, 1e30, 1e-30])
def test_fitted_layers_are_finite_for_any_example(dtype: FloatDtype, size: float) -> None:
    constant: Matrix = np.full((3, 2), size, dtype)
    varied: Matrix = constant * np.array([[1], [2], [-3]], dtype)
    layer = layers.fitted_linear(4)
    for x in (constant, varied):
        assert all(np.isfinite(leaf).all() for leaf in leaves(layer.init(KEY, x)))
    if size:
        y = layer.apply(layer.init(KEY, varied), varied)
        np.testing.assert_allclose(y.std(axis=0), 1.0, rtol=1e-4)


def test_select_takes_features() -> None:
    assert bits(layers.select(1, 3).apply(Empty(), ROWS)) == bits(ROWS[:, 1:])
