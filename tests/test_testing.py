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
from purenn import layers
from purenn.arrays import Matrix
from purenn.errors import PurennError
from purenn.expressions import Call, expressed
from purenn.layers import activation, frozen, linear
from purenn.losses import PerSample
from purenn.optimizers import Mean, elementwise
from purenn.testing import ContractError, check_layer, check_loss, check_optimizer
from purenn.tree import EMPTY

Dense = nn.Layer[nn.Linear, Matrix, Matrix]
Plain = nn.Layer[nn.Empty, Matrix, Matrix]
Change = Callable[[Matrix], Matrix]
X, COUNT = normal(0, 4, 3), itertools.count(1)
KEPT, BUFFER = [X], np.empty_like(X)


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


def kept_square(x: Matrix) -> Matrix:
    KEPT[0] = x
    return x * x


def buffered(x: Matrix) -> Matrix:
    return np.negative(x, out=BUFFER)


def emptying_later() -> Callable[[Matrix, Matrix], Matrix]:
    calls = itertools.count()
    return lambda y, dy: -emptied(dy) if next(calls) else -dy


def nan_if_narrow(x: Matrix) -> Matrix:
    return x * math.nan if x.dtype == np.float32 else x


def ascending(x: Matrix) -> Matrix:
    if (np.diff(x, axis=0) < 0).any():
        raise ValueError("The times descend.")
    return 2 * x


def centered(x: Matrix) -> Matrix:
    return np.subtract(x, np.mean(x, axis=0))


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


def updating(
    change: Callable[[nn.Array], nn.Array],
) -> nn.Layer[nn.Frozen[nn.Linear], Matrix, Matrix]:
    def vjp(
        params: nn.Frozen[nn.Linear], x: Matrix, key: nn.Key
    ) -> tuple[Matrix, nn.Pullback[Matrix, nn.Frozen[nn.Linear], Matrix]]:
        y, pull = frozen(linear(3)).vjp(params, x, key)
        return y, lambda dy: (nn.map_leaves(change, params), pull(dy)[1])

    return attrs.evolve(frozen(linear(3)), vjp=vjp)


def apply(params: nn.Linear, x: Matrix) -> Matrix:
    return wide(linear(3).apply(params, x))


def four() -> Dense:
    return linear(4)


def gated() -> nn.Layer[layers.Scale, Matrix, Matrix]:
    zero = nn.initializers.zeros()(nn.Key(0), (3,), np.float64)
    plain: nn.Layer[layers.Scale, Matrix, Matrix] = layers.scale()
    return attrs.evolve(plain, init=lambda key, x: layers.Scale(zero.astype(x.dtype)))


def inferring(inference: Dense) -> Dense:
    return attrs.evolve(linear(3), inference=inference)


