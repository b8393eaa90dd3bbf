"""Trees of parameters: arrays in frozen attrs classes and tuples, nested to any depth.

A tree is taken apart into its leaves and a structure, and built again from them. Leaves come in
the order in which they are written, and are named by their paths, such as `0.weight`.

>>> import numpy as np
>>> tree = (np.zeros((2, 3)), (np.ones(3),))
>>> paths(tree)
('0', '1.0')
>>> [leaf.shape for leaf in leaves(map_leaves(np.negative, tree))]
[(2, 3), (3,)]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import attrgetter
from typing import Generic, NoReturn, TypeVar

import attrs
import numpy as np

from purenn import checks
from purenn.array_checks import real
from purenn.arrays import Array, Float, FloatDtype, Leaves, Packed, T, immutable, read_only
from purenn.errors import TreeError
from purenn.keys import Key

L = TypeVar("L")

LEAF_TYPES = (np.ndarray, bool, int, float, str, Key)  # at which the tree of a state ends

# One entry for each node in writing order: its class and number of children, or None for a leaf.
Structure = tuple[tuple[type, int] | None, ...]


class Node:
    """The base class of parameters and states: arrays in copies and pickles are read-only too."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Callable[[type, tuple[object, ...]], object], tuple[object, ...]]:
        kind: type = type(self)
        plain = tuple([tuple(x) if isinstance(x, Packed) else x for x in children(self)])
        return _restored, (kind, plain, " ".join(field_names(kind)))


def _restored(kind: type, values: tuple[object, ...], names: str = "") -> object:
    if names in ("", " ".join(field_names(kind))):
        return kind(*map(_immutable, values))
    return kind(**dict(zip(names.split(), map(_immutable, values), strict=True)))  # they have moved


def _immutable(value: object) -> object:
    if isinstance(value, np.ndarray):
        return immutable(value)
    return tuple.__new__(type(value), map(_immutable, value)) if isinstance(value, tuple) else value


@attrs.frozen
class Empty(Node):
    """The parameters of a layer that has none, and the state of a transform that keeps none."""


EMPTY = Empty()


@attrs.frozen(eq=False)
class Frozen(Node, Generic[T]):
    """A part of the parameters that no optimizer moves.

    Transforms do not see it. In place of a slope, a gradient holds its next value: new running
    statistics, or the same value if it is frozen for good.
    """

    value: T


@lru_cache(maxsize=256)
def field_names(kind: type) -> tuple[str, ...]:
    """The fields of a class of nodes."""
    if not attrs.has(kind) or not attrs.inspect(kind).is_frozen:
        cure = " Decorate a class of parameters with @attrs.frozen(eq=False)."
        if hasattr(kind, "shape") and not attrs.has(kind):  # a scalar or an array, of any library
            cure = " Convert it to a NumPy array, or in a state with x.item()."
        elif issubclass(kind, (type, type(tuple[int]), type(Frozen[int]), type(int | None))):
            cure = " Give a tree, not its type."
        elif kind.__module__ == "builtins":
            made, one = " Make it a tuple or a frozen attrs class.", " Give arrays or state.params."
            none = " Where there is nothing, put Empty()."
            cure = {list: made, dict: made, int: one, float: one, type(None): none}.get(kind, "")
        expected = "expected a tree of arrays, tuples and frozen attrs classes"
        raise TreeError(f"{expected}, got {kind.__name__}.{cure}")
    for name in [field.name for field in attrs.fields(kind) if field.kw_only or not field.init]:
        raise TreeError(f"{kind.__name__}.{name} is not set by position. Make it a plain field.")
    return tuple(field.name for field in attrs.fields(kind))


@lru_cache(maxsize=256)
def _children(kind: type) -> Callable[[object], tuple[object, ...]]:
    """The function from a node of that class to its children."""
    if hasattr(kind, "in_ops"):  # a layer, say: what has an expression
        return _refused
    names = field_names(kind)
    if not names:
        return lambda node: ()
    get = attrgetter(*names)
    return (lambda node: (get(node),)) if len(names) == 1 else get


def _refused(node: object) -> NoReturn:
    cure = "Give what its init makes, such as model.init(key, example)."
    raise TreeError(f"expected a tree of arrays, got {checks.described(node)}. {cure}")


def children(node: object) -> tuple[object, ...]:
    """The fields of a node of a frozen attrs class."""
    kind: type = type(node)
    return _children(kind)(node)


def decompose(tree: object, leaf: type[L] | tuple[type[L], ...]) -> tuple[list[L], Structure]:
    """The leaves, of type `leaf`, and the structure of the rest: equal if trees match by leaf."""
    found: list[L] = []
    structure: list[tuple[type, int] | None] = []
    rest = [tree]
    while rest:
        node = rest.pop()
        kind: type = type(node)
        if isinstance(node, leaf):
            found.append(node)
            structure.append(None)
            continue
        children = node if isinstance(node, tuple) else _children(kind)(node)
        structure.append((tuple if kind is Packed else kind, len(children)))
        rest.extend(children[::-1])
    return found, tuple(structure)


