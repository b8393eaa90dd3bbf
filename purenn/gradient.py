"""The value of a loss and its gradient with respect to the parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from purenn.keys import Key
from purenn.layer import Layer
from purenn.loss import LossFunction

P = TypeVar("P")
X = TypeVar("X")
Y = TypeVar("Y")
T = TypeVar("T")


def value_and_grad(
    layer: Layer[P, X, Y], loss: LossFunction[Y, T]
) -> Callable[[P, X, T, Key], tuple[float, P]]:
    """The function `(params, x, target, key) -> (value, gradient)`.

    The gradient is a tree like the parameters. The cotangent of `x` is never computed.

    Args:
        layer: a layer or a whole model; it runs in training mode and may draw from the key.
        loss: `(prediction, target) -> (value, cotangent of the prediction)`.
    """

    def evaluate(params: P, x: X, target: T, key: Key) -> tuple[float, P]:
        prediction, pullback = layer.vjp(params, x, key)
        value, cotangent = loss(prediction, target)
        grads, _ = pullback(cotangent)
        return value, grads

    return evaluate
