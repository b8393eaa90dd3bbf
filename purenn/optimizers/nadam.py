"""NAdam: Adam with Nesterov's look ahead."""

from __future__ import annotations

from purenn import checks
from purenn.arrays import Array, Leaves
from purenn.expressions import maker
from purenn.kernels.blocks import Rule
from purenn.kernels.memory import empty_like
from purenn.kernels.updates import adam_direction, add_moments, scale, scale_and_add
from purenn.optimizers._contract import Point, Transform
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers.adam import Moments, weights
from purenn.optimizers.elementwise import elementwise, fitting
from purenn.schedules import Schedule


@maker
def scale_by_nadam(b1: float = 0.9, b2: float = 0.999, epsilon: float = 1e-8) -> Transform[Moments]:
    """`(b1 * m / (1 - b1^(t+1)) + (1 - b1) * g / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)`.

    Here m and v are the decaying means of the gradient and of its square. Dozat, "Incorporating
    Nesterov Momentum into Adam" (2016), with a constant b1, as in optax; PyTorch lets it grow.

    Raises:
        OptionError: a decay is not from 0 to below 1, or the epsilon not above 0; or, when it meets
            them, the epsilon vanishes in the dtype of the parameters.
    """
    first = checks.fraction("The b1 of scale_by_nadam", b1)
    second = checks.fraction("The b2 of scale_by_nadam", b2)
    small = checks.number("The epsilon of scale_by_nadam", epsilon, above=0.0)

    def at(point: Point) -> Rule:
        ahead = first / weights(first, point.step + 1)
        now = 1.0 / weights(first, point.step)
        part = weights(second, point.step)

        def rule(g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
            mean, square = add_moments(g, first, second, point.step, out, old, new)
            scale(g, now, out)
            spare = empty_like(g)
            looking = scale_and_add(mean, ahead, out, spare, spare)
            return adam_direction(looking, square, 1.0, part, small, out)

        return rule

    return fitting(elementwise(Moments, at), {"The epsilon of scale_by_nadam": small})


@maker
def nadam(
    rate: float | Schedule, b1: float = 0.9, b2: float = 0.999, epsilon: float = 1e-8
) -> Optimizer[Moments]:
    """NAdam: `descend(scale_by_nadam(b1, b2, epsilon), rate)`."""
    return descend(scale_by_nadam(b1, b2, epsilon), rate)
