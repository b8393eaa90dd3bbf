"""The state of training, and whether a loop alone has it, so that its memory can be used again."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from sys import getrefcount
from typing import Generic
from weakref import getweakrefcount

import attrs
import numpy as np

from purenn.arrays import K, Leaves, P, Packed, Recycled, S, T
from purenn.kernels.memory import counts_tell
from purenn.keys import Key
from purenn.tree import Empty, Frozen, Node, Structure, children, field_names

_NEVER_WRITTEN = (bool, int, float, str, Key, Empty, Frozen)


@attrs.frozen(eq=False)
class State(Node, Generic[P, S]):
    """The state of training: parameters, the optimizer's own state, and the number of updates."""

    params: P
    slots: S
    step: int


@attrs.frozen(eq=False)
class Parts:
    """Parameters, taken apart: leaves that move, those of frozen parts, and the tree's structure.

    The mask says for each leaf whether it is frozen; it is empty if none is.
    """

    moving: Leaves
    frozen: Leaves
    structure: Structure
    mask: tuple[bool, ...]


def outermost(slots: object, kinds: tuple[type[K], ...]) -> list[K]:
    """The outermost states of these classes, wherever wrappers, which may be one's own, have them.

    What else a state of one's own has need be no tree.
    """
    if isinstance(slots, kinds):
        return [slots]
    inner: tuple[object, ...] = ()
    kind: type = type(slots)
    if attrs.has(kind):
        inner = tuple([getattr(slots, field.name) for field in attrs.fields(kind)])
    elif isinstance(slots, tuple) and not isinstance(slots, Packed):
        inner = slots
    return [found for one in inner for found in outermost(one, kinds)]


class Owner(Generic[T]):
    """What has the state of a loop.

    Of a state that an update has just made, others see the parameters alone: layers do. If these
    keep some of them, there are more references than there were.
    """

    __slots__ = ("_parts", "_references", "_things", "state")

    def __init__(self, state: T) -> None:
        self.put(state)

    def put(self, state: T) -> None:
        """Take a state that others may have seen."""
        self.state = state
        self._parts: Parts | None = None
        self._things: list[object] = []
        self._references: list[int] = []

    def look(self) -> T:
        """The state, which others see from now on."""
        self.put(self.state)
        return self.state

    def put_new(self, state: T, parts: Parts) -> None:
        """Take a state that an update has just made, with the parts of its parameters."""
        before, self.state, self._parts = self._parts, state, parts
        if isinstance(state, State) and not (self._things and self._things[0] is state.params):
            self._things = _within(state.params)
            if any(map(_has_room, map(type, self._things))):
                self._parts = None  # what they keep would be that of other numbers
            # Beside frozen parts leaves come into another tree, and the last may still have them.
            if before is None or parts.moving is not before.moving:
                self._references = references(self._things)

    def unseen(self) -> Parts | None:
        """The parts of the parameters if nobody else has anything of the state."""
        is_alone = counts_tell() and references(self._things) == self._references
        return self._parts if is_alone else None


def _within(params: object) -> list[object]:
    """The nodes of parameters but frozen parts, with the arrays and the memory that they are in."""
    things: list[object] = [params]
    for thing in things:
        if isinstance(thing, np.ndarray):
            if thing.base is not None and not isinstance(thing, Recycled):
                things.append(thing.base)
        else:
            inner = thing if isinstance(thing, tuple) else children(thing)
            things.extend([one for one in inner if not isinstance(one, _NEVER_WRITTEN)])
    return things


@lru_cache(maxsize=256)
def _has_room(kind: type) -> bool:
    """Whether nodes of a class can keep more than their fields, such as a cached property."""
    if not attrs.has(kind):
        return issubclass(kind, tuple) and bool(kind.__dictoffset__)
    names = {"__weakref__", *field_names(kind)}
    slots: list[tuple[str, ...]] = [getattr(base, "__slots__", ()) for base in kind.__mro__]
    return bool(kind.__dictoffset__) or not all(map(names.issuperset, slots))


def references(things: list[object] | Leaves) -> list[int]:
    """How many references there are to each thing, strong ones and then weak ones, at one instant.

    Between two calls another thread, or a signal handler, may make a weak one a strong one.
    """
    return [*chain(map(getrefcount, things), map(getweakrefcount, things))]
