"""AMSGrad: Adam whose divisor never falls."""

from __future__ import annotations

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import Array, Leaves
from purenn.expressions import maker
from purenn.kernels.blocks import Rule
from purenn.kernels.updates import adam_direction, add_moments, scale
from purenn.optimizers._contract import Point, Transform
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers.adam import weights
from purenn.optimizers.elementwise import elementwise, fitting
from purenn.schedules import Schedule
from purenn.tree import Node


@attrs.frozen(eq=False)
class Maxima(Node):
    """The moments of Adam, and the largest mean square so far, corrected for its bias."""

    mean: Leaves
    square: Leaves
    largest: Leaves


@maker
def scale_by_amsgrad(
    b1: float = 0.9, b2: float = 0.999, epsilon: float = 1e-8
) -> Transform[Maxima]:
    """`m / (1 - b1^t) / (sqrt(n) + epsilon)`, with `n <- max(n, v / (1 - b2^t))`.

    Here m and v are the decaying means of the gradient and of its square. Reddi, Kale and Kumar,
    "On the Convergence of Adam and Beyond" (2018), with the bias corrected before the maximum, as
    in optax; PyTorch corrects it afterwards, so that its divisor may fall.

    Raises:
        OptionError: a decay is not from 0 to below 1, or the epsilon not above 0; or, when it meets
            them, the epsilon vanishes in the dtype of the parameters.
    """
    first = checks.fraction("The b1 of scale_by_amsgrad", b1)
    second = checks.fraction("The b2 of scale_by_amsgrad", b2)
    small = checks.number("The epsilon of scale_by_amsgrad", epsilon, above=0.0)

    def at(point: Point) -> Rule:
        part, square_part = weights(first, point.step), weights(second, point.step)

        def rule(g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
            mean, square = add_moments(g, first, second, point.step, out, old, new)
            np.maximum(old[2], scale(square, 1.0 / square_part, out), out=new[2])
            return adam_direction(mean, new[2], part, 1.0, small, out)

        return rule

    return fitting(elementwise(Maxima, at), {"The epsilon of scale_by_amsgrad": small})


@maker
def amsgrad(
    rate: float | Schedule, b1: float = 0.9, b2: float = 0.999, epsilon: float = 1e-8
) -> Optimizer[Maxima]:
    """AMSGrad: `descend(scale_by_amsgrad(b1, b2, epsilon), rate)`."""
    return descend(scale_by_amsgrad(b1, b2, epsilon), rate)
