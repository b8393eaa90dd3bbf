"""Activations: layers without parameters that keep the shape and dtype of their input.

All take (samples, ..., features) of any rank, float32 or float64. Softmax and its logarithm go
along the last axis.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from purenn import checks
from purenn.arrays import A, read_only, require_floats, typed_like
from purenn.expressions import maker
from purenn.kernels import activations as kernels
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, X, Y, require_params
from purenn.tree import EMPTY, Empty


def without_params(
    subject: str, forward: Callable[[X], tuple[Y, Callable[[Y], X]]]
) -> Layer[Empty, X, Y]:
    """A layer without parameters, from the function to its output and the output's pullback."""

    def apply(params: Empty, x: X) -> Y:
        require_params(subject, params, Empty)
        return forward(x)[0]

    def vjp(params: Empty, x: X, key: Key) -> tuple[Y, Pullback[Y, Empty, X]]:
        require_params(subject, params, Empty)
        y, backward = forward(x)
        return y, lambda dy: (EMPTY, partial(backward, dy))

    return Layer(lambda key, example: EMPTY, apply, vjp)


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
    return pointwise(forward, backward, name)


def pointwise(
    forward: Callable[[A], A], backward: Callable[[A, A], A], subject: str, least_rank: int = 1
) -> Layer[Empty, A, A]:
    """`activation`, for inputs of that rank or a higher one."""

    def with_pullback(x: A) -> tuple[A, Callable[[A], A]]:
        require_floats(subject, x, least_rank)
        y = forward(x)
        if y.flags.writeable:  # a function of one's own may give a writable array, even its input
            y = read_only(typed_like(y.view(), y))
        return y, partial(backward, y)

    return without_params(subject, with_pullback)


@maker
def relu() -> Layer[Empty, A, A]:
    """`max(x, 0)`. Its derivative at 0 is taken as 0."""
    return pointwise(kernels.relu, kernels.relu_cotangent, "relu()")


@maker
def leaky_relu(slope: float = 0.01) -> Layer[Empty, A, A]:
    """`x` where it is positive and `slope * x` elsewhere, for a slope from 0 to below 1.

    Its derivative at 0 is the slope. Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural
    Network Acoustic Models" (2013).
    """
    a = checks.fraction("The slope of leaky_relu", slope)
    return pointwise(
        lambda x: kernels.leaky_relu(x, a),
        lambda y, dy: kernels.leaky_relu_cotangent(y, dy, a),
        f"leaky_relu({a})",
    )


@maker
def sigmoid() -> Layer[Empty, A, A]:
    """The logistic function `1 / (1 + exp(-x))`, without overflow."""
    return pointwise(kernels.sigmoid, kernels.sigmoid_cotangent, "sigmoid()")


@maker
def tanh() -> Layer[Empty, A, A]:
    """The hyperbolic tangent."""
    return pointwise(kernels.tanh, kernels.tanh_cotangent, "tanh()")


@maker
def softmax() -> Layer[Empty, A, A]:
    """Probabilities: `exp(x) / sum(exp(x))` along the last axis, without overflow.

    To train a classifier, leave it out and use `softmax_cross_entropy`, which takes logits.
    """
    return pointwise(kernels.softmax, kernels.softmax_cotangent, "softmax()", 2)


@maker
def log_softmax() -> Layer[Empty, A, A]:
    """The logarithm of `softmax`, which stays finite where the probability underflows."""
    return pointwise(kernels.log_softmax, kernels.log_softmax_cotangent, "log_softmax()", 2)
