"""LSUV: the outputs of layers have variance 1, and what is left alone."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from contracts import bits, copies, dtypes, normal

import purenn as nn
from purenn import layers
from purenn.arrays import Array, FloatDtype, Images, Matrix
from purenn.initializers import constant
from purenn.initializers import normal as normals
from purenn.layers import lsuv

KEY, ROWS = nn.Key(5), 3.0 * normal(0, 50, 8) + 1.0
IMAGES: Images = np.random.default_rng(2).normal(1.0, 5.0, (20, 6, 6, 4))


def check(weight: Array, y: Array, dtype: FloatDtype) -> None:
    """Check that a weight is a multiple of an orthogonal one, and that outputs have variance 1."""
    assert y.var(dtype=np.float64) == pytest.approx(1.0, rel=1e-5)
    rows = weight.reshape(-1, weight.shape[-1]).astype(np.float64)
    product = rows.T @ rows if len(rows) >= len(rows.T) else rows @ rows.T
    expected = np.eye(len(product)) * product[0, 0]
    np.testing.assert_allclose(product, expected, atol=1e-5 * product[0, 0])
    assert (weight.dtype, y.dtype) == (dtype, dtype)


@dtypes
@pytest.mark.parametrize("size", [1e-25, 1.0, 1e25])
def test_each_layer_has_outputs_of_variance_1(dtype: FloatDtype, size: float) -> None:
    x = (ROWS * size).astype(dtype)
    front = nn.linear(16, weight=constant(0.0), bias=normals()) >> nn.relu()
    model = lsuv(front >> layers.linear_without_bias(4) >> nn.dropout(0.5) >> layers.ntk_linear(3))
    params = model.init(KEY, x)
    first = nn.linear(16).apply(params[0], x)
    check(params[0].weight, first, dtype)
    second = layers.linear_without_bias(4).apply(params[2], np.maximum(first, 0))
    check(params[2].weight, second, dtype)
    check(params[4].weight, layers.ntk_linear(3).apply(params[4], second), dtype)
    assert not params[0].bias.any()
    assert not params[4].bias.any()


@dtypes
def test_layers_in_layers_have_outputs_of_variance_1(dtype: FloatDtype) -> None:
    x = IMAGES.astype(dtype)
    inner, deep = layers.conv(4, 3, groups=2), layers.conv(8, 2, stride=2)
    model = lsuv(nn.residual(inner) >> layers.frozen(layers.block(deep >> nn.batch_norm())))
    params = model.init(KEY, x)
    y = inner.apply(params[0].inner, x)
    check(params[0].inner.weight[..., :2], y, dtype)
    own = params[1].value.inner[0]
    check(own.weight, deep.apply(own, np.add(x, y)), dtype)
    forked = lsuv(layers.branches(nn.linear(2), layers.stack(layers.block(nn.linear(8)))))
    rows = ROWS.astype(dtype)
    both = forked.init(KEY, rows)
    check(both.first.weight, nn.linear(2).apply(both.first, rows), dtype)
    (one,) = both.second.layers
    check(one.inner.weight, nn.linear(8).apply(one.inner, rows), dtype)


def test_what_stays_outside_and_has_no_weights_starts_as_always() -> None:
    body = nn.batch_norm() >> layers.prelu() >> layers.periodic_embedding() >> layers.scale()
    assert bits(lsuv(body).init(KEY, ROWS)) == bits(body.init(KEY, ROWS))
    params = (lsuv(nn.tanh()) >> nn.linear(2)).init(KEY, ROWS)
    assert bits(params[1]) == bits((nn.tanh() >> nn.linear(2)).init(KEY, ROWS)[1])
    longer = lsuv(nn.linear(3) >> nn.relu()) >> nn.linear(2)
    params_of_all = longer.init(KEY, ROWS)
    check(params_of_all[0].weight, nn.linear(3).apply(params_of_all[0], ROWS), ROWS.dtype)
    assert bits(lsuv(longer).init(KEY, ROWS)[0]) == bits(params_of_all[0])
    for same in copies(longer):
        assert bits(same.init(KEY, ROWS)) == bits(params_of_all)


@attrs.frozen(eq=False)
class Mixer(nn.Node):
    """Parameters of a layer of one's own, whose leaf `weight` multiplies."""

    shift: nn.Vector
    weight: Matrix


def test_a_layer_of_ones_own_takes_part() -> None:
    def apply(params: Mixer, x: Matrix) -> Matrix:
        return (x @ params.weight) * 2.0

    def vjp(
        params: Mixer, x: Matrix, key: nn.Key
    ) -> tuple[Matrix, nn.Pullback[Matrix, Mixer, Matrix]]:
        return apply(params, x), lambda dy: (params, lambda: 2.0 * dy @ params.weight.T)

    own = nn.Layer(lambda key, x: Mixer(x[0], np.zeros((8, 2))), apply, vjp)
    params = lsuv(own).init(KEY, ROWS)
    check(params.weight, apply(params, ROWS), ROWS.dtype)
    assert bits(params.shift) == bits(ROWS[0])


@dtypes
def test_equal_samples_are_refused_whatever_rounding_makes_of_them(dtype: FloatDtype) -> None:
    for samples in range(2, 130):
        with pytest.raises(nn.PurennError, match="outputs that vary"):
            lsuv(nn.linear(1)).init(KEY, ROWS[[0] * samples].astype(dtype))
