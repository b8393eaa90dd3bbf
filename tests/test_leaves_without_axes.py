"""A learned temperature: a layer of one's own whose only parameter has no axes."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from contracts import matrix

import purenn as nn
from purenn import layers, losses
from purenn import optimizers as opt
from purenn.arrays import Array, Matrix, read_only
from purenn.data import Batch
from purenn.training import hessian_vector_product, value_and_grad
from purenn.tree import map_leaves, rebuild


@attrs.frozen(eq=False)
class Temperature(nn.Node):
    """What the inputs are multiplied by."""

    value: Array


X, TWO = matrix([[1.0, 3.0]]), Temperature(read_only(np.array(2.0)))
LAYER = nn.Layer[Temperature, Matrix, Matrix](
    lambda key, x: TWO,
    lambda params, x: x * params.value,
    lambda params, x, key: (
        x * params.value,
        lambda dy: (Temperature(np.asarray(np.sum(x * dy))), lambda: dy * params.value),
    ),
)
ERROR: nn.Loss[Matrix, Matrix] = losses.mean_squared_error()
BATCH = Batch(X, 0.0 * X, nn.Key(0))


def test_their_derivatives_have_no_axes_either() -> None:
    twice, params = layers.repeated(LAYER, 2), layers.Block(TWO)
    value, slopes = value_and_grad(twice, ERROR)(params, X, BATCH.targets, BATCH.key)
    assert (value, slopes.inner.value.tolist()) == (80.0, 160.0)  # of 5 t⁴
    assert not slopes.inner.value.flags.writeable
    product = hessian_vector_product(LAYER, ERROR, TWO, BATCH, TWO)
    assert product.value.tolist() == pytest.approx(20.0)  # 10 times the direction
    assert type(map_leaves(np.negative, TWO).value) is np.ndarray
    assert type(rebuild(TWO, (-TWO.value,)).value) is np.ndarray


def test_they_are_units_of_their_own_to_adaptive_clipping() -> None:
    clipped = nn.descend(opt.adaptive_clipping(0.5), 1.0)
    _, after = clipped.update(clipped.init(TWO), Temperature(np.array(9.0)))
    assert after.value.tolist() == 1.0
