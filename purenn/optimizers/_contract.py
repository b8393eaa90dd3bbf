"""A transform shapes a gradient, an optimizer moves the parameters; `>>` chains transforms.

- A transform: `init(point) -> state` and `update(state, grads, point) -> (state, grads)`. The order
  is what is written: `clip_by_value(1.0) >> momentum(0.9)` clips first.
- An optimizer: `init(params) -> State` and `update(state, grads) -> (state, params)`. It owns the
  rate and its sign. `descend(transform, rate)` makes one, and wrappers take optimizers.

Both see leaves rather than trees, so the type of a state needs no knowledge of the parameters'.
They see no part of the parameters that is `Frozen`: its next value is taken from the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from typing import Generic, Never, NoReturn, TypeVar, TypeVarTuple, overload

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import FLOATS, Array, Leaves, immutable, require_array
from purenn.errors import OptionError, TreeError
from purenn.expressions import Chained, Expressed, maker
from purenn.kernels.updates import scale_and_add
from purenn.schedules import Schedule, as_schedule
from purenn.tree import (
    EMPTY,
    LEAF_TYPES,
    Empty,
    Node,
    Structure,
    compose_like,
    decompose,
    frozen_leaves,
    leaf_names,
    leaves,
    map_leaves,
    paths,
    require_same,
)

P = TypeVar("P")
S = TypeVar("S")
R = TypeVar("R")
Ss = TypeVarTuple("Ss")


@attrs.frozen(eq=False)
class Point:
    """Where an update happens: all that a transform may look at.

    Args:
        params: the leaves that are moved, those of frozen parts not among them.
        structure: of the tree that they are taken from; `paths` names them.
        step: how many updates there have been.
        loss: of the batch that the gradient is of; NaN if `update` was not told.
        frozen: the arrays of the frozen parts.
    """

    params: Leaves
    structure: Structure
    step: int
    loss: float
    frozen: Leaves

    @property
    def paths(self) -> tuple[str, ...]:
        """The names of the leaves: `0.weight`."""
        return tuple(path for path, is_frozen in leaf_names(self.structure) if not is_frozen)


Init = Callable[[Point], S]
Update = Callable[[S, Leaves, Point], tuple[S, Leaves]]


@attrs.frozen(repr=False, eq=False)
class Transform(Expressed, Generic[S]):
    """Gradients in, updates out. `S` is its state, a tree.

    Args:
        init: `(point) -> state`.
        update: `(state, grads, point) -> (state, updates)`, leaf by leaf like the parameters.
    """

    init: Init[S]
    update: Update[S]

    __array_ufunc__ = None  # an array on the left of >> leaves the operation to __rrshift__

    def __attrs_post_init__(self) -> None:
        checks.function("The init of a Transform", self.init)
        checks.function("The update of a Transform", self.update)

    @overload
    def __rshift__(
        self: Transform[tuple[*Ss]], other: Transform[R]
    ) -> Transform[tuple[*Ss, R]]: ...
    @overload
    def __rshift__(self, other: Transform[R]) -> Transform[tuple[S, R]]: ...
    def __rshift__(self, other: Transform[R]) -> object:
        require_transform(">>", other)
        return (self if isinstance(self, _Chain) else _single(self)).append(other)

    def __rrshift__(self, other: Never) -> NoReturn:
        require_transform(">>", other)
        raise OptionError(f"{other!r} cannot be chained.")


@attrs.frozen(repr=False, eq=False)
class _Chain(Transform[tuple[*Ss]], Generic[*Ss]):
    """What `>>` builds, so that it knows where to append."""

    parts: tuple[object, ...]

    def append(self, other: Transform[R]) -> _Chain[*Ss, R]:
        head_init, head_update = self.init, self.update

        def init(point: Point) -> tuple[*Ss, R]:
            return (*head_init(point), other.init(point))

        def update(
            state: tuple[*Ss, R], grads: Leaves, point: Point
        ) -> tuple[tuple[*Ss, R], Leaves]:
            front, between = head_update(state[:-1], grads, point)
            if not point.step and not are_alike(between, point.params):
                raise TreeError(_mistake(self, between, point))
            last, updates = other.update(state[-1], between, point)
            return (*front, last), updates

        parts = (*self.parts, other)
        return _Chain(init, update, parts, expression=Chained(chain, parts))


def _single(transform: Transform[S]) -> _Chain[S]:
    """The chain of one transform, where a longer one starts."""

    def init(point: Point) -> tuple[S]:
        state = transform.init(point)
        if isinstance(state, tuple):
            raise OptionError(
                f"The state of {transform!r} is a bare tuple, which means a chain. "
                "Make it a frozen attrs class."
            )
        return (state,)

    def update(state: tuple[S], grads: Leaves, point: Point) -> tuple[tuple[S], Leaves]:
        own, updates = transform.update(state[0], grads, point)
        return (own,), updates

    return _Chain(init, update, (transform,), expression=Chained(chain, (transform,)))


def chain(first: Transform[S], *others: Transform[S]) -> object:
    """The transforms joined by `>>`; expressions of chains call this."""
    joined: object = first
    for other in others:
        joined = joined >> other if isinstance(joined, Transform) else other
    return joined


def require_transform(name: str, value: object) -> None:
    """Check that an argument is a transform."""
    advice = "Call the function that makes it, such as momentum(0.9)."
    if isinstance(value, Optimizer):
        advice = "An optimizer moves parameters already: it needs no descend and takes no >>."
    checks.instance(f"The transform of {name}", value, Transform, advice)


def no_state(point: Point) -> Empty:
    """The `init` of a transform that keeps nothing."""
    return EMPTY


def stateless(function: Callable[[Leaves, Point], Leaves]) -> Transform[Empty]:
    """A transform that keeps nothing: `(grads, point) -> updates`."""
    checks.function("The function of stateless", function)

    def update(state: Empty, grads: Leaves, point: Point) -> tuple[Empty, Leaves]:
        return state, function(grads, point)

    return Transform(no_state, update)


@maker
def unchanged() -> Transform[Empty]:
    """The transform that changes nothing: the neutral element of `>>`."""
    return stateless(lambda grads, point: grads)


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


def are_alike(some: Sequence[Array], others: Sequence[Array]) -> bool:
    """Whether leaves have the same shapes and dtypes as others."""
    try:
        for x, y in zip(some, others, strict=True):
            if x.shape != y.shape or x.dtype != y.dtype:
                return False
    except (AttributeError, TypeError, ValueError):  # a transform of one's own may give anything
        return False
    return True


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
            raise TreeError(_mistake(transform, updates, point))
        return after, scale_and_add(updates, -schedule(point.step), point.params), frozen

    return Optimizer(transform.init, move)


def _mistake(transform: object, updates: object, point: Point) -> str:
    """What is wrong with the updates that a transform, the last of a chain, gives."""
    culprit = transform.parts[-1] if isinstance(transform, _Chain) else transform
    found = updates if isinstance(updates, tuple | list) else ()
    expected, got = f"{len(point.params)} leaves", f"{len(found)}"
    for path, param, leaf in zip(point.paths, point.params, found, strict=False):
        if len(found) == len(point.params) and not are_alike((leaf,), (param,)):
            expected = f"{checks.described(param)} for leaf {path}"
            got = checks.described(leaf)
            break
    return f"{culprit!r}: expected {expected}, got {got}."


def require_optimizer(name: str, value: object) -> None:
    """Check that an argument is an optimizer."""
    advice = "Make one with descend(transform, rate)."
    checks.instance(f"The optimizer of {name}", value, Optimizer, advice)
