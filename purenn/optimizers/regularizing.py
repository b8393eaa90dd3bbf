"""Transforms that regularize gradients: centralization, and noise."""

from __future__ import annotations

from math import sqrt

from purenn.arrays import Array, Leaves
from purenn.checks import NotNegative, Positive
from purenn.expressions import maker
from purenn.kernels.augmentation import normal
from purenn.kernels.blocks import Updates
from purenn.kernels.portable import scalars
from purenn.kernels.updates import centered, scale_and_add
from purenn.keys import Key
from purenn.optimizers._contract import Point, Transform, flowing, no_state
from purenn.optimizers.elementwise import fitting
from purenn.tree import Empty


@maker
def centralization() -> Transform[Empty]:
    """Subtract from each unit's gradient its mean, over all axes but the last.

    Vectors are left alone. Yong, Huang, Hua and Zhang, "Gradient Centralization: a New
    Optimization Technique for Deep Neural Networks" (2020).
    """

    def flow(state: Empty, updates: Updates, point: Point) -> tuple[Empty, Updates]:
        return state, Updates(tuple([centered(g) if g.ndim > 1 else g for g in updates.result()]))

    return flowing(no_state, flow)


@maker
def gradient_noise(
    key: Key, variance: Positive = 0.01, decay: NotNegative = 0.55
) -> Transform[Empty]:
    """Add normal noise of variance `variance / (1 + step)^decay`.

    Neelakantan et al., "Adding Gradient Noise Improves Learning for Very Deep Networks" (2015),
    who take variances of 0.01, 0.3 and 1. The noise of a step is a function of the key, the step
    and the leaf's place alone.
    """
    first = sqrt(variance)

    def flow(state: Empty, updates: Updates, point: Point) -> tuple[Empty, Updates]:
        now = key.child("gradient noise", point.step)
        deviation = first * scalars.power(1.0 + point.step, -decay / 2.0)
        noise = [normal(p, now.child("leaf", i).generator()) for i, p in enumerate(point.params)]

        def rule(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
            return scale_and_add(old[0], deviation, x, out, out)

        return state, updates.then(rule, old=(tuple(noise),))

    return fitting(flowing(no_state, flow), {"The deviation of gradient_noise": first})
