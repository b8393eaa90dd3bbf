"""The learning rate: the step's sign and size."""

from __future__ import annotations

from purenn.arrays import Leaves
from purenn.kernels.updates import scale, scale_and_add
from purenn.layer import EMPTY, Empty
from purenn.schedules import Schedule, as_schedule
from purenn.transform import Rule


def learning_rate(rate: float | Schedule) -> Rule[Empty]:
    """Multiply by `-rate`: downhill. The rate is a number or a schedule of the step.

    Raises:
        OptionError: the rate is negative or not finite.
    """
    schedule = as_schedule(rate)

    def init(params: Leaves) -> Empty:
        return EMPTY

    def update(state: Empty, grads: Leaves, params: Leaves, step: int) -> tuple[Empty, Leaves]:
        return state, scale(grads, -schedule(step))

    def descend(state: Empty, grads: Leaves, params: Leaves, step: int) -> tuple[Empty, Leaves]:
        return state, scale_and_add(grads, -schedule(step), params)

    return Rule(f"learning_rate({schedule!r})", init, update, descend)
