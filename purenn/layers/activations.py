"""Activations: layers without parameters that keep the shape and dtype of their input.

All take (samples, ..., features) of any rank, float32 or float64. Softmax and its logarithm go
along the last axis.
"""

from __future__ import annotations

from collections.abc import Callable

from purenn import checks
from purenn.arrays import A, read_only, require_floats, typed_like
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels import activations as kernels
from purenn.kernels import softmax as rows
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk, require_params
from purenn.tree import EMPTY, Empty


def no_params(key: Key, example: object) -> Empty:
    """The `init` of a layer without parameters."""
    return EMPTY


@maker
def activation(
    forward: Callable[[A], A], backward: Callable[[A, A], A], name: str = "activation"
) -> Layer[Empty, A, A]:
    """A layer without parameters that keeps the shape of its input.

    Args:
        forward: `x -> y`, of the same shape and dtype.
        backward: `(y, dy) -> dx`; most cotangents follow from the output alone.
        name: what errors call it.
    """
    checks.function("The forward of activation", forward)
    checks.function("The backward of activation", backward)

    def apply(params: Empty, x: A) -> A:
        require_params(name, params, Empty)
        require_floats(name, x)
        y = forward(x)
        # A function of one's own may give a writable array, its input among them.
        return read_only(typed_like(y.view(), y)) if y.flags.writeable else y

    def vjp(params: Empty, x: A, key: Key) -> tuple[A, Pullback[A, Empty, A]]:
        y = apply(params, x)

        def pull(dy: A) -> tuple[Empty, Thunk[A]]:
            return EMPTY, lambda: backward(y, dy)

        return y, pull

    return Layer(no_params, apply, vjp)


@maker
def relu() -> Layer[Empty, A, A]:
    """`max(x, 0)`. Its derivative at 0 is taken as 0."""
    return activation(kernels.relu, kernels.relu_cotangent, "relu()")


@maker
def leaky_relu(slope: float = 0.01) -> Layer[Empty, A, A]:
    """`x` where it is positive and `slope * x` elsewhere. Its derivative at 0 is the slope.

    Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013).

    Raises:
        OptionError: the slope is not from 0 to below 1.
    """
    a = checks.fraction("The slope of leaky_relu", slope)
    return activation(
        lambda x: kernels.leaky_relu(x, a),
        lambda y, dy: kernels.leaky_relu_cotangent(y, dy, a),
        f"leaky_relu({a})",
    )


@maker
def sigmoid() -> Layer[Empty, A, A]:
    """The logistic function `1 / (1 + exp(-x))`, without overflow."""
    return activation(kernels.sigmoid, kernels.sigmoid_cotangent, "sigmoid()")


@maker
def tanh() -> Layer[Empty, A, A]:
    """The hyperbolic tangent."""
    return activation(kernels.tanh, kernels.tanh_cotangent, "tanh()")


@maker
def softmax() -> Layer[Empty, A, A]:
    """Probabilities: `exp(x) / sum(exp(x))` along the last axis, without overflow.

    To train a classifier, leave it out and use `softmax_cross_entropy`, which takes logits.
    """
    return _along_features(rows.softmax, rows.softmax_cotangent, "softmax()")


@maker
def log_softmax() -> Layer[Empty, A, A]:
    """The logarithm of `softmax`, which stays finite where the probability underflows."""
    return _along_features(rows.log_softmax, rows.log_softmax_cotangent, "log_softmax()")


def _along_features(
    forward: Callable[[A], A], backward: Callable[[A, A], A], name: str
) -> Layer[Empty, A, A]:
    def checked(x: A) -> A:
        if x.ndim < 2:
            raise ShapeError(name, f"expected (samples, ..., features), got {x.shape}.")
        return forward(x)

    return activation(checked, backward, name)
