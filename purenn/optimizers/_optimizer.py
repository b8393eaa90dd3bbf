"""The optimizer, which applies the rate and its sign, and moves the parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

import attrs
import numpy as np

from purenn import checks, tree
from purenn.array_checks import require_array
from purenn.arrays import FLOATS, Array, Leaves, P, Packed, S, are_alike, laid_out
from purenn.errors import TreeError
from purenn.expressions import Expressed, maker
from purenn.kernels.blocks import Updates, fresh
from purenn.kernels.updates import scale_and_add
from purenn.matching import require_same
from purenn.optimizers._contract import Init, Point, Transform, require_updates
from purenn.optimizers._state import Owner, Parts, State, references
from purenn.optimizers.elementwise import fitting
from purenn.schedules import Schedule, as_schedule

# The new state, the new leaves, and the new arrays of the frozen parts.
Moved = tuple[S, Leaves, Leaves]


@attrs.frozen(repr=False, eq=False, getstate_setstate=False)
class Optimizer(Expressed, Generic[S]):
    """An optimizer: it moves parameters. `S` is its state, a tree.

    `move` returns the new state, the new leaves, and the new arrays of the frozen parts, whose next
    values come as `frozen`. `writes_over` promises that it returns no part of the old state and
    keeps nothing that it sees or returns, so that a loop may let it overwrite them (see
    `point.is_owned`).
    """

    start: Init[S] = attrs.field(validator=checks.called)
    # Of state, gradients, frozen and point.
    move: Callable[[S, Leaves, Leaves, Point], Moved[S]] = attrs.field(validator=checks.called)
    writes_over: bool = attrs.field(default=False, kw_only=True, validator=checks.of(bool))

    def init(self, params: P) -> State[P, S]:
        """The state before the first step, for a tree of float32 or float64."""
        _require_parameters(params)
        owned = tree.map_leaves(laid_out, params)
        parts = _taken_apart(owned)
        point = Point(parts.moving, parts.structure, 0, None, parts.frozen)
        return State(owned, self.start(point), 0)

    @np.errstate(under="ignore")
    def update(
        self, state: State[P, S], grads: P, loss: float | None = None
    ) -> tuple[State[P, S], P]:
        """The state and the parameters after one step along `grads`, a tree like the parameters.

        For frozen parts, `grads` holds their next values. The loss of the batch is for transforms
        that look at it, such as `plateau`.
        """
        checks.instance("The state of update", state, State)
        told = loss if loss is None else checks.real("The loss of update", loss)
        after, _ = self._step(state, _taken_apart(state.params), grads, told, is_owned=False)
        return after, after.params

    def advance(self, owner: Owner[State[P, S]], grads: P, loss: float) -> None:
        """`update` of a loop's own state, which may be written over where nobody can tell."""
        state, unseen = owner.state, owner.unseen() if self.writes_over else None
        parts = unseen or _taken_apart(state.params)
        after, parts = self._step(state, parts, grads, loss, is_owned=unseen is not None)
        owner.put_new(after, parts)

    def _step(
        self, state: State[P, S], parts: Parts, grads: P, loss: float | None, *, is_owned: bool
    ) -> tuple[State[P, S], Parts]:
        found, structure = tree.decompose(grads, np.ndarray)
        slopes, values = _parted(found, parts.mask)
        if structure != parts.structure or not (
            are_alike(slopes, parts.moving) and are_alike(values, parts.frozen)
        ):
            require_same(state.params, grads, "The gradients and the parameters")
        point = Point(parts.moving, structure, state.step, loss, parts.frozen, is_owned)
        try:
            made = self.move(state.slots, slopes, values, point)
            given: object = made
            if not isinstance(given, tuple) or len(given) != 3:  # such as the pair of a transform
                expected = "expected (state, leaves, frozen)"
                raise TreeError(f"{self!r}: {expected}, got {checks.described(given)}.")
            slots, moved, frozen = made
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            _require_fresh(self, state.slots, self.start(point), error)
            raise
        is_packed = isinstance(moved, Packed) and len(moved) == len(parts.moving)
        if not (moved is parts.moving or is_packed):  # by an optimizer of one's own
            moved = tuple(map(laid_out, require_updates(self, moved, point)))
        if not (frozen is values or frozen is parts.frozen):
            if not are_alike(frozen, values):
                expected = f"{len(values)} arrays of frozen parts, like those that it takes"
                raise TreeError(f"{self!r}: expected {expected}, got {checks.described(frozen)}.")
            frozen = tuple(map(laid_out, frozen))
        params, new = state.params, Parts(moved, frozen, structure, parts.mask)
        if moved is not parts.moving or parts.mask:
            params = tree.compose_like(params, structure, _joined(new))
        return State(params, slots, state.step + 1), new


