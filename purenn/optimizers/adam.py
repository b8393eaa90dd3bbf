"""Adam and AdamW: each entry of the gradient's mean, divided by the root of its mean square."""

from __future__ import annotations

import attrs

from purenn import checks
from purenn.arrays import Array, Leaves
from purenn.expressions import maker
from purenn.kernels.blocks import Rule
from purenn.kernels.updates import adam_direction, add_moments
from purenn.optimizers._contract import Point, Transform
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers.elementwise import elementwise, fitting
from purenn.optimizers.scaling import Where, matrices, weight_decay
from purenn.schedules import Schedule
from purenn.tree import Empty, Node


@attrs.frozen(eq=False)
class Moments(Node):
    """The decaying sums of the gradients and of their squares: means, but for a factor.

    Sums take fewer operations, and the factors go into the correction of the bias.
    """

    mean: Leaves
    square: Leaves


def weights(decay: float, step: int) -> float:
    """The sum of the weights in a decaying sum, of which the first was 1 at step 0."""
    return (1.0 - decay ** (step + 1)) / (1.0 - decay)


@maker
def scale_by_adam(b1: float = 0.9, b2: float = 0.999, epsilon: float = 1e-8) -> Transform[Moments]:
    """`m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon)`.

    Here m and v are the decaying means of the gradient and of its square. Kingma and Ba, "Adam: a
    Method for Stochastic Optimization" (2015), algorithm 1: the epsilon outside of the root. The
    state has `m / (1 - b1)` and `v / (1 - b2)`.

    Raises:
        OptionError: a decay is not from 0 to below 1, or the epsilon not above 0; or, when it meets
            them, the epsilon vanishes in the dtype of the parameters.
    """
    first = checks.fraction("The b1 of scale_by_adam", b1)
    second = checks.fraction("The b2 of scale_by_adam", b2)
    small = checks.number("The epsilon of scale_by_adam", epsilon, above=0.0)

    def at(point: Point) -> Rule:
        parts = weights(first, point.step), weights(second, point.step)

        def rule(g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
            mean, square = add_moments(g, first, second, point.step, out, old, new)
            return adam_direction(mean, square, *parts, small, out)

        return rule

    return fitting(elementwise(Moments, at), {"The epsilon of scale_by_adam": small})


@maker
def adam(
    rate: float | Schedule, b1: float = 0.9, b2: float = 0.999, epsilon: float = 1e-8
) -> Optimizer[Moments]:
    """Adam: `descend(scale_by_adam(b1, b2, epsilon), rate)`."""
    return descend(scale_by_adam(b1, b2, epsilon), rate)


@maker
def adamw(
    rate: float | Schedule,
    decay: float = 0.01,
    where: Where = matrices,
    b1: float = 0.9,
    b2: float = 0.999,
    epsilon: float = 1e-8,
) -> Optimizer[tuple[Moments, Empty]]:
    """AdamW: `descend(scale_by_adam(b1, b2, epsilon) >> weight_decay(decay, where), rate)`.

    The decay is times the rate, as in PyTorch and optax. Only matrices decay by default.
    """
    return descend(scale_by_adam(b1, b2, epsilon) >> weight_decay(decay, where), rate)
