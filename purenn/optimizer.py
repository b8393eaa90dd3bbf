"""An optimizer owns the parameters: `update(state, grads) -> (state, params)`.

Named optimizers are nothing but visible chains of transforms:

>>> sgd(0.1)
Optimizer(momentum(0.9) >> learning_rate(0.1))
>>> from purenn.transforms import clip_by_global_norm, learning_rate, momentum
>>> Optimizer(clip_by_global_norm(1.0) >> momentum(0.9) >> learning_rate(0.1))
Optimizer(clip_by_global_norm(1.0) >> momentum(0.9) >> learning_rate(0.1))
"""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

from purenn.arrays import FLOATS, freeze
from purenn.errors import TreeError
from purenn.layer import Empty
from purenn.schedules import Schedule
from purenn.transform import Transform
from purenn.transforms import Velocity, clip_by_value, learning_rate, momentum, nesterov
from purenn.tree import WHOLE, build, leaves, map_leaves, matching_leaves, paths

P = TypeVar("P")
S = TypeVar("S")


@attrs.frozen(eq=False)
class OptimizerState(Generic[P, S]):
    """Everything that a training step carries on.

    Args:
        params: the parameters as they are now.
        slots: the state of the transform.
        step: how many updates there have been.
    """

    params: P
    slots: S
    step: int


@attrs.frozen(eq=False)
class Optimizer(Generic[S]):
    """A transform that is applied to parameters: its updates are added to them."""

    transform: Transform[S]

    def init(self, params: P) -> OptimizerState[P, S]:
        """The state before the first step.

        Raises:
            TreeError: `params` is no tree, has no leaves, or a leaf is no array of floats.
        """
        _require_parameters(params)
        frozen = map_leaves(freeze, params)
        return OptimizerState(frozen, self.transform.init(leaves(frozen)), 0)

    def update(self, state: OptimizerState[P, S], grads: P) -> tuple[OptimizerState[P, S], P]:
        """The state and the parameters after one step along `grads`, a tree like the parameters.

        Raises:
            TreeError: the gradients' tree is another; the message names every leaf that differs.
        """
        before, downhill, structure = matching_leaves(
            state.params, grads, "The gradients and the parameters"
        )
        slots, after = self.transform.descend(state.slots, downhill, before, state.step)
        params = build(state.params, structure, after)
        return OptimizerState(params, slots, state.step + 1), params

    def __repr__(self) -> str:
        return f"Optimizer({self.transform!r})"


def _require_parameters(params: object) -> None:
    if not leaves(params):
        raise TreeError("These parameters have no leaves: there is nothing to optimize.")
    for path, leaf in zip(paths(params), leaves(params), strict=True):
        if leaf.dtype not in FLOATS:
            raise TreeError(f"{path or WHOLE} is {leaf.dtype}: parameters are float32 or float64.")


def sgd(rate: float | Schedule, decay: float = 0.9) -> Optimizer[tuple[Velocity, Empty]]:
    """Stochastic gradient descent with momentum."""
    return Optimizer(momentum(decay) >> learning_rate(rate))


def nesterov_sgd(rate: float | Schedule, decay: float = 0.9) -> Optimizer[tuple[Velocity, Empty]]:
    """Stochastic gradient descent with Nesterov's momentum."""
    return Optimizer(nesterov(decay) >> learning_rate(rate))


def clipped_sgd(
    rate: float | Schedule, decay: float = 0.9, limit: float = 1.0
) -> Optimizer[tuple[Empty, Velocity, Empty]]:
    """Stochastic gradient descent with momentum, on gradients clipped by value."""
    return Optimizer(clip_by_value(limit) >> momentum(decay) >> learning_rate(rate))
