"""Lion: the sign of a momentum, so that every entry moves by the rate."""

from __future__ import annotations

import attrs
import numpy as np

from purenn.arrays import Array, Leaves
from purenn.checks import Fraction
from purenn.expressions import maker
from purenn.kernels.blocks import Rule
from purenn.kernels.memory import empty_like
from purenn.kernels.updates import blend, settle
from purenn.optimizers._contract import Point, Transform
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers.elementwise import elementwise
from purenn.optimizers.scaling import Where, matrices, weight_decay
from purenn.schedules import Schedule
from purenn.tree import Empty, Node


@attrs.frozen(eq=False)
class Mean(Node):
    """The decaying mean of the gradients, biased towards 0."""

    leaves: Leaves


@maker
def scale_by_lion(b1: Fraction = 0.9, b2: Fraction = 0.99) -> Transform[Mean]:
    """`sign(b1 * m + (1 - b1) * g)`, then `m <- b2 * m + (1 - b2) * g`.

    Chen et al., "Symbolic Discovery of Optimization Algorithms" (2023): no epsilon and no
    correction of the bias. The sign of 0 is 0.
    """

    def at(point: Point) -> Rule:
        def rule(g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
            spare = empty_like(g)
            np.sign(blend(old[0], b1, g, out, spare), out)  # in place it takes ten times as long
            settle(blend(old[0], b2, g, spare, new[0]), point.step)
            return out

        return rule

    return elementwise(Mean, at)


@maker
def lion(
    rate: float | Schedule,
    decay: float = 0.001,
    where: Where = matrices,
    b1: float = 0.9,
    b2: float = 0.99,
) -> Optimizer[tuple[Mean, Empty]]:
    """Lion: `descend(scale_by_lion(b1, b2) >> weight_decay(decay, where), rate)`.

    The decay is times the rate. A rate is a third to a tenth of AdamW's, its decay as many times
    larger.
    """
    return descend(scale_by_lion(b1, b2) >> weight_decay(decay, where), rate)
