"""The linear layer, `y = x @ weight + bias`, and variants of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod, sqrt

import attrs
import numpy as np

from purenn.array_checks import matrix, vector
from purenn.arrays import FLOAT64, Array, Matrix, Vector, read_only
from purenn.checks import Count
from purenn.errors import DataError, DtypeError, ParametersError, ShapeError
from purenn.expressions import maker, with_ops
from purenn.initializers import Initializer, glorot_uniform, normal, zeros
from purenn.kernels.elementwise import scalar, times
from purenn.kernels.features import feature_sums
from purenn.kernels.ops import Ops
from purenn.kernels.portable import scalars
from purenn.keys import Key
from purenn.layers._checked import checked
from purenn.layers._contract import Layer, Pass, Thunk
from purenn.layers._fitting import repacked, require_fit, require_rows
from purenn.tree import Node


def require_bias(name: str, weight: Array, bias: Vector) -> None:
    """Check that a bias has an entry for each feature of a weight, and the same dtype."""
    if bias.shape != weight.shape[-1:]:
        expected = f"a bias of shape {weight.shape[-1:]} for a weight of shape {weight.shape}"
        raise ShapeError(name, f"expected {expected}, got {bias.shape}.")
    if bias.dtype != weight.dtype:
        raise DtypeError(name, f"expected a {weight.dtype} bias, got {bias.dtype}.")


@attrs.frozen(eq=False)
class Linear(Node):
    """The parameters of a linear layer, or their gradient: (inputs, outputs) and (outputs,).

    Both are float32 or float64. A writable array is copied. PyTorch's weight is the transpose;
    after its flatten, where channels come first, this one is
    `weight.reshape(outputs, channels, rows, columns).transpose(2, 3, 1, 0).reshape(-1, outputs)`.
    """

    weight: Matrix = attrs.field(converter=matrix)
    bias: Vector = attrs.field(converter=vector)

    def __attrs_post_init__(self) -> None:
        require_bias("Linear", self.weight, self.bias)


@maker
def linear(
    features: Count, *, weight: Initializer | None = None, bias: Initializer | None = None
) -> Layer[Linear, Matrix, Matrix]:
    """Linear (dense) layer, `x @ weight + bias`: (samples, inputs) to (samples, features).

    Args:
        weight: the initializer of the weights, from `purenn.initializers`; `glorot_uniform()` if
            None, which was the best of six, or close to it, on three tables
            (scripts/compare_initializers.py).
        bias: the initializer of the biases; `zeros()` if None. `linear_without_bias` has none.
    """
    first, shift = weight or glorot_uniform(), bias or zeros()
    return with_ops(lambda ops: _affine(ops, f"linear({features})", features, first, shift))


@maker
def ntk_linear(
    features: Count, *, weight: Initializer | None = None, bias: Initializer | None = None
) -> Layer[Linear, Matrix, Matrix]:
    """A linear layer in the neural tangent parametrization: `x @ weight / sqrt(inputs) + bias`.

    Weights and biases are standard normal at first, unless other initializers are given, so that
    one learning rate suits layers of any width. Jacot, Gabriel and Hongler, "Neural Tangent Kernel"
    (2018), with the factor of the bias 1.
    """
    first, shift = weight or normal(), bias or normal()
    subject = f"ntk_linear({features})"
    return with_ops(lambda ops: _affine(ops, subject, features, first, shift, _over_root))


@maker
def fitted_linear(features: Count) -> Layer[Linear, Matrix, Matrix]:
    """`ntk_linear` with initial weights and biases fitted to the example, which should be large.

    Weights are standard normal, divided by the deviation of their outputs on the example, which
    becomes 1. A bias is minus a random mean of five of the outputs, so that activations bend where
    the data are. Steinwart, "A Sober Look at Neural Network Initializations" (2019); Holzmüller,
    Grinsztajn and Steinwart, "Better by Default" (2024).
    """
    return with_ops(lambda ops: _fitted(ops, f"fitted_linear({features})", features))


def _fitted(ops: Ops, subject: str, features: int) -> Layer[Linear, Matrix, Matrix]:
    layer = _affine(ops, subject, features, normal(), zeros(), _over_root)

    def init(key: Key, example: Matrix) -> Linear:
        drawn = layer.init(key, example)
        if not len(example):
            raise ShapeError("fitted_linear", "expected an example of at least one sample.")
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = layer.apply(drawn, example)
        if not np.isfinite(outputs).all():
            raise DataError(f"{subject}: expected an example whose outputs are finite.")
        least = np.finfo(example.dtype).tiny
        units = np.abs(outputs).max(axis=0).clip(least)
        spreads = (outputs / units).std(axis=0, dtype=FLOAT64) * units  # no square overflows
        factors: Vector = (1.0 / np.where(spreads < least, 1.0, spreads)).astype(example.dtype)
        rng, shape = key.child("points").generator(), (5, features)
        shares = np.reshape([-scalars.log(1.0 - one) for one in rng.random(prod(shape))], shape)
        rows = rng.integers(len(outputs), size=shape)
        points = outputs[rows, np.arange(features)] * (shares / shares.sum(axis=0))
        bias = (-points.sum(axis=0) * factors).astype(example.dtype)
        return Linear(drawn.weight * factors, bias)

    return Layer(init, layer.apply, layer.vjp)


def _over_root(x: Matrix) -> Matrix:
    return times(x, scalar(1.0 / sqrt(x.shape[1]), x.dtype))


def _affine(
    ops: Ops,
    subject: str,
    width: int,
    weight: Initializer,
    bias: Initializer,
    scaled: Callable[[Matrix], Matrix] = lambda x: x,
) -> Layer[Linear, Matrix, Matrix]:
    """`scaled(x) @ weight + bias`, for a multiple of x that depends on its shape alone."""

    def init(key: Key, example: Matrix) -> Linear:
        weights = weight(key.child("weight"), (example.shape[1], width), example.dtype)
        return Linear(weights, bias(key.child("bias"), (width,), example.dtype))

    def vjp(params: Linear, x: Matrix, key: Key) -> Pass[Matrix, Linear, Matrix]:
        _require_fit(subject, params.weight, x, width)
        y, pull_product = ops.product_vjp(scaled(x), params.weight)
        np.add(y, params.bias, y)

        def pull(dy: Matrix) -> tuple[Linear, Thunk[Matrix]]:
            slopes, dx = pull_product(dy)
            return Linear(slopes, feature_sums(dy)), lambda: scaled(dx())

        return read_only(y), pull

    return checked(subject, Linear, require_rows, init, vjp)


@attrs.frozen(eq=False)
class Weight(Node):
    """The parameters of a linear layer without a bias: a matrix (inputs, outputs)."""

    weight: Matrix = attrs.field(converter=matrix)


@maker
def linear_without_bias(
    features: Count, *, weight: Initializer | None = None
) -> Layer[Weight, Matrix, Matrix]:
    """Linear layer without a bias, `x @ weight`: (samples, inputs) to (samples, features).

    Use it before a normalization that shifts, for example. The arguments are those of `linear`.
    """
    first, subject = weight or glorot_uniform(), f"linear_without_bias({features})"

    def init(key: Key, example: Matrix) -> Weight:
        return Weight(first(key.child("weight"), (example.shape[1], features), example.dtype))

    def vjp(ops: Ops, params: Weight, x: Matrix, key: Key) -> Pass[Matrix, Weight, Matrix]:
        _require_fit(subject, params.weight, x, features)
        y, pull = ops.product_vjp(x, params.weight)
        return repacked((read_only(y), pull), lambda slopes, dx: (Weight(slopes), dx))

    return with_ops(lambda ops: checked(subject, Weight, require_rows, init, partial(vjp, ops)))


def _require_fit(subject: str, weight: Matrix, x: Matrix, width: int) -> None:
    if weight.shape[1] != width:
        got = weight.shape[1]
        raise ParametersError(subject, f"expected parameters of {width} outputs, got {got}.")
    require_fit(subject, weight, x)
