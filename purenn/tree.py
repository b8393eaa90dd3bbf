"""Trees of parameters: arrays in frozen attrs classes and tuples, nested as deep as one likes.

A tree is taken apart into its leaves and a structure, and built again from them. Leaves come in
the order in which they are written, and are named by their path, such as `0.weight`.

>>> import numpy as np
>>> tree = (np.zeros((2, 3)), (np.ones(3),))
>>> paths(tree)
('0', '1.0')
>>> [leaf.shape for leaf in leaves(map_leaves(np.negative, tree))]
[(2, 3), (3,)]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from operator import attrgetter
from typing import TypeVar

import attrs
import numpy as np

from purenn.arrays import FLOATS, Array, FloatDtype, Leaves, seal
from purenn.errors import OptionError, TreeError

T = TypeVar("T")
L = TypeVar("L")

# One entry for each node in writing order: its class and how many children it has, or None for a
# leaf. Two trees can be matched leaf by leaf exactly if their structures are equal.
Structure = tuple[tuple[type, int] | None, ...]


# How the path of a tree that is nothing but a leaf reads in messages.
WHOLE = "the tree itself"


def _nothing(node: object) -> tuple[object, ...]:
    return ()


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    """The fields of a class of nodes. Looked up once for each class.

    Raises:
        TreeError: the class is no frozen attrs class that is built from its fields in order.
    """
    if not attrs.has(kind):
        raise TreeError(
            f"A {kind.__name__} is no tree: trees are made of arrays, tuples and frozen attrs "
            "classes. Decorate the class with @attrs.frozen(eq=False)."
        )
    if not attrs.inspect(kind).is_frozen:
        raise TreeError(
            f"{kind.__name__} can be changed. Decorate it with @attrs.frozen(eq=False)."
        )
    fields = attrs.fields(kind)
    for field in fields:
        if not field.init or field.kw_only:
            raise TreeError(
                f"{kind.__name__}.{field.name} is not set by position in its constructor, so the "
                "tree could not be built again. Make it a plain field."
            )
    return tuple(field.name for field in fields)


@cache
def _children_backwards(kind: type) -> Callable[[object], tuple[object, ...]]:
    """The function from a node of that class to its children, the last one first."""
    names = _field_names(kind)
    if not names:
        return _nothing
    get = attrgetter(*reversed(names))
    if len(names) == 1:
        return lambda node: (get(node),)
    return get


def flatten(tree: object, leaf: type[L] | tuple[type[L], ...]) -> tuple[list[L], Structure]:
    """The leaves, which are the nodes of type `leaf`, and the structure of the rest."""
    found: list[L] = []
    structure: list[tuple[type, int] | None] = []
    rest = [tree]
    while rest:
        node = rest.pop()
        if isinstance(node, leaf):
            found.append(node)
            structure.append(None)
            continue
        kind: type = type(node)
        children = node[::-1] if isinstance(node, tuple) else _children_backwards(kind)(node)
        structure.append((kind, len(children)))
        rest.extend(children)
    return found, tuple(structure)


def unflatten(structure: Structure, new: Iterable[object]) -> object:
    """The tree with that structure and these leaves: the inverse of `flatten`."""
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


def leaves(tree: object) -> Leaves:
    """The arrays of a tree, in writing order.

    Raises:
        TreeError: some node is neither an array, a tuple nor a frozen attrs class.
    """
    return tuple(flatten(tree, np.ndarray)[0])


def rebuild(like: T, new: Leaves) -> T:
    """The tree `like` with new leaves.

    Raises:
        TreeError: there are more or fewer leaves than `like` has.
    """
    found, structure = flatten(like, np.ndarray)
    if len(found) != len(new):
        raise TreeError(f"The tree has {len(found)} leaves and {len(new)} new ones came.")
    return build(like, structure, new)


def build(like: T, structure: Structure, new: Leaves) -> T:
    """The tree with that structure, which is of the type of `like`, and these leaves."""
    tree = unflatten(structure, new)
    if not isinstance(tree, type(like)):
        raise TreeError(f"The tree turned from a {type(like).__name__} into {type(tree).__name__}.")
    return tree


def matching_leaves(
    expected: object, actual: object, what: str
) -> tuple[Leaves, Leaves, Structure]:
    """The leaves of two trees that are equal in structure, shapes and dtypes, and the structure.

    Raises:
        TreeError: they differ; the message lists every leaf that does.
    """
    (want, structure), (have, other) = flatten(expected, np.ndarray), flatten(actual, np.ndarray)
    if structure != other:
        require_same(expected, actual, what)
    for left, right in zip(want, have, strict=True):
        if left.shape != right.shape or left.dtype != right.dtype:
            require_same(expected, actual, what)
    return tuple(want), tuple(have), structure


def map_leaves(function: Callable[[Array], Array], tree: T) -> T:
    """The tree with `function` applied to every leaf."""
    return rebuild(tree, tuple(map(function, leaves(tree))))


def to_dtype(tree: T, dtype: FloatDtype) -> T:
    """The tree with every leaf in that dtype: `to_dtype(params, np.dtype(np.float64))`.

    Raises:
        OptionError: the dtype is neither float32 nor float64.
    """
    if dtype not in FLOATS:
        raise OptionError(f"Parameters are float32 or float64, and the dtype {dtype} came.")
    return map_leaves(lambda leaf: seal(leaf.astype(dtype)), tree)


def walk(tree: object, leaf: type | tuple[type, ...] = np.ndarray) -> Iterator[tuple[str, object]]:
    """The leaves with their paths, in writing order."""
    rest: list[tuple[str, object]] = [("", tree)]
    while rest:
        path, node = rest.pop()
        if isinstance(node, leaf):
            yield path, node
            continue
        for name, child in reversed(_named_children(node)):
            rest.append((f"{path}.{name}" if path else name, child))


def _named_children(node: object) -> list[tuple[str, object]]:
    if isinstance(node, tuple):
        return [(str(index), child) for index, child in enumerate(node)]
    kind: type = type(node)
    return list(zip(_field_names(kind), _children_backwards(kind)(node)[::-1], strict=True))


def paths(tree: object) -> tuple[str, ...]:
    """The names of the leaves, in writing order: `0.weight`, `0.bias`, `2.weight`."""
    return tuple(path for path, _ in walk(tree))


def _describe(leaf: object) -> str:
    return f"{leaf.dtype} {leaf.shape}" if isinstance(leaf, np.ndarray) else repr(leaf)


def differences(expected: object, actual: object) -> tuple[str, ...]:
    """One sentence for every leaf in which two trees differ by path, shape or dtype."""
    want = {path or WHOLE: _describe(leaf) for path, leaf in walk(expected)}
    have = {path or WHOLE: _describe(leaf) for path, leaf in walk(actual)}
    return mismatches(want, have)


def mismatches(want: dict[str, str], have: dict[str, str]) -> tuple[str, ...]:
    """One sentence for every path that is missing, too much, or described otherwise."""
    missing = [f"{path}: {want[path]} is missing" for path in want if path not in have]
    extra = [f"{path}: {have[path]} is too much" for path in have if path not in want]
    changed = [
        f"{path}: expected {want[path]}, got {have[path]}"
        for path in want
        if path in have and want[path] != have[path]
    ]
    return (*missing, *extra, *changed)


def require_same(expected: object, actual: object, what: str) -> None:
    """Check that two trees have the same structure, shapes and dtypes.

    Raises:
        TreeError: they differ; the message lists every leaf that does.
    """
    found = differences(expected, actual)
    if found:
        raise TreeError(f"{what} do not match:\n  " + "\n  ".join(found))
    if flatten(expected, np.ndarray)[1] != flatten(actual, np.ndarray)[1]:
        raise TreeError(f"{what} do not match: the same leaves lie in nodes of other classes.")
