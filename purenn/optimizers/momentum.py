"""Momentum: the gradient's decaying sum, and Nesterov's look ahead along it."""

from __future__ import annotations

import attrs

from purenn import checks
from purenn.arrays import Leaves
from purenn.expressions import maker
from purenn.kernels.updates import flushed, scale_and_add, zeros_like
from purenn.optimizers._contract import Point, Transform
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.schedules import Schedule
from purenn.tree import Node

# What decays is cleared of subnormal numbers every so many steps.
FLUSH = 256


@attrs.frozen(eq=False)
class Velocity(Node):
    """The decaying sum of the gradients so far, one leaf for each leaf of the parameters."""

    leaves: Leaves


def _rest(point: Point) -> Velocity:
    return Velocity(zeros_like(point.params))


def settled(found: Leaves, point: Point) -> Leaves:
    """The leaves, every now and then without subnormal numbers."""
    return flushed(found) if point.step % FLUSH == FLUSH - 1 else found


@maker
def momentum(decay: float) -> Transform[Velocity]:
    """`v <- decay * v + g`, and the update is v.

    Polyak, "Some Methods of Speeding up the Convergence of Iteration Methods" (1964), in the form
    in which a change of the learning rate acts on the whole velocity at once.

    Raises:
        OptionError: the decay is not from 0 to below 1.
    """
    factor = checks.fraction("The decay of momentum", decay)

    def update(state: Velocity, grads: Leaves, point: Point) -> tuple[Velocity, Leaves]:
        velocity = settled(scale_and_add(state.leaves, factor, grads), point)
        return Velocity(velocity), velocity

    return Transform(_rest, update)


@maker
def nesterov(decay: float) -> Transform[Velocity]:
    """`v <- decay * v + g`, and the update is `decay * v + g` once more, with the new v.

    Nesterov (1983), in the form of Sutskever, Martens, Dahl and Hinton, "On the Importance of
    Initialization and Momentum in Deep Learning" (2013).

    Raises:
        OptionError: the decay is not from 0 to below 1.
    """
    factor = checks.fraction("The decay of nesterov", decay)

    def update(state: Velocity, grads: Leaves, point: Point) -> tuple[Velocity, Leaves]:
        velocity = settled(scale_and_add(state.leaves, factor, grads), point)
        return Velocity(velocity), scale_and_add(velocity, factor, grads)

    return Transform(_rest, update)


@maker
def sgd(rate: float | Schedule, decay: float = 0.9) -> Optimizer[Velocity]:
    """Stochastic gradient descent with momentum: `descend(momentum(decay), rate)`."""
    return descend(momentum(decay), rate)
