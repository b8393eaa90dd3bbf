"""Optimizers made of optimizers: lookahead, accumulation, and skipping what is not finite."""

from __future__ import annotations

from math import nan
from typing import Generic

import attrs
import numpy as np

from purenn.arrays import Array, Leaves, S
from purenn.checks import Count, Share
from purenn.errors import DivergenceError, OptionError
from purenn.expressions import maker
from purenn.kernels.reductions import is_finite
from purenn.kernels.updates import scale_and_add, zeros_like
from purenn.optimizers._contract import Point, rewritten
from purenn.optimizers._optimizer import Moved, Optimizer
from purenn.optimizers._state import outermost
from purenn.optimizers.averaging import blended
from purenn.optimizers.schedule_free import Iterate
from purenn.tree import LEAF_TYPES, Node, decompose


@attrs.frozen(eq=False)
class Lookahead(Node, Generic[S]):
    """The state of the inner optimizer, and the slow leaves of the parameters."""

    inner: S
    slow: Leaves


@maker
def lookahead(inner: Optimizer[S], every: Count = 5, share: Share = 0.5) -> Optimizer[Lookahead[S]]:
    """Every `every` steps, go back to `slow <- slow + share * (params - slow)`.

    Zhang, Lucas, Hinton and Ba, "Lookahead Optimizer: k Steps Forward, 1 Step Back" (2019). The
    inner optimizer's state is not reset. The share is above 0 and at most 1.

    Raises:
        OptionError: in init, the inner optimizer is schedule-free: where it goes follows from its
            own iterate and average, and not from the parameters.
    """

    def start(point: Point) -> Lookahead[S]:
        own = inner.start(point)
        if outermost(own, (Iterate,)):
            cure = "Leave lookahead out: it averages already."
            raise OptionError(f"lookahead: {inner!r} cannot go back to other parameters. {cure}")
        return Lookahead(own, point.params)

    def move(
        state: Lookahead[S], grads: Leaves, frozen: Leaves, point: Point
    ) -> Moved[Lookahead[S]]:
        own, params, held = inner.move(state.inner, grads, frozen, point)
        if (point.step + 1) % every:
            return Lookahead(own, state.slow), params, held
        slow = blended(state.slow, 1.0 - share, params, point, point.step // every)
        return Lookahead(own, slow), slow, held

    return Optimizer(start, move)


@attrs.frozen(eq=False)
class Accumulated(Node, Generic[S]):
    """The state of the inner optimizer, and what has come since its last update.

    These are the sum of the gradients, each divided by the count, and the sum of the losses.
    """

    inner: S
    total: Leaves
    loss: float = 0.0
    gathered: int = 0  # how many gradients have come
    updates: int = -1  # of the inner optimizer so far; -1 before the first: the step tells
    count: int = 0  # of the gradients that are gathered for an update; 0 if none is, or untold


@maker
def accumulated(inner: Optimizer[S], count: Count) -> Optimizer[Accumulated[S]]:
    """Accumulate gradients: one update of the inner optimizer every `count` steps, with their mean.

    It equals training on batches `count` times as large if the loss is a mean, equally many samples
    count in each batch, and no layer mixes samples, as `batch_norm` does. The inner optimizer gets
    the mean of the losses. Schedules count the updates. After an update, another count may continue
    from the state. Frozen parts move with each batch, but not to values that are not finite if the
    inner optimizer skips these.

    Raises:
        OptionError: in update, gradients have been gathered for another count.
    """

    def share(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        return scale_and_add(x, 1.0 / count, old[0], out, new[0])

    def move(
        state: Accumulated[S], grads: Leaves, frozen: Leaves, point: Point
    ) -> Moved[Accumulated[S]]:
        if state.count not in (0, count):
            problem = f"the state has gathered {state.gathered} of {state.count} gradients."
            raise OptionError(f"accumulated(..., {count}): {problem} Go on with {state.count}.")
        total = rewritten(state.total, share, grads, point)
        loss = state.loss + (nan if point.loss is None else point.loss)
        if state.gathered + 1 < count:
            if frozen and outermost(state.inner, (Skipping,)) and not all(map(is_finite, frozen)):
                frozen = point.frozen  # or no update to come would be finite
            kept = Accumulated(state.inner, total, loss, state.gathered + 1, state.updates, count)
            return kept, point.params, frozen
        told = None if point.loss is None else loss / count
        number = point.step // count if state.updates < 0 else state.updates
        here = attrs.evolve(point, step=number, loss=told)
        own, params, held = inner.move(state.inner, total, frozen, here)
        return Accumulated(own, zeros_like(total), updates=number + 1), params, held

    return Optimizer(lambda point: Accumulated(inner.start(point), zeros_like(point.params)), move)


@attrs.frozen(eq=False)
class Skipping(Node, Generic[S]):
    """How many updates were skipped, in all and in a row up to now, and the inner state."""

    total: int
    in_a_row: int
    inner: S


@maker
def skip_nonfinite(inner: Optimizer[S], limit: Count) -> Optimizer[Skipping[S]]:
    """Skip every step whose gradient, update, frozen parts or inner state are not finite.

    At such a step the parameters, their frozen parts and the whole state of the inner optimizer
    stay as they are. After `limit` such steps in a row, one more raises DivergenceError.
    """

    def move(state: Skipping[S], grads: Leaves, frozen: Leaves, point: Point) -> Moved[Skipping[S]]:
        here = attrs.evolve(point, step=point.step - state.total)  # skipped steps never were
        if all(map(is_finite, (*grads, *frozen))):
            with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is seen below
                own, params, held = inner.move(state.inner, grads, frozen, here)
            found, _ = decompose(own, LEAF_TYPES)  # a square overflows where its update does not
            arrays = [leaf for leaf in found if isinstance(leaf, np.ndarray)]
            if all(map(is_finite, (*params, *arrays))):
                return Skipping(state.total, 0, own), params, held
        if state.in_a_row >= limit:
            raise DivergenceError(_surrender(limit, state.in_a_row, grads, point))
        skipped = Skipping(state.total + 1, state.in_a_row + 1, state.inner)
        return skipped, point.params, point.frozen

    return Optimizer(lambda point: Skipping(0, 0, inner.start(point)), move)


def was_skipped(slots: object) -> bool:
    """Whether `skip_nonfinite` skipped the last step, or will skip the update it is part of."""
    guards: list[Skipping[object] | Accumulated[object]] = outermost(slots, (Skipping, Accumulated))
    return any(map(_is_skipping, guards))


def _is_skipping(guard: Skipping[object] | Accumulated[object]) -> bool:
    if isinstance(guard, Skipping):
        return guard.in_a_row > 0 or was_skipped(guard.inner)
    return bool(doomed(guard)) if guard.gathered else was_skipped(guard.inner)


def doomed(slots: object) -> Leaves:
    """The gradients that were gathered for an update that `skip_nonfinite` will skip."""
    found: Leaves = ()
    for one in outermost(slots, (Accumulated,)):
        is_guarded = one.gathered and outermost(one.inner, (Skipping,))
        is_doomed = is_guarded and not all(map(is_finite, one.total))
        found += doomed(one.inner) + (one.total if is_doomed else ())
    return found


def _surrender(limit: int, count: int, grads: Leaves, point: Point) -> str:
    bad = [index for index, leaf in enumerate(grads) if not is_finite(leaf)]
    where = f"first in {point.name(bad[0])}" if bad else "though its gradient is"
    return (
        f"skip_nonfinite({limit}) skipped {count} update{'s' * (count > 1)} in a row, and the next "
        f"is not finite either, {where}."
    )
