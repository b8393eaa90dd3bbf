"""What the checks try: calls again, and other values; and what they ask of the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np

from purenn import checks, tree
from purenn.arrays import FLOATS, AnyArray, Leaves, T, X, Y
from purenn.errors import DtypeError, PurennError
from purenn.expressions import Expressed
from purenn.keys import Key


class ContractError(PurennError, AssertionError):
    """A layer, loss or optimizer that breaks its contract."""


def repeatable(
    call: Callable[[], T], name: str, *arguments: object, other: Callable[[], object] | None = None
) -> T:
    """The result of a call, after it was seen to change no argument and to repeat itself.

    It repeats itself after another call too, which leaves the first result as it was.
    """
    before = bits(arguments)
    result = call()
    seen = bits(result)
    if other is not None:
        with suppress(Exception):  # other inputs, such as times in descending order, may not do
            other()
    kept, again = bits(result), bits(call())
    if bits(arguments) != before:
        raise ContractError(f"{name} changes its arguments.")
    if kept != seen:
        raise ContractError(f"{name} writes over what it gave before. Make new arrays each time.")
    if again != seen:
        cure = "Draw from keys alone, keep nothing between calls, and read no unwritten memory."
        raise ContractError(f"{name} gives another result when called again. {cure}")
    return result


def bits(value: object) -> list[object]:
    """All that there is to see of a value, such as a pair of a loss and its cotangent."""
    if isinstance(value, tuple):
        return [found for part in value for found in bits(part)]
    if callable(value):
        return []
    found, _ = tree.decompose(value, (*tree.LEAF_TYPES, np.generic))
    return [(x.dtype.str, x.tobytes()) if isinstance(x, np.ndarray) else repr(x) for x in found]


def require_pullback(name: str, found: object, expected: str) -> None:
    """Check that something is a pair of a value and a function."""
    if not (checks.is_pair(found) and callable(found[1])):
        raise ContractError(f"{name}: expected {expected}, got {checks.both(found)}.")


def check_expression(value: object) -> None:
    """Check that a value is equal to what its expression builds, where it has one."""
    if isinstance(value, Expressed) and value.expression is not None:
        again = value.expression()
        if (again, hash(again), repr(again)) != (value, hash(value), repr(value)):
            raise ContractError(f"{value!r} is not equal to its copy.")


def turned(value: T) -> T:
    """Other inputs, most often as good: the samples in the opposite order."""
    return _built(value, [leaf[::-1].copy() if leaf.ndim else leaf for leaf in tree.leaves(value)])


def first(leaves: Leaves) -> Leaves:
    """The first sample by itself."""
    return tuple([leaf[:1] if leaf.ndim else leaf for leaf in leaves])


def require_unmixed(apply: Callable[[X], Y], example: X, y: Y, tolerance: float) -> None:
    """Check that a sample gives by itself, if it may, what it gives among the others."""
    inputs, outputs = tree.leaves(example), tree.leaves(y)
    alone = among = first(outputs)
    with suppress(Exception):  # nodes of a graph, say, come together
        alone = tree.leaves(apply(tree.rebuild(example, first(inputs))))
    for x, whole, z in zip(alone, outputs, among, strict=True):
        is_same = x.shape == z.shape and np.allclose(x, z, tolerance, tolerance)
        if whole.shape[:1] == inputs[0].shape[:1] and not is_same:
            raise ContractError("apply gives a sample by itself another output than in a batch.")


def random_like(value: T, key: Key) -> T:
    """The tree with random numbers in place of its floats."""
    rng, old = key.generator(), tree.leaves(value)
    new = [rng.standard_normal(x.shape).astype(x.dtype) if moves(x) else x for x in old]
    return _built(value, new)


def _built(value: T, leaves: Sequence[object]) -> T:
    """The tree with new leaves, which stay writable, to expose functions that write to them."""
    return tree.compose_like(value, tree.decompose(value, np.ndarray)[1], map(np.asarray, leaves))


def without_zeros(params: T, key: Key) -> T:
    """Parameters where leaves that are 0, as gates are at first, hide no slopes of others."""
    nodes, structure = tree.decompose(params, (np.ndarray, tree.Frozen))
    rng = key.generator()
    new = [
        np.asarray(0.1 * rng.standard_normal(node.shape), node.dtype)
        if isinstance(node, np.ndarray) and moves(node) and not node.any()
        else node
        for node in nodes
    ]
    return tree.compose_like(params, structure, new)


def narrow(value: T) -> T:
    """The tree in float32."""
    return tree.map_leaves(lambda leaf: leaf.astype(np.float32) if moves(leaf) else leaf, value)


def moves(leaf: AnyArray) -> bool:
    """Whether there are slopes along a leaf."""
    return leaf.dtype in FLOATS


def require_double(name: str, value: object, cure: str) -> None:
    """Check that nothing is in float32, in which no difference is exact."""
    if any(leaf.dtype == np.float32 for leaf in tree.leaves(value)):
        raise DtypeError(name, f"expected float64, got float32. {cure}")


def require_narrow(what: str, value: object) -> None:
    """Check what was computed in float32; what is frozen may be constants in float64."""
    leaves = tree.moving_leaves(value)
    if any(leaf.dtype == np.float64 for leaf in leaves):
        raise ContractError(f"{what} turns float32 into float64.")
    if not all(np.isfinite(leaf).all() for leaf in leaves):
        raise ContractError(f"{what} is not finite in float32, though it is in float64.")
