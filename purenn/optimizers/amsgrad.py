"""AMSGrad: Adam whose divisor never falls."""

from __future__ import annotations

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import Array, Leaves
from purenn.expressions import maker
from purenn.kernels.blocks import Rule
from purenn.kernels.constants import scalar
from purenn.kernels.updates import adam_direction, blend, settle
from purenn.optimizers._contract import Point, Transform
from purenn.optimizers._optimizer import Optimizer, descend
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
        steps = point.step + 1
        parts = 1.0 - first**steps, 1.0 - second**steps

        def rule(g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
            mean = settle(blend(old[0], first, g, out, new[0]), point.step)
            np.multiply(g, g, out)
            square = settle(blend(old[1], second, out, out, new[1]), point.step)
            np.multiply(square, scalar(1.0 / parts[1], square.dtype), out)
            np.maximum(old[2], out, out=new[2])
            return adam_direction(mean, new[2], parts[0], 1.0, small, out)

        return rule

    return fitting(elementwise(Maxima, at), {"The epsilon of scale_by_amsgrad": small})


@maker
def amsgrad(
    rate: float | Schedule, b1: float = 0.9, b2: float = 0.999, epsilon: float = 1e-8
) -> Optimizer[Maxima]:
    """AMSGrad: `descend(scale_by_amsgrad(b1, b2, epsilon), rate)`."""
    return descend(scale_by_amsgrad(b1, b2, epsilon), rate)