def compose(structure: Structure, new: Iterable[object]) -> object:
    """The tree with that structure and these leaves: the inverse of `decompose`."""
    rest = list(new)
    built: list[object] = []
    for entry in reversed(structure):
        if entry is None:
            built.append(rest.pop())
            continue
        kind, count = entry
        children = built[: -count - 1 : -1]
        del built[len(built) - count :]
        built.append(tuple(children) if kind is tuple else kind(*children))
    return built[0]


def compose_like(like: T, structure: Structure, new: Iterable[object]) -> T:
    """The tree with that structure, which is of the type of `like`, and these leaves."""
    tree = compose(structure, new)
    if not isinstance(tree, type(like)):
        raise TreeError(f"expected a {type(like).__name__}, got {type(tree).__name__}.")
    return tree


def leaves(tree: object) -> Leaves:
    """The arrays of a tree, in writing order, those of frozen parts included."""
    return tuple(decompose(tree, np.ndarray)[0])


def moving_leaves(tree: object) -> Leaves:
    """The arrays of a tree that are not in frozen parts, in writing order."""
    return tuple([x for x in decompose(tree, (np.ndarray, Frozen))[0] if isinstance(x, np.ndarray)])


def rebuild(like: T, new: Leaves) -> T:
    """The tree `like` with new leaves, as many as it has. Writable arrays are copied."""
    found, structure = decompose(like, np.ndarray)
    given: object = new
    if not isinstance(given, tuple | list) or len(found) != len(given):
        raise TreeError(f"expected {len(found)} leaves, got {checks.described(new)}.")
    return compose_like(like, structure, [real("rebuild", x) for x in new])  # or scalars


def map_leaves(function: Callable[[Array], Array], tree: T) -> T:
    """The tree with `function` applied to every leaf; in a gradient, to next frozen values too."""
    checks.function("The function of map_leaves", function)
    return rebuild(tree, tuple([real("map_leaves", function(leaf)) for leaf in leaves(tree)]))


def map_pairs(function: Callable[[Array, Array], Array], first: T, second: T) -> T:
    """`first` with `function` applied to each leaf and its match in `second`; frozen parts stay.

    It is meant for gradients. To average models, map their running statistics as well:
    `rebuild(first, tuple(map(function, leaves(first), leaves(second))))`.
    """
    checks.function("The function of map_pairs", function)
    ours, structure = decompose(first, (np.ndarray, Frozen))
    theirs, other = decompose(second, (np.ndarray, Frozen))
    if structure != other:
        raise TreeError("map_pairs: expected two trees of one structure.")

    def mapped(x: object, y: object) -> object:
        if not (isinstance(x, np.ndarray) and isinstance(y, np.ndarray)):
            return x
        if x.shape != y.shape:
            raise TreeError(f"map_pairs: expected one shape twice, got {x.shape} and {y.shape}.")
        return real("map_pairs", function(x, y))

    return compose_like(first, structure, map(mapped, ours, theirs))


def to_dtype(tree: T, dtype: FloatDtype | type[Float]) -> T:
    """The tree with every leaf in float32 or float64: `to_dtype(params, np.float64)`."""
    kind = checks.float_dtype("to_dtype", dtype)
    return map_leaves(lambda leaf: read_only(real("to_dtype", leaf).astype(kind)), tree)


def walk(tree: object, leaf: type[L] | tuple[type[L], ...]) -> list[tuple[str, L]]:
    """The nodes of type `leaf` with their paths, in writing order."""
    found, structure = decompose(tree, leaf)
    return [(path, node) for (path, _), node in zip(leaf_names(structure), found, strict=True)]


def paths(tree: object) -> tuple[str, ...]:
    """The names of the leaves, in writing order: `0.weight`, `0.bias`, `2.weight`."""
    return tuple(path for path, _ in walk(tree, np.ndarray))


@lru_cache(maxsize=64)
def leaf_names(structure: Structure) -> tuple[tuple[str, bool], ...]:
    """The path of each leaf of trees with that structure, and whether it is in a frozen part."""
    found: list[tuple[str, bool]] = []
    rest = [("", False)]
    for entry in structure:
        path, is_frozen = rest.pop()
        if entry is None:
            found.append((path, is_frozen))
            continue
        kind, count = entry
        names = field_names(kind) if attrs.has(kind) else tuple(map(str, range(count)))
        inner = is_frozen or issubclass(kind, Frozen)
        rest.extend((f"{path}.{name}" if path else name, inner) for name in reversed(names))
    return tuple(found)


@lru_cache(maxsize=64)
def frozen_leaves(structure: Structure) -> tuple[bool, ...]:
    """For each leaf of trees with that structure whether it is frozen; nothing if none is."""
    found = tuple(is_frozen for _, is_frozen in leaf_names(structure))
    return found if any(found) else ()
