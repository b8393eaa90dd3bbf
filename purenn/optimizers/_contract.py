"""A transform shapes a gradient, an optimizer moves the parameters; `>>` chains transforms.

Transforms, and the `move` of an optimizer, work on leaves rather than trees. Parts of the
parameters that are `Frozen` are kept apart: their next values are taken from the gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Generic, Never, TypeVarTuple, overload

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import Float, Leaves, Packed, R, S, are_alike, view
from purenn.errors import OptionError, TreeError
from purenn.expressions import Chained, Expressed, expressed, maker
from purenn.kernels.blocks import Rule, Updates, fresh
from purenn.tree import EMPTY, Empty, Structure, leaf_names

Ss = TypeVarTuple("Ss")


@attrs.frozen(eq=False)
class Point:
    """Where an update happens: all that a transform may look at besides gradients.

    Args:
        params: the leaves that are moved, named by `paths`.
        structure: of the tree that they are taken from.
        step: how many updates there have been.
        loss: of the batch; NaN if none of its samples counts, and None if `update` was given none.
        frozen: the arrays of the frozen parts.
        is_owned: whether nothing else holds the state and the parameters: they may be overwritten.
    """

    params: Leaves
    structure: Structure
    step: int
    loss: float | None
    frozen: Leaves
    is_owned: bool = False

    @property
    def paths(self) -> tuple[str, ...]:
        """The names of the leaves: `0.weight`."""
        names = tuple([path for path, is_frozen in leaf_names(self.structure) if not is_frozen])
        if len(names) != len(self.params):
            raise TreeError(
                f"expected the {len(names)} leaves of the point's structure, got "
                f"{len(self.params)}. Within a transform for some of the leaves, nothing can look "
                "at their paths: chain it outside."
            )
        return names

    def name(self, index: int) -> str:
        """The path of a leaf for a message, or its number where paths cannot be told."""
        with suppress(TreeError):
            return self.paths[index] or "tree"
        return f"{index}"

    def target(self, leaves: Leaves) -> Leaves:
        """Where the next values of leaves of the state are written to."""
        if self.is_owned and isinstance(leaves, Packed):
            return leaves
        if not are_alike(leaves, self.params):
            raise TreeError("expected leaves like the parameters'.")
        return fresh(leaves)

    def lent(self) -> Point:
        """The point for code that may keep what it sees."""
        if not self.is_owned:
            return self
        return attrs.evolve(self, params=tuple(map(view, self.params)), is_owned=False)


Init = Callable[[Point], S]
Update = Callable[[S, Leaves, Point], tuple[S, Leaves]]
Flow = Callable[[S, Updates, Point], tuple[S, Updates]]


@attrs.frozen(repr=False, eq=False, getstate_setstate=False)
class Transform(Expressed, Generic[S]):
    """Gradients in, updates out, leaf by leaf like the parameters. `S` is its state, a tree.

    A chain applies from left to right: `clip_by_value(1.0) >> momentum(0.9)` clips first.

    Args:
        init: `point -> state`, before the first step.
        update: `(state, grads, point) -> (state, updates)`.
    """

    _init: Init[S] = attrs.field(validator=checks.called, alias="init")
    update: Update[S] = attrs.field(validator=checks.called)
    # What `update` is made of, which `attrs.evolve` drops.
    _flow: Flow[S] | None = attrs.field(default=None, init=False)

    __array_ufunc__ = None  # an array on the left of >> leaves the operation to __rrshift__

    def init(self, point: Point) -> S:
        """The state before the first step."""
        checks.instance("The point of init", point, Point)
        return self._init(point)

    def flow(self, state: S, updates: Updates, point: Point) -> tuple[S, Updates]:
        """`update` for updates that are on their way, to which it may add rules."""
        if self._flow is not None:
            return self._flow(state, updates, point)
        pair = self.update(state, updates.result(), point.lent())
        if not checks.is_pair(pair):
            raise TreeError(f"{self!r}: expected (state, updates), got {checks.described(pair)}.")
        return pair[0], Updates(require_updates(self, pair[1], point))

    @overload
    def __rshift__(
        self: Transform[tuple[*Ss]], other: Transform[R]
    ) -> Transform[tuple[*Ss, R]]: ...
    @overload
    def __rshift__(self, other: Transform[R]) -> Transform[tuple[S, R]]: ...
    def __rshift__(self, other: Transform[R]) -> object:
        checks.instance("The transform of >>", other, Transform)
        return chain(*self.parts, other)

    def __rrshift__(self, other: Never) -> None:
        checks.instance("The transform of >>", other, Transform)


def flowing(init: Init[S], flow: Flow[S]) -> Transform[S]:
    """The transform of a function `(state, updates, point) -> (state, updates)`."""

    def update(state: S, grads: Leaves, point: Point) -> tuple[S, Leaves]:
        after, updates = flow(state, Updates(grads), point)
        return after, updates.result()

    made = Transform(init, update)
    object.__setattr__(made, "_flow", flow)
    return made


def chain(*transforms: object) -> Transform[tuple[object, ...]]:
    """The transforms joined by `>>`; expressions of chains call this."""
    parts: list[Transform[object]] = [one for one in transforms if isinstance(one, Transform)]

    def init(point: Point) -> tuple[object, ...]:
        state = tuple([part.init(point) for part in parts])
        for part, own in zip(parts, state, strict=True):
            if isinstance(own, tuple) and part.parts == (part,):
                problem = "is a bare tuple, which means a chain. Make it a frozen attrs class"
                raise OptionError(f"The state of {part!r} {problem}.")
        return state

    def flow(
        state: tuple[object, ...], updates: Updates, point: Point
    ) -> tuple[tuple[object, ...], Updates]:
        after: list[object] = []
        for part, own in zip(parts, state, strict=True):
            new, updates = part.flow(own, updates, point)
            after.append(new)
        return tuple(after), updates

    return expressed(flowing(init, flow), Chained(chain, transforms))


def rewritten(old: Leaves, rule: Rule, given: Leaves, point: Point) -> Leaves:
    """What a rule writes in place of old leaves, given others."""
    new = point.target(old)
    Updates(given).then(rule, old=(old,), new=(new,)).run()
    return new


def no_state(point: Point) -> Empty:
    """The `init` of a transform that keeps nothing."""
    return EMPTY


def stateless(function: Callable[[Leaves, Point], Leaves]) -> Transform[Empty]:
    """A transform without a state, from a function `(grads, point) -> updates`."""
    checks.function("The function of stateless", function)

    def update(state: Empty, grads: Leaves, point: Point) -> tuple[Empty, Leaves]:
        return state, function(grads, point)

    return Transform(no_state, update)


@maker
def unchanged() -> Transform[Empty]:
    """The transform that changes nothing: the neutral element of `>>`."""
    return flowing(no_state, lambda state, updates, point: (state, updates))


def require_updates(owner: object, updates: object, point: Point) -> Leaves:
    """Check that what a transform or an optimizer gives is leaf by leaf like the parameters."""
    if are_alike(updates, point.params):
        return updates
    if not isinstance(updates, tuple | list):
        raise TreeError(f"{owner!r}: expected a tuple of leaves, got {checks.described(updates)}.")
    # What NumPy computes of an array without axes is a scalar.
    found = tuple([np.asarray(leaf) if isinstance(leaf, Float) else leaf for leaf in updates])
    if are_alike(found, point.params):
        return found
    expected, got = f"{len(point.params)} leaves", f"{len(found)}"
    if len(found) == len(point.params):
        pairs = enumerate(zip(point.params, found, strict=True))
        index = next(i for i, (param, leaf) in pairs if not are_alike((leaf,), (param,)))
        expected = f"{checks.described(point.params[index])} for leaf {point.name(index)}"
        got = checks.described(found[index])
    raise TreeError(f"{owner!r}: expected {expected}, got {got}.")
