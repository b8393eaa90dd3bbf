"""Momentum: the gradient's decaying sum, and Nesterov's look ahead along it."""

from __future__ import annotations

import attrs

from purenn.arrays import Array, Leaves
from purenn.checks import Fraction
from purenn.expressions import maker
from purenn.kernels.blocks import Rule
from purenn.kernels.updates import scale_and_add, settle
from purenn.optimizers._contract import Point, Transform
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers.elementwise import elementwise
from purenn.schedules import Schedule
from purenn.tree import Node


@attrs.frozen(eq=False)
class Velocity(Node):
    """The decaying sum of the gradients so far, one leaf for each leaf of the parameters."""

    leaves: Leaves


@maker
def momentum(decay: Fraction) -> Transform[Velocity]:
    """`v <- decay * v + g`, and the update is v.

    Polyak, "Some Methods of Speeding up the Convergence of Iteration Methods" (1964), in the form
    in which a change of the learning rate acts on the whole velocity at once.
    """

    def at(point: Point) -> Rule:
        def rule(g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
            return settle(scale_and_add(old[0], decay, g, new[0], new[0]), point.step)

        return rule

    return elementwise(Velocity, at)


@maker
def nesterov(decay: Fraction) -> Transform[Velocity]:
    """`v <- decay * v + g`, and the update is `decay * v + g` once more, with the new v.

    Nesterov (1983), in the form of Sutskever, Martens, Dahl and Hinton, "On the Importance of
    Initialization and Momentum in Deep Learning" (2013).
    """

    def at(point: Point) -> Rule:
        def rule(g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
            v = settle(scale_and_add(old[0], decay, g, new[0], new[0]), point.step)
            return scale_and_add(v, decay, g, out, out)

        return rule

    return elementwise(Velocity, at)


@maker
def sgd(rate: float | Schedule, decay: float = 0.9) -> Optimizer[Velocity]:
    """Stochastic gradient descent with momentum: `descend(momentum(decay), rate)`."""
    return descend(momentum(decay), rate)
