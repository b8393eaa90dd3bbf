"""Momentum: the gradient's decaying sum; Nesterov's look ahead along it; and Lion, its sign."""

from __future__ import annotations

import attrs
import numpy as np

from purenn.arrays import Array, Leaves
from purenn.checks import Fraction, NotNegative
from purenn.expressions import maker
from purenn.kernels.memory import empty_like
from purenn.kernels.updates import blend, flush_subnormals, scale_and_add
from purenn.optimizers._contract import Transform
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers.elementwise import entrywise
from purenn.optimizers.scaling import Where, matrices
from purenn.optimizers.scaling import weight_decay as add_decayed_weights
from purenn.schedules import Schedule
from purenn.tree import Empty, Node


@attrs.frozen(eq=False)
class Velocity(Node):
    """The decaying sum of the gradients so far."""

    leaves: Leaves


@maker
def momentum(decay: Fraction) -> Transform[Velocity]:
    """Momentum: `v <- decay * v + g`, and the update is v.

    Polyak, "Some Methods of Speeding up the Convergence of Iteration Methods" (1964), in the form
    in which a change of the learning rate acts on the whole velocity at once.
    """

    def rule(step: int, g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        return flush_subnormals(scale_and_add(old[0], decay, g, new[0], new[0]), step)

    return entrywise(Velocity, rule)


@maker
def nesterov(decay: Fraction) -> Transform[Velocity]:
    """Nesterov momentum: `v <- decay * v + g`, and the update is `decay * v + g` with the new v.

    Nesterov (1983), after Sutskever, Martens, Dahl and Hinton, "On the Importance of Initialization
    and Momentum in Deep Learning" (2013), but the parameters are the look-ahead points, where
    gradients are taken, as in other libraries.
    """

    def rule(step: int, g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        v = flush_subnormals(scale_and_add(old[0], decay, g, new[0], new[0]), step)
        return scale_and_add(v, decay, g, out, out)

    return entrywise(Velocity, rule)


@maker
def sgd(rate: float | Schedule, decay: Fraction = 0.9) -> Optimizer[Velocity]:
    """Stochastic gradient descent with momentum: `descend(momentum(decay), rate)`.

    SGD without momentum, the default of other libraries, is `descend(unchanged(), rate)`.
    """
    return descend(momentum(decay), rate)


@attrs.frozen(eq=False)
class Mean(Node):
    """The decaying mean of the gradients, biased towards 0."""

    leaves: Leaves


@maker
def scale_by_lion(b1: Fraction = 0.9, b2: Fraction = 0.99) -> Transform[Mean]:
    """Lion: `sign(b1 * m + (1 - b1) * g)`, then `m <- b2 * m + (1 - b2) * g`.

    Chen et al., "Symbolic Discovery of Optimization Algorithms" (2023). The sign of 0 is 0.
    """

    def rule(step: int, g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        spare = empty_like(g)
        np.sign(blend(old[0], b1, g, out, spare), out)  # in place it is several times slower
        flush_subnormals(blend(old[0], b2, g, spare, new[0]), step)
        return out

    return entrywise(Mean, rule)


@maker
def lion(
    rate: float | Schedule,
    b1: Fraction = 0.9,
    b2: Fraction = 0.99,
    weight_decay: NotNegative = 0.001,
    where: Where = matrices,
) -> Optimizer[tuple[Mean, Empty]]:
    """Lion: `descend(scale_by_lion(b1, b2) >> weight_decay(...), rate)`.

    The decay is multiplied by the rate, and its default is that of optax. The authors take rates 3
    to 10 times smaller than for AdamW, and decays as many times larger.
    """
    return descend(scale_by_lion(b1, b2) >> add_decayed_weights(weight_decay, where), rate)
