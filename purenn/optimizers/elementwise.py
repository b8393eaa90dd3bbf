"""Transforms that work entry by entry: their rule is written once, for arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from math import nan, sqrt
from typing import TypeGuard

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import Array, Leaves, Packed, S, are_alike, view
from purenn.errors import OptionError, TreeError
from purenn.expressions import known
from purenn.kernels.blocks import Rule, Slots, Updates, fresh
from purenn.kernels.portable import scalars
from purenn.kernels.updates import scale, zeros_like
from purenn.optimizers._contract import Point, Transform, flowing
from purenn.tree import children, field_names

StepRule = Callable[[int, Array, Array, Leaves, Leaves], Array]

# A factor below this loses digits in float32, or vanishes.
LEAST = 1e-36


def elementwise(kind: type[S], rule: Callable[[Point], Rule]) -> Transform[S]:
    """A transform that works entry by entry.

    Args:
        kind: the class of the state, a frozen attrs class whose fields are leaves like the
            parameters'. They start at 0.
        rule: the `Rule` of a step, `(x, out, old, new) -> update` on blocks of equal size and
            shape. It reads the gradient `x` and the state's blocks `old`, writes the next state's
            into `new`, each of which may be the same memory as its old one, and returns `x`, one of
            `new`, or `out` after writing into it. It keeps none of them. In the first step `x` and
            `old` are read-only, to expose mistakes. Between small leaves, blocks have padding, with
            ones at first, and a large leaf spans several blocks: a sum over a block is not one over
            a leaf. A rule that keeps the point makes each step allocate new memory for the
            parameters.
    """
    checks.instance("The kind of elementwise", kind, type, "Give the class of the state.")
    checks.function("The rule of elementwise", rule)

    def at(point: Point) -> Rule:
        entry = rule(point.lent())
        return entry if point.step else _checked(entry)

    return _entrywise(kind, at)


def entrywise(kind: type[S], rule: StepRule) -> Transform[S]:
    """`elementwise`, whose rule is known to be right and takes the step before all else."""
    return _entrywise(kind, lambda point: partial(rule, point.step))


def _entrywise(kind: type[S], at: Callable[[Point], Rule]) -> Transform[S]:
    plain: type = kind

    def init(point: Point) -> S:
        return kind(*[zeros_like(point.params)] * len(field_names(plain)))

    def flow(state: S, updates: Updates, point: Point) -> tuple[S, Updates]:
        old = children(state)
        if type(state) is not kind or not _are_slots(old, point):
            raise TreeError(f"expected a {kind.__name__} with leaves like the parameters'.")
        entry = at(point)
        if not old or (point.is_owned and isinstance(old[0], Packed)):
            return state, updates.then(entry, old=old, new=old)
        new = tuple(map(fresh, old))
        return kind(*new), updates.then(entry, old=old, new=new)

    return flowing(init, flow)


def fitting(transform: Transform[S], options: dict[str, float]) -> Transform[S]:
    """The transform that refuses parameters in whose dtype an option vanishes or overflows."""

    def init(point: Point) -> S:
        for dtype in {leaf.dtype for leaf in point.params}:
            for name, value in options.items():
                checks.fits(name, value, dtype)
        return transform.init(point)

    return known(attrs.evolve(transform, init=init), transform)


def _checked(rule: Rule) -> Rule:
    def checked(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        seen, *kept = map(view, (x, *old))
        unwritten = [one for one in new if not any(np.may_share_memory(one, own) for own in old)]
        for one in unwritten:
            one.fill(nan)
        y = rule(seen, out, tuple(kept), new)
        y = x if y is seen else y
        if not are_alike((y,), (x,)):
            problem = f"expected {checks.described(x)}, got {checks.described(y)}"
            cure = "Return x, out after writing into it, or one of new."
            raise OptionError(f"The rule of elementwise: {problem}. {cure}")
        if any(np.isnan(one).all() for one in unwritten) and np.isfinite(x).all():
            problem = "expected it to write to all of new, but one is unwritten, or NaN all over"
            raise OptionError(f"The rule of elementwise: {problem}.")
        return y

    checks.function("The rule of elementwise", rule)
    return checked


def _are_slots(found: tuple[object, ...], point: Point) -> TypeGuard[Slots]:
    return point.is_owned or all(are_alike(slot, point.params) for slot in found)


@lru_cache(maxsize=8)
def total_weight(decay: float, step: int) -> float:
    """The sum of the weights in a decaying mean, by which Adam corrects it: each block asks."""
    return 1.0 - scalars.power(decay, step + 1)


def scaling(factor: float) -> Rule:
    """The rule that multiplies by a factor, or twice by its root if it is below `LEAST`."""
    factors = (sqrt(factor), sqrt(factor)) if 0.0 < factor < LEAST else (factor,)

    def rule(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        for each in factors:
            x = scale(x, each, out)
        return x

    return rule
