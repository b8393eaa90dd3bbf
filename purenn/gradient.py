"""The value of a loss and its gradient with respect to the parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from purenn.errors import ShapeError
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

    Raises:
        ShapeError: the function raises it where the loss gives a cotangent of another shape or
            dtype than the prediction's.
    """

    def evaluate(params: P, x: X, target: T, key: Key) -> tuple[float, P]:
        prediction, pullback = layer.vjp(params, x, key)
        value, cotangent = loss(prediction, target)
        _require_cotangent(loss, prediction, cotangent)
        grads, _ = pullback(cotangent)
        return value, grads

    return evaluate


def _require_cotangent(loss: object, prediction: object, cotangent: object) -> None:
    # A loss may be anyone's own function, whose mistakes would otherwise show inside NumPy.
    if isinstance(prediction, np.ndarray) and (
        not isinstance(cotangent, np.ndarray)
        or cotangent.shape != prediction.shape
        or cotangent.dtype != prediction.dtype
    ):
        came = _described(cotangent)
        raise ShapeError(
            f"{loss!r}",
            f"gives a cotangent like its prediction, which is {_described(prediction)}, "
            f"and {came} came.",
        )


def _described(array: object) -> str:
    if isinstance(array, np.ndarray):
        return f"{array.dtype} {array.shape}"
    return f"an object of class {type(array).__name__}"
