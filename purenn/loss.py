"""A loss is a function `(prediction, target) -> (value, cotangent of the prediction)`.

The value is a Python float, summed in float64. With `reduction="mean"` both are divided by the
number of samples (by the number of elements where each element is a loss of its own), with
`reduction="sum"` by nothing. Every callable of this form is a loss, a function of one's own too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Literal, TypeVar

import attrs

from purenn.errors import OptionError

Y = TypeVar("Y")
T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)

Reduction = Literal["mean", "sum"]
LossFunction = Callable[[Y, T], tuple[float, Y]]


@attrs.frozen(repr=False, eq=False)
class Loss(Generic[Y, T_contra]):
    """A loss given by its function and the expression that builds it.

    `Y` is the prediction and `T_contra` the target that it takes.
    """

    name: str
    function: Callable[[Y, T_contra], tuple[float, Y]]

    def __call__(self, prediction: Y, target: T_contra) -> tuple[float, Y]:
        """The value, and the cotangent of the prediction."""
        return self.function(prediction, target)

    def __repr__(self) -> str:
        return self.name


def reduction_scale(reduction: Reduction) -> Callable[[int], float]:
    """The function from a count of losses to what their sum is multiplied by.

    Raises:
        OptionError: the reduction is neither "mean" nor "sum".
    """
    if reduction == "mean":
        return lambda count: 1.0 / count
    if reduction == "sum":
        return lambda count: 1.0
    raise OptionError(f'A reduction is "mean" or "sum", and {reduction!r} came.')


def reporting(value: LossFunction[Y, T], descent: LossFunction[Y, T]) -> Loss[Y, T]:
    """Descend on one loss and report the value of another.

    >>> from purenn.losses import brier, cross_entropy
    >>> reporting(cross_entropy(), descent=brier(reduction="sum"))
    reporting(cross_entropy(), descent=brier(reduction='sum'))
    """

    def function(prediction: Y, target: T) -> tuple[float, Y]:
        """The value, and the cotangent of the prediction."""
        return value(prediction, target)[0], descent(prediction, target)[1]

    return Loss(f"reporting({value!r}, descent={descent!r})", function)
