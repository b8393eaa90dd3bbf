"""Elementwise activations, and softmax with its logarithm: layers without parameters.

All take (batch, features), float32 or float64, and give the same shape and dtype.
"""

from __future__ import annotations

from collections.abc import Callable

from purenn.arrays import Matrix, Shape, require_float, require_sample
from purenn.checks import fraction
from purenn.kernels import activations as kernels
from purenn.kernels import softmax as rows
from purenn.keys import Key
from purenn.layer import EMPTY, Empty, Primitive, Pullback, Thunk

Activation = Primitive[Empty, Matrix, Matrix]


def activation(
    name: str,
    forward: Callable[[Matrix], Matrix],
    backward: Callable[[Matrix, Matrix], Matrix],
) -> Activation:
    """A layer without parameters that keeps the shape of its input.

    Args:
        name: the expression that builds the layer, for its `repr`.
        forward: `x -> y`, of the same shape and dtype.
        backward: `(y, dy) -> dx`; most cotangents follow from the output alone.
    """

    def init(key: Key, shape: Shape) -> tuple[Empty, Shape]:
        require_sample(name, shape, ("features",), "Put flatten() before it.")
        return EMPTY, shape

    def apply(params: Empty, x: Matrix) -> Matrix:
        require_float(name, x, 2)
        return forward(x)

    def vjp(params: Empty, x: Matrix, key: Key) -> tuple[Matrix, Pullback[Matrix, Empty, Matrix]]:
        require_float(name, x, 2)
        y = forward(x)

        def pull(dy: Matrix) -> tuple[Empty, Thunk[Matrix]]:
            return EMPTY, lambda: backward(y, dy)

        return y, pull

    return Primitive(name, init, apply, vjp)


def relu() -> Activation:
    """`max(x, 0)`. Its derivative at 0 is taken as 0."""
    return activation("relu()", kernels.relu, kernels.relu_cotangent)


def leaky_relu(slope: float = 0.01) -> Activation:
    """`x` where it is positive and `slope * x` elsewhere. Its derivative at 0 is the slope.

    Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic Models" (2013).

    Raises:
        OptionError: the slope is not from 0 to below 1.
    """
    a = fraction("The slope of leaky_relu", slope)
    return activation(
        f"leaky_relu({a})",
        lambda x: kernels.leaky_relu(x, a),
        lambda y, dy: kernels.leaky_relu_cotangent(y, dy, a),
    )


def sigmoid() -> Activation:
    """The logistic function `1 / (1 + exp(-x))`, without overflow."""
    return activation("sigmoid()", kernels.sigmoid, kernels.sigmoid_cotangent)


def tanh() -> Activation:
    """The hyperbolic tangent."""
    return activation("tanh()", kernels.tanh, kernels.tanh_cotangent)


def softmax() -> Activation:
    """Probabilities: `exp(x) / sum(exp(x))` along each row, without overflow.

    To train a classifier, leave it out and use `softmax_cross_entropy`, which takes logits.
    """
    return activation("softmax()", rows.softmax, rows.softmax_cotangent)


def log_softmax() -> Activation:
    """The logarithm of `softmax`, which stays finite where the probability underflows."""
    return activation("log_softmax()", rows.log_softmax, rows.log_softmax_cotangent)
