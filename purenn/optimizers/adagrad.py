"""Adagrad and RMSprop: each entry of the gradient, divided by the root of its squares so far."""

from __future__ import annotations

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import Array, Leaves
from purenn.checks import Fraction, Positive
from purenn.expressions import maker
from purenn.kernels.updates import adam_direction, blend, over_root, settle
from purenn.optimizers._contract import Transform
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers.elementwise import entrywise, fitting, total_weight
from purenn.schedules import Schedule
from purenn.tree import Node


@attrs.frozen(eq=False)
class Squares(Node):
    """The sum of the squared gradients, or their decaying mean."""

    square: Leaves


@maker
def scale_by_adagrad(epsilon: Positive = 1e-10) -> Transform[Squares]:
    """`g / (sqrt(s) + epsilon)`, where s is the sum of the squared gradients so far.

    Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization" (2011), in the diagonal form: the sum starts at 0, and the epsilon is outside of
    the root, as in PyTorch.
    """

    def rule(step: int, g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        np.multiply(g, g, out)
        np.add(old[0], out, new[0])
        return over_root(g, new[0], epsilon, out)

    return fitting(entrywise(Squares, rule), {"The epsilon of scale_by_adagrad": epsilon})


@maker
def adagrad(rate: float | Schedule, epsilon: float = 1e-10) -> Optimizer[Squares]:
    """Adagrad: `descend(scale_by_adagrad(epsilon), rate)`."""
    return descend(scale_by_adagrad(epsilon), rate)


@maker
def scale_by_rms(
    decay: Fraction = 0.9, epsilon: Positive = 1e-8, *, bias_correction: bool = False
) -> Transform[Squares]:
    """`g / (sqrt(v) + epsilon)`, where v is the decaying mean of the squared gradients.

    Tieleman and Hinton, "Lecture 6.5 - RMSProp" (2012), with the epsilon outside of the root, as in
    PyTorch. The correction of the bias divides v by `1 - decay^t`, as in Adam.
    """
    checks.instance("The bias_correction of scale_by_rms", bias_correction, bool)

    def rule(step: int, g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        np.multiply(g, g, out)
        square = settle(blend(old[0], decay, out, out, new[0]), step)
        if bias_correction:
            return adam_direction(g, square, 1.0, total_weight(decay, step), epsilon, out)
        return over_root(g, square, epsilon, out)

    return fitting(entrywise(Squares, rule), {"The epsilon of scale_by_rms": epsilon})


@maker
def rmsprop(
    rate: float | Schedule, decay: float = 0.9, epsilon: float = 1e-8
) -> Optimizer[Squares]:
    """RMSprop: `descend(scale_by_rms(decay, epsilon), rate)`.

    With momentum: `descend(scale_by_rms() >> momentum(0.9), rate)`.
    """
    return descend(scale_by_rms(decay, epsilon), rate)