BAD_LAYERS: list[tuple[object, str]] = [
    (activation(twice, lambda y, dy: dy), "The slope of the input is "),
    (activation(twice, lambda y, dy: math.nan * dy), "The slope of the input is nan"),
    (activation(drifting, slope), "apply gives another result when called again"),
    (activation(emptied, slope), "apply changes its arguments"),
    (activation(centered, lambda y, dy: centered(dy)), "apply gives a sample by itself another"),
    (altered(dx=lambda dx: dx[:2]), "The input and its cotangent do not match"),
    (attrs.evolve(linear(3), init=init), "init gives another result when called"),
    (attrs.evolve(nn.relu(), vjp=overwriting), "vjp changes its arguments"),
    (attrs.evolve(linear(3), apply=apply), "apply turns float32 into float64"),
    (expressed(linear(3), Call(four)), "four() is not equal to its copy"),
    (altered(weight=lambda dw: dw * 1.001), "The slope of params.weight is "),
    (frozen(linear(3)) >> altered(bias=0.0), "The slope of params.1.bias is 0, "),
    (altered(weight=lambda dw: dw[:1]), "The parameters and the gradient do not match"),
    (altered(weight=drifting), "pullback gives another result when called again"),
    (altered(y=drifting), "vjp gives another result when called again"),
    (altered(dx=drifting), "pullback gives another result when called again. Draw from"),
    (activation(kept_square, lambda y, dy: 2 * KEPT[0] * dy), "pullback gives another result"),
    (activation(buffered, lambda y, dy: -dy), "apply writes over what it gave before"),
    (activation(np.negative, emptying_later()), "pullback changes its arguments."),
    (activation(np.negative, lambda y, dy: buffered(dy)), "pullback writes over what it gave"),
    (activation(nan_if_narrow, lambda y, dy: dy), "apply is not finite in float32"),
    (updating(np.zeros_like), "the next value of the frozen value.weight"),
    (updating(lambda leaf: leaf.astype(np.float64)), "The float32 parameters and the gradient do"),
    (altered(weight=lambda dw: dw * 1.001) >> gated(), "The slope of params.0.weight is "),
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
    constant: nn.Layer[nn.Frozen[nn.Vector], Matrix, Matrix] = nn.Layer(
        lambda key, x: nn.Frozen(np.ones(1)),  # in float64, whatever the example is
        lambda params, x: x,
        lambda params, x, key: (x, lambda dy: (params, lambda: dy)),
    )
    check_layer(constant, X)
    begun: nn.Layer[nn.Frozen[nn.Vector], Matrix, Matrix] = attrs.evolve(
        constant,  # but 0 after the first step
        vjp=lambda params, x, key: (x, lambda dy: (nn.Frozen(0 * params.value), lambda: dy)),
    )
    check_layer(begun, X)
    check_layer(activation(ascending, slope), np.sort(X, axis=0))
    # What differs along the edges of a graph, whose nodes come together.
    check_layer(activation(lambda x: x - x[[1, 2, 3, 0]], lambda y, dy: dy - dy[[3, 0, 1, 2]]), X)
    merging: Plain = nn.Layer(  # as of the steps of sequences
        lambda key, x: EMPTY,
        lambda params, x: x.reshape(-1, 1),
        lambda params, x, key: (x.reshape(-1, 1), lambda dy: (EMPTY, lambda: dy.reshape(x.shape))),
    )
    check_layer(merging, X)
    nearly = altered(weight=lambda dw: dw * 1.001)
    check_layer(nearly, X, tolerance=0.002)
    with pytest.raises(ContractError):
        check_layer(nearly, X, tolerance=0.0005)


# What is changed of the prediction, the target, the cotangent and the value of a squared error.
BAD_LOSSES: list[tuple[Change, Change, Change, Callable[[float], float], str]] = [
    (emptied, same, same, float, "the loss changes its arguments"),
    (same, emptied, same, float, "the loss changes its arguments"),
    (same, same, drifting, float, "the loss gives another result when called again"),
    (same, same, same, lambda x: x + 1e-14 * next(COUNT), "the loss gives another result when"),
    (same, same, buffered, float, "the loss writes over what it gave before"),
    (same, same, nan_if_narrow, float, "the loss is not finite in float32"),
    (same, same, lambda dy: dy[:1], float, "The prediction and its cotangent do not match"),
    (same, same, lambda dy: 1.001 * dy, float, "The slope of prediction is -"),
    (same, same, lambda dy: math.nan * dy, float, "The slope of prediction is nan"),
    (same, same, wide, float, "the loss turns float32 into float64"),
    (same, same, same, lambda x: np.float64(x).sum(dtype=np.float32), "got float32."),
]


@pytest.mark.parametrize(("given", "wanted", "cotangent", "value", "message"), BAD_LOSSES)
def test_bad_losses_are_noticed(
    given: Change, wanted: Change, cotangent: Change, value: Callable[[float], float], message: str
) -> None:
    def loss(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
        found, right = nn.mean_squared_error()(given(prediction), wanted(target))
        return value(found), cotangent(right)

    with pytest.raises(PurennError, match=re.escape(message)):
        check_loss(loss, X.copy(), 2 * X)


def test_losses_are_checked_with_weights_of_samples() -> None:
    def loss(prediction: Matrix, target: Matrix) -> PerSample[Matrix]:
        values, pull = nn.mean_squared_error().per_sample(prediction, target)
        slopes = pull(np.ones((), values.dtype))
        return values, lambda weights: slopes * weights  # of features, where weights are a vector

    for size, message in (3, "The slope of prediction is"), (4, "operands could not be broadcast"):
        with pytest.raises(ContractError, match=f"With weights of samples: {message}"):
            check_loss(nn.Loss(loss), normal(0, size, 3), normal(1, size, 3))


def test_the_first_part_of_a_prediction_need_not_have_all_samples() -> None:
    def loss(y: tuple[nn.Vector, Matrix], target: Matrix) -> PerSample[tuple[nn.Vector, Matrix]]:
        values, pull = nn.mean_squared_error().per_sample(y[1], target)
        return values, lambda weights: (np.zeros_like(y[0]), pull(weights))

    check_loss(nn.Loss(loss), (np.ones(1), X), 2 * X)


def contrastive(pair: tuple[Matrix, Matrix], same: Matrix) -> tuple[float, tuple[Matrix, Matrix]]:
    gap: Matrix = pair[0] - pair[1]
    slope: Matrix = same * gap / gap.size
    return float((same * gap**2).sum() / (2 * gap.size)), (slope, -slope)


def test_losses_of_pairs_are_checked() -> None:
    check_loss(contrastive, (X, X**2), np.ones((4, 1)))
    with pytest.raises(ContractError, match="The slope of prediction"):
        check_loss(lambda pair, same: (contrastive(pair, same)[0], pair), (X, X**2), X)


def late(g: nn.Array, out: nn.Array, old: nn.Leaves, new: nn.Leaves) -> nn.Array:
    np.add(old[0], g, new[0])
    return np.subtract(new[0], old[0], out)


def unwritten(g: nn.Array, out: nn.Array, old: nn.Leaves, new: nn.Leaves) -> nn.Array:
    return np.add(g, old[0], out)


def growing(
    state: tuple[nn.Leaves, ...], grads: nn.Leaves, point: nn.Point
) -> tuple[tuple[nn.Leaves, ...], nn.Leaves]:
    return (*state, grads), grads


def widening(state: nn.Array, grads: nn.Leaves, point: nn.Point) -> tuple[nn.Array, nn.Leaves]:
    return state + np.sum(grads[0], dtype=np.float64, keepdims=True), grads


def turning(state: nn.Array, grads: nn.Leaves, point: nn.Point) -> tuple[nn.Array, nn.Leaves]:
    return np.asfortranarray(state + grads[0]), (state.ravel("K").reshape(state.shape),)


BAD_TRANSFORMS: list[tuple[object, str]] = [
    (elementwise(Mean, lambda point: late), "Read old before writing new"),
    (elementwise(Mean, lambda point: unwritten), "expected it to write to all of new"),
    (nn.Transform(lambda point: (), growing), "The states before and after an update do not match"),
    (nn.Transform(lambda point: point.params[0][:1, :1], widening), "expected float32 (1, 1), got"),
    (nn.Transform(lambda point: point.params[0], turning), "and states be in C order"),
]


@pytest.mark.parametrize(("transform", "message"), BAD_TRANSFORMS)
def test_bad_transforms_are_noticed(transform: nn.Transform[object], message: str) -> None:
    with pytest.raises(PurennError, match=re.escape(message)):
        check_optimizer(nn.descend(transform, 0.1), (X,))