def _taken_apart(params: object) -> Parts:
    found, structure = tree.decompose(params, np.ndarray)
    mask = tree.frozen_leaves(structure)
    return Parts(*_parted(found, mask), structure, mask)


def _parted(found: list[Array], mask: tuple[bool, ...]) -> tuple[Leaves, Leaves]:
    """The leaves that move, and those that are frozen."""
    if not mask:
        return tuple(found), ()
    pairs = list(zip(found, mask, strict=True))
    moving = tuple([leaf for leaf, is_frozen in pairs if not is_frozen])
    return moving, tuple([laid_out(leaf) for leaf, is_frozen in pairs if is_frozen])


def _joined(parts: Parts) -> Leaves:
    """The leaves in their order: the inverse of `_parted`."""
    if not parts.mask:
        return parts.moving
    moving, frozen = iter(parts.moving), iter(parts.frozen)
    return tuple([next(frozen) if is_frozen else next(moving) for is_frozen in parts.mask])


def _require_fresh(owner: object, state: object, fresh: object, error: Exception) -> None:
    """Check that a state that led to an error has the structure and leaves of a fresh one."""
    try:
        require_same(fresh, state, "The states")
    except TreeError:
        told = f"The state is not that of {owner!r}. Start from init of this optimizer."
        raise TreeError(told) from error


def _require_parameters(params: object) -> None:
    if isinstance(params, State):
        raise TreeError("expected parameters, got the State of an optimizer: take state.params.")
    require_floats(params)
    if not tree.moving_leaves(params):
        raise TreeError("These parameters have nothing to optimize: no leaves, or all are frozen.")


def require_floats(params: object) -> None:
    """Check that parameters are a tree of floats."""
    for path, leaf in tree.walk(params, tree.LEAF_TYPES):
        dtype = require_array(path or "The parameters", leaf).dtype
        if dtype not in FLOATS:
            raise TreeError(f"{path or 'tree'}: expected float32 or float64, got {dtype}.")


@maker
def descend(transform: Transform[S], rate: float | Schedule) -> Optimizer[S]:
    """Gradient descent: `params <- params - rate * updates`.

    >>> from purenn.optimizers import clip_by_global_norm, momentum
    >>> descend(clip_by_global_norm(1.0) >> momentum(0.9), 0.1)
    descend(clip_by_global_norm(1.0) >> momentum(0.9), 0.1)

    The rate is a number ≥ 0, or a schedule of the step.
    """
    schedule = as_schedule(rate)
    if not callable(rate):
        transform = fitting(transform, {"The rate": rate})

    def move(state: S, grads: Leaves, frozen: Leaves, point: Point) -> Moved[S]:
        factor = -schedule(point.step)

        def rule(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
            return scale_and_add(x, factor, old[0], out, new[0])

        after, updates, moved = flowed(transform, state, grads, point)
        updates.then(rule, old=(point.params,), new=(moved,)).run()
        return after, moved, frozen

    return Optimizer(transform.init, move, writes_over=True)


def flowed(
    transform: Transform[S], state: S, grads: Leaves, point: Point
) -> tuple[S, Updates, Leaves]:
    """What a transform makes of gradients, and where the next parameters are written to."""
    params = point.params
    things: list[object] = [*params, *[leaf.base for leaf in params]]  # and their memory
    before = references(things) if point.is_owned else None
    after, updates = transform.flow(state, Updates(grads), point)
    is_alone = before is not None and references(things) == before
    return after, updates, point.target(params) if is_alone else fresh(params)
