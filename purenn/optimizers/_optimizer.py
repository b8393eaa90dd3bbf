"""The optimizer: what owns the rate and its sign, and moves the parameters."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Generic, TypeVar

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import FLOATS, Leaves, immutable, require_array
from purenn.errors import TreeError
from purenn.expressions import Expressed, maker
from purenn.kernels.updates import scale_and_add
from purenn.optimizers._contract import (
    Init,
    Point,
    Transform,
    are_alike,
    mistake,
    require_transform,
)
from purenn.schedules import Schedule, as_schedule
from purenn.tree import (
    LEAF_TYPES,
    Node,
    compose_like,
    decompose,
    frozen_leaves,
    leaves,
    map_leaves,
    paths,
    require_same,
)

P = TypeVar("P")
S = TypeVar("S")


@attrs.frozen(eq=False)
class State(Node, Generic[P, S]):
    """Everything that a training step carries on.

    Args:
        params: the parameters as they are now.
        slots: the state of the optimizer.
        step: how many updates there have been.
    """

    params: P
    slots: S
    step: int


# The new state, the new leaves, and the new arrays of the frozen parts.
Moved = tuple[S, Leaves, Leaves]


@attrs.frozen(repr=False, eq=False)
class Optimizer(Expressed, Generic[S]):
    """What moves parameters. `S` is its state, a tree.

    Args:
        start: `(point) -> state`.
        move: `(state, grads, frozen, point) -> (state, params, frozen)`: the new leaves, and the
            new arrays of the frozen parts, whose next values come as `frozen`.
    """

    start: Init[S]
    move: Callable[[S, Leaves, Leaves, Point], Moved[S]]

    def __attrs_post_init__(self) -> None:
        checks.function("The start of an Optimizer", self.start)
        checks.function("The move of an Optimizer", self.move)

    def init(self, params: P) -> State[P, S]:
        """The state before the first step.

        Raises:
            TreeError: `params` is not a tree, has nothing to move, or a leaf is not an array of
                float32 or float64.
        """
        _require_parameters(params)
        owned = map_leaves(immutable, params)
        found, structure = decompose(owned, np.ndarray)
        moving, frozen = _parted(tuple(found), frozen_leaves(structure))
        return State(owned, self.start(Point(moving, structure, 0, nan, frozen)), 0)

    def update(self, state: State[P, S], grads: P, loss: float = nan) -> tuple[State[P, S], P]:
        """The state and the parameters after one step along `grads`, a tree like the parameters.

        Args:
            state: from `init` or the update before.
            grads: the gradient; in frozen parts their next values.
            loss: of the batch, for transforms that look at it, such as `plateau`.

        Raises:
            TreeError: the gradients' tree is another; the message names every leaf that differs.
        """
        checks.instance("The state of update", state, State, "Make it with optimizer.init(params).")
        before, structure = decompose(state.params, np.ndarray)
        downhill, other = decompose(grads, np.ndarray)
        if structure != other or not are_alike(before, downhill):
            require_same(state.params, grads, "The gradients and the parameters")
        mask = frozen_leaves(structure)
        moving, still = _parted(tuple(before), mask)
        slopes, values = _parted(tuple(downhill), mask)
        point = Point(moving, structure, state.step, loss, still)
        try:
            slots, moved, frozen = self.move(state.slots, slopes, values, point)
        except (AttributeError, LookupError, TypeError, ValueError):
            _require_fresh(self, state.slots, self.start(point))
            raise
        params = compose_like(state.params, structure, _joined(moved, frozen, mask))
        return State(params, slots, state.step + 1), params


def _parted(found: Leaves, mask: tuple[bool, ...]) -> tuple[Leaves, Leaves]:
    """The leaves that move, and those that are frozen."""
    if not mask:
        return found, ()
    pairs = list(zip(found, mask, strict=True))
    moving = tuple([leaf for leaf, is_frozen in pairs if not is_frozen])
    return moving, tuple([immutable(leaf) for leaf, is_frozen in pairs if is_frozen])


def _joined(moving: Leaves, frozen: Leaves, mask: tuple[bool, ...]) -> Leaves:
    """The leaves in their order: the inverse of `_parted`."""
    if not mask:
        return moving
    moved, held = iter(moving), iter(frozen)
    return tuple([next(held) if is_frozen else next(moved) for is_frozen in mask])


def _require_fresh(owner: object, state: object, fresh: object) -> None:
    """Check that a state is of the structure, shapes and dtypes of a fresh one."""
    (found, structure), (expected, other) = (decompose(one, LEAF_TYPES) for one in (state, fresh))
    arrays, wanted = (
        tuple([leaf for leaf in leaves if isinstance(leaf, np.ndarray)])
        for leaves in (found, expected)
    )
    if structure != other or not are_alike(arrays, wanted):
        raise TreeError(f"The state is not that of {owner!r}. Start from init of this optimizer.")


def _require_parameters(params: object) -> None:
    if isinstance(params, State):
        raise TreeError("expected parameters, got the State of an optimizer: take state.params.")
    found = leaves(params)
    for path, leaf in zip(paths(params), found, strict=True):
        require_array(path or "The parameters", leaf)
        if leaf.dtype not in FLOATS:
            raise TreeError(f"{path or 'tree'}: expected float32 or float64, got {leaf.dtype}.")
    mask = frozen_leaves(decompose(params, np.ndarray)[1])
    if not found or all(mask or (False,)):
        raise TreeError("These parameters have nothing to optimize: no leaves, or all are frozen.")


@maker
def descend(transform: Transform[S], rate: float | Schedule) -> Optimizer[S]:
    """Gradient descent: `params <- params - rate * updates`.

    >>> from purenn.optimizers import clip_by_global_norm, momentum
    >>> descend(clip_by_global_norm(1.0) >> momentum(0.9), 0.1)
    descend(clip_by_global_norm(1.0) >> momentum(0.9), 0.1)

    Args:
        transform: shapes the gradient.
        rate: a number, or a schedule of the step.

    Raises:
        OptionError: the rate is negative or not finite, or the transform is something else.
    """
    require_transform("descend", transform)
    schedule = as_schedule(rate)

    def move(state: S, grads: Leaves, frozen: Leaves, point: Point) -> Moved[S]:
        after, updates = transform.update(state, grads, point)
        if not are_alike(updates, point.params):
            raise TreeError(mistake(transform, updates, point))
        return after, scale_and_add(updates, -schedule(point.step), point.params), frozen

    return Optimizer(transform.init, move)


def require_optimizer(name: str, value: object) -> None:
    """Check that an argument is an optimizer."""
    advice = "Make one with descend(transform, rate)."
    checks.instance(f"The optimizer of {name}", value, Optimizer, advice)
