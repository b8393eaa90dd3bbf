"""The value of a loss and its gradient with respect to the parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from purenn import checks
from purenn.errors import OptionError, ShapeError
from purenn.keys import Key
from purenn.layers import Layer
from purenn.losses import LossFunction

P = TypeVar("P")
X = TypeVar("X")
Y = TypeVar("Y")
T = TypeVar("T")

NUMBERS = (float, np.floating)


def value_and_grad(
    layer: Layer[P, X, Y], loss: LossFunction[Y, T]
) -> Callable[[P, X, T, Key], tuple[float, P]]:
    """The function `(params, x, target, key) -> (value, gradient)`.

    The gradient is a tree like the parameters; of frozen parts it holds the next values. The
    cotangent of `x` is never computed.

    Args:
        layer: a layer or a whole model; it runs in training mode and may draw from the key.
        loss: `(prediction, target) -> (value, cotangent of the prediction)`.

    Raises:
        OptionError: the layer or the loss is something else.
        ShapeError: when the function is called, the loss gives a cotangent of another shape or
            dtype than the prediction's.
    """
    checks.instance("The model", layer, Layer, "Chain layers: linear(8) >> relu().")
    require_loss_function(loss)

    def evaluate(params: P, x: X, target: T, key: Key) -> tuple[float, P]:
        prediction, pullback = layer.vjp(params, x, key)
        found = loss(prediction, target)
        require_pair(loss, found)
        value, cotangent = found
        _require_cotangent(loss, prediction, cotangent)
        grads, _ = pullback(cotangent)
        return value, grads

    return evaluate


def require_loss_function(loss: object) -> None:
    """Check that a loss can be called with a prediction and a target."""
    if isinstance(loss, type) or not callable(loss):
        raise OptionError(f"expected a loss, got {checks.described(loss)}.")
    module = str(getattr(loss, "__module__", ""))
    if module.startswith("purenn.losses") and hasattr(loss, "__name__"):
        name: object = getattr(loss, "__name__", "")
        raise OptionError(f"expected a loss, got the function {name}. Call it: {name}().")


def require_pair(loss: object, found: object) -> None:
    """Check that what a loss gives is a number and a cotangent."""
    if not isinstance(found, tuple) or len(found) != 2 or not isinstance(found[0], NUMBERS):
        raise OptionError(
            f"{loss!r}: expected a float and the cotangent of the prediction, got "
            f"{checks.described(found)}."
        )


def _require_cotangent(loss: object, prediction: object, cotangent: object) -> None:
    # A loss may be anyone's own function, whose mistakes would otherwise show inside NumPy.
    if isinstance(prediction, np.ndarray) and (
        not isinstance(cotangent, np.ndarray)
        or cotangent.shape != prediction.shape
        or cotangent.dtype != prediction.dtype
    ):
        raise ShapeError(
            f"{loss!r}",
            f"expected a cotangent like the prediction, {checks.described(prediction)}, got "
            f"{checks.described(cotangent)}.",
        )
