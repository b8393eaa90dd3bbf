"""`purenn.testing` notices whatever breaks a contract."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable

import attrs
import numpy as np
import pytest
from contracts import normal

import purenn as nn
from purenn.arrays import Matrix
from purenn.errors import PurennError
from purenn.expressions import Call, expressed
from purenn.layers import activation, frozen, linear
from purenn.losses import PerSample
from purenn.testing import ContractError, check_layer, check_loss

Dense = nn.Layer[nn.Linear, Matrix, Matrix]
Plain = nn.Layer[nn.Empty, Matrix, Matrix]
Change = Callable[[Matrix], Matrix]
X, COUNT = normal(0, 4, 3), itertools.count(1)


def same(x: Matrix) -> Matrix:
    return x


def twice(x: Matrix) -> Matrix:
    return 2 * x


def slope(y: Matrix, dy: Matrix) -> Matrix:
    return 2 * dy


def drifting(x: Matrix) -> Matrix:
    return x + next(COUNT)


def emptied(x: Matrix) -> Matrix:
    x[...] = 0
    return x


def wide(x: Matrix) -> Matrix:
    return x.astype(np.float64)


def altered(
    y: Change = same, dy: Change = same, weight: Change = same, bias: float = 1.0, dx: Change = same
) -> Dense:
    """`linear(3)` with these changes to its `vjp`."""

    def vjp(
        params: nn.Linear, x: Matrix, key: nn.Key
    ) -> tuple[Matrix, nn.Pullback[Matrix, nn.Linear, Matrix]]:
        output, pull_right = linear(3).vjp(params, x, key)

        def pull(cotangent: Matrix) -> tuple[nn.Linear, nn.Thunk[Matrix]]:
            grads, right = pull_right(dy(cotangent).astype(x.dtype))
            changed = weight(grads.weight)
            return nn.Linear(changed, bias * grads.bias.astype(changed.dtype)), lambda: dx(right())

        return y(output), pull

    return attrs.evolve(linear(3), vjp=vjp)


def init(key: nn.Key, example: Matrix) -> nn.Linear:
    return linear(3).init(nn.Key(next(COUNT)), example)


def overwriting(
    params: nn.Empty, x: Matrix, key: nn.Key
) -> tuple[Matrix, nn.Pullback[Matrix, nn.Empty, Matrix]]:
    rectified: Plain = nn.relu()
    return rectified.vjp(params, np.maximum(x, 0, out=x), key)


def apply(params: nn.Linear, x: Matrix) -> Matrix:
    return wide(linear(3).apply(params, x))


def four() -> Dense:
    return linear(4)


def inferring(inference: Dense) -> Dense:
    return attrs.evolve(linear(3), inference=inference)


BAD_LAYERS: list[tuple[object, str]] = [
    (activation(twice, lambda y, dy: dy), "The slope of the input is "),
    (activation(twice, lambda y, dy: math.nan * dy), "The slope of the input is nan"),
    (activation(drifting, slope), "apply gives another result when called again"),
    (activation(emptied, slope), "apply changes its arguments"),
    (altered(dx=lambda dx: dx[:2]), "The input and its cotangent do not match"),
    (attrs.evolve(linear(3), init=init), "init gives another result when called"),
    (attrs.evolve(nn.relu(), vjp=overwriting), "vjp changes its arguments"),
    (attrs.evolve(linear(3), apply=apply), "apply turns float32 into float64"),
    (expressed(linear(3), Call(four)), "four() is not equal to its copy"),
    (altered(weight=lambda dw: dw * 1.001), "The slope of params.weight is "),
    (frozen(linear(3)) >> altered(bias=0.0), "The slope of params.1.bias is 0, "),
    (altered(weight=lambda dw: dw[:1]), "The parameters and the gradient do not match"),
    (altered(weight=drifting), "pullback gives another result when called again"),
    (altered(y=drifting), "Two outputs of vjp for one key differ"),
    (altered(dy=emptied), "pullback changes its arguments"),
    (altered(y=wide), "vjp turns float32 into float64"),
    (altered(weight=wide), "the gradient turns float32 into float64"),
    (altered(dx=wide), "The float32 input and its cotangent do not match"),
    (inferring(altered(y=twice)), "The output of apply and that of the inference's vjp differ"),
    (attrs.evolve(nn.relu(), apply=nn.tanh().apply), "inference's vjp differ"),
    (inferring(altered(bias=0.0)) >> linear(2), "The slope of params.0.bias is 0, "),
]


@pytest.mark.parametrize(("layer", "message"), BAD_LAYERS, ids=[row[1] for row in BAD_LAYERS])
def test_bad_layers_are_noticed(layer: Plain, message: str) -> None:
    with pytest.raises(PurennError, match=re.escape(message)):
        check_layer(layer, X.copy())


def test_good_layers_pass_within_their_tolerance() -> None:
    check_layer(altered(), X)
    check_layer(nn.dropout(0.5), X, nn.Key(3))
    unpicklable: Plain = activation(lambda x: 2 * x, lambda y, dy: 2 * dy)
    check_layer(unpicklable, X)
    nearly = altered(weight=lambda dw: dw * 1.001)
    check_layer(nearly, X, tolerance=0.002)
    with pytest.raises(ContractError):
        check_layer(nearly, X, tolerance=0.0005)


BAD_LOSSES: list[tuple[Change, Change, Change, str]] = [
    (emptied, same, same, "the loss changes its arguments"),
    (same, emptied, same, "the loss changes its arguments"),
    (same, same, drifting, "the loss gives another result when called again"),
    (same, same, lambda dy: dy[:1], "The prediction and its cotangent do not match"),
    (same, same, lambda dy: 1.001 * dy, "The slope of prediction is -"),
    (same, same, lambda dy: math.nan * dy, "The slope of prediction is nan"),
    (same, same, wide, "the loss turns float32 into float64"),
]


@pytest.mark.parametrize(("given", "wanted", "cotangent", "message"), BAD_LOSSES)
def test_bad_losses_are_noticed(
    given: Change, wanted: Change, cotangent: Change, message: str
) -> None:
    def loss(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
        value, right = nn.mean_squared_error()(given(prediction), wanted(target))
        return value, cotangent(right)

    with pytest.raises(PurennError, match=re.escape(message)):
        check_loss(loss, X.copy(), 2 * X)


def test_the_value_of_a_loss_depends_on_nothing_else() -> None:
    def loss(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
        value, cotangent = nn.mean_squared_error()(prediction, target)
        return value + 1e-14 * next(COUNT), cotangent

    with pytest.raises(ContractError, match="the loss gives another result when called"):
        check_loss(loss, X, 2 * X)


def test_the_value_of_a_loss_is_a_float() -> None:
    def loss(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
        value, cotangent = nn.mean_squared_error()(prediction, target)
        return np.float64(value).sum(dtype=np.float32), cotangent

    with pytest.raises(ContractError, match="expected a Python float as value, got float32"):
        check_loss(loss, X, 2 * X)


def test_losses_are_checked_with_weights_of_samples() -> None:
    def loss(prediction: Matrix, target: Matrix) -> PerSample[Matrix]:
        values, pull = nn.mean_squared_error().per_sample(prediction, target)
        slopes = pull(np.ones((), values.dtype))
        return values, lambda weights: slopes * weights  # of features, where weights are a vector

    for size, message in (3, "The slope of prediction is"), (4, "operands could not be broadcast"):
        with pytest.raises(ContractError, match=f"With weights of samples: {message}"):
            check_loss(nn.Loss(loss), normal(0, size, 3), normal(1, size, 3))
