"""The value of a loss and its gradient with respect to the parameters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import isfunction

import numpy as np

from purenn import checks
from purenn.arrays import P, T, X, Y, are_alike
from purenn.errors import OptionError, PurennError, ShapeError
from purenn.keys import Key
from purenn.layers import Layer
from purenn.losses import Loss, LossFunction
from purenn.training._logits import require_logits

Gradient = Callable[[P, X, T, Key], tuple[float, P]]

OWN = "check_layer and check_loss, of purenn.testing, tell what is wrong with those of one's own."


def value_and_grad(model: Layer[P, X, Y], loss: LossFunction[Y, T]) -> Gradient[P, X, T]:
    """The function `(params, x, target, key) -> (value, gradient)`, in training mode.

    The gradient is a tree like the parameters; for frozen parts it holds the next values. The
    cotangent of `x` is never computed. A loss may be any function of your own,
    `(prediction, target) -> (value, cotangent of the prediction)`.

    Raises:
        OptionError: the model or the loss is not one, or the loss takes logits where the model ends
            with `softmax` or `sigmoid`.
        ShapeError: in a call, the cotangent is not of the prediction's shape and dtype.
    """
    checks.instance("The model", model, Layer)
    require_loss_function("The loss", loss)
    require_logits(model, loss)
    return partial(gradient, model, loss)


@np.errstate(under="ignore")
def gradient(
    model: Layer[P, X, Y], loss: LossFunction[Y, T], params: P, x: X, target: T, key: Key
) -> tuple[float, P]:
    """The value and the gradient. Its name is public: Python puts it into errors of a bad call."""
    try:
        prediction, pullback = model._unguarded_vjp(params, x, key)
        found = loss(prediction, target)
        require_pair(loss, found)
        value, cotangent = found
        require_cotangent(loss, prediction, cotangent)
        return float(value), pullback(cotangent)[0]
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        if not isinstance(error, PurennError):
            error.add_note(OWN)
        raise


def require_loss_function(name: str, loss: object, cure: str = "") -> None:
    """Check that a loss or a measure can be called with a prediction and a target."""
    home = f"{loss.__module__}." if isfunction(loss) else ""
    is_maker = home.startswith("purenn.") and hasattr(loss, "__wrapped__")
    is_own = is_maker or home.startswith("purenn.losses.")
    if is_own or isinstance(loss, type) or not callable(loss):
        checks.instance(name, loss, Loss, cure)


def require_no_loss(name: str, function: object, cure: str) -> None:
    """Check that an argument is a function, but none of purenn's losses."""
    checks.function(name, function)
    if isinstance(function, Loss):
        raise OptionError(f"{name}: got the loss {function!r}. {cure}")


def require_pair(loss: object, found: object) -> None:
    """Check that what a loss gives is a number and a cotangent."""
    if not (checks.is_pair(found) and isinstance(found[0], (float, np.floating))):
        expected = "a float and the cotangent of the prediction"
        raise OptionError(f"{loss!r}: expected {expected}, got {checks.both(found)}.")


def require_cotangent(loss: object, prediction: object, cotangent: object) -> None:
    """Check that a cotangent is of the shape and dtype of a prediction, or each of a tuple."""
    # A loss may be anyone's own function, whose mistakes would otherwise show inside NumPy.
    if not isinstance(prediction, tuple):
        if not isinstance(prediction, np.ndarray) or are_alike((cotangent,), (prediction,)):
            return
    elif isinstance(cotangent, tuple) and len(cotangent) == len(prediction):
        for one, other in zip(prediction, cotangent, strict=True):
            require_cotangent(loss, one, other)
        return
    expected, got = checks.described(prediction), checks.described(cotangent)
    problem = f"expected a cotangent like the prediction, {expected}, got {got}."
    raise ShapeError(f"{loss!r}", problem)
