"""LAMB: AdamW with updates in proportion to the norm of each leaf, for large batches."""

from __future__ import annotations

from math import inf

from purenn.arrays import Array
from purenn.expressions import maker
from purenn.kernels.reductions import global_norm
from purenn.kernels.updates import largest_factor
from purenn.optimizers._contract import Point, Transform, flowing, no_state
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers._updates import Updates
from purenn.optimizers.adam import Moments, scale_by_adam
from purenn.optimizers.elementwise import scaling
from purenn.optimizers.scaling import Where, matrices, weight_decay
from purenn.schedules import Schedule
from purenn.tree import Empty


@maker
def scale_by_trust_ratio() -> Transform[Empty]:
    """Multiply the updates of each leaf by `norm(param) / norm(update)`.

    A leaf with a norm that is 0 or not finite is left alone. You et al., "Large Batch Optimization
    for Deep Learning: Training BERT in 76 Minutes" (2020), whose function of the norm of the
    parameters is the identity.
    """

    def flow(state: Empty, updates: Updates, point: Point) -> tuple[Empty, Updates]:
        found = updates.settled()
        ratios = map(_trust_ratio, point.params, found)
        return state, Updates(found).then(*map(scaling, ratios))

    return flowing(no_state, flow)


def _trust_ratio(param: Array, update: Array) -> float:
    size, length = global_norm((param,)), global_norm((update,))
    if not (0.0 < size < inf and 0.0 < length < inf):
        return 1.0
    return min(size / length, largest_factor(update.dtype))


@maker
def lamb(
    rate: float | Schedule,
    decay: float = 0.01,
    where: Where = matrices,
    b1: float = 0.9,
    b2: float = 0.999,
    epsilon: float = 1e-6,
) -> Optimizer[tuple[Moments, Empty, Empty]]:
    """LAMB: `scale_by_adam(b1, b2, epsilon) >> weight_decay(decay, where)`, by the trust ratio.

    That is `descend(... >> scale_by_trust_ratio(), rate)`: the biases of the moments are corrected,
    and the decay is part of the update whose norm is taken.
    """
    direction = scale_by_adam(b1, b2, epsilon) >> weight_decay(decay, where)
    return descend(direction >> scale_by_trust_ratio(), rate)
