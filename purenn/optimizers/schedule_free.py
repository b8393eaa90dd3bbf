"""Schedule-free optimizers: gradients are taken between an iterate and its average."""

from __future__ import annotations

from typing import Generic

import attrs

from purenn.arrays import Array, Leaves, S
from purenn.checks import Fraction, NotNegative, Positive
from purenn.expressions import maker
from purenn.kernels.updates import average, blend, scale_and_add
from purenn.optimizers._contract import Point, Transform, unchanged
from purenn.optimizers._optimizer import Moved, Optimizer, flowed
from purenn.optimizers.adam import Squares, scale_by_rms
from purenn.optimizers.averaging import Averaged
from purenn.optimizers.elementwise import fitting
from purenn.optimizers.scaling import Where, matrices
from purenn.optimizers.scaling import weight_decay as add_decayed_weights
from purenn.schedules import Schedule, as_schedule
from purenn.tree import Empty, Node


@attrs.frozen(eq=False)
class Iterate(Node, Generic[S]):
    """The state of the transform, the leaves that it moves, and the sum of the squared rates."""

    inner: S
    leaves: Leaves
    weight: float


@maker
def schedule_free(
    transform: Transform[S], rate: float | Schedule, b1: Fraction = 0.9
) -> Optimizer[Averaged[Iterate[S]]]:
    """Descend from z, average into x, train at y between the two; the rate needs no decay.

    `z <- z - rate * update`, `x <- (1 - c) * x + c * z` with `c = rate^2 / sum of rate^2`, and
    `y <- (1 - b1) * z + b1 * x`. The parameters of the state are y, where gradients are taken
    and weights decay; `averaged_params(state)` are x, with running statistics of y: see
    `evaluation_params`. Defazio, Yang, Mehta, Mishchenko, Khaled and Cutkosky, "The Road Less
    Scheduled" (2024), algorithm 1. The transform should have no momentum: the average acts as one.
    The rate is a number or a warm-up.
    """
    schedule = as_schedule(rate)
    if not callable(rate):
        transform = fitting(transform, {"The rate": rate})

    def start(point: Point) -> Averaged[Iterate[S]]:
        return Averaged(Iterate(transform.init(point), point.params, 0.0), point.params)

    def move(
        state: Averaged[Iterate[S]], grads: Leaves, frozen: Leaves, point: Point
    ) -> Moved[Averaged[Iterate[S]]]:
        now, before = schedule(point.step), state.inner
        weight = before.weight + now * now
        after, updates, params = flowed(transform, before.inner, grads, point)
        iterate, mean = point.target(before.leaves), point.target(state.mean)
        new_share = now * now / weight if weight else 1.0

        def rule(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
            z = scale_and_add(x, -now, old[0], out, new[0])
            x_mean = average(old[1], 1.0 - new_share, z, out, new[1])
            return blend(x_mean, b1, z, out, new[2])

        old, new = (before.leaves, state.mean), (iterate, mean, params)
        updates.then(rule, old=old, new=new).run()
        return Averaged(Iterate(after, iterate, weight), mean), params, frozen

    return Optimizer(start, move, writes_over=True)


@maker
def schedule_free_sgd(
    rate: float | Schedule, b1: Fraction = 0.9
) -> Optimizer[Averaged[Iterate[Empty]]]:
    """Schedule-free SGD: `schedule_free(unchanged(), rate, b1)`."""
    return schedule_free(unchanged(), rate, b1)


@maker
def schedule_free_adamw(
    rate: float | Schedule,
    b1: Fraction = 0.9,
    b2: Fraction = 0.999,
    epsilon: Positive = 1e-8,
    weight_decay: NotNegative = 0.01,
    where: Where = matrices,
) -> Optimizer[Averaged[Iterate[tuple[Squares, Empty]]]]:
    """Schedule-free AdamW: bias-corrected `scale_by_rms` and `weight_decay`, made `schedule_free`.

    The decay is multiplied by the rate, and b1 is that of `schedule_free`. As in the authors'
    code, the epsilon is outside the root of the corrected mean square.
    """
    direction = scale_by_rms(b2, epsilon, bias_correction=True)
    return schedule_free(direction >> add_decayed_weights(weight_decay, where), rate, b1)
