"""Whether two trees match leaf by leaf, and where they do not."""

from __future__ import annotations

import numpy as np

from purenn.checks import redefined
from purenn.errors import TreeError
from purenn.tree import LEAF_TYPES, decompose, walk


def mismatches(expected: dict[str, str], actual: dict[str, str]) -> tuple[str, ...]:
    """One line for every leaf that is missing, unexpected, or of another kind."""
    missing = [f"missing leaf {path}" for path in expected if path not in actual]
    extra = [f"unexpected leaf {path}" for path in actual if path not in expected]
    changed = [
        f"{path}: expected {want}, got {actual[path]}"
        for path, want in expected.items()
        if actual.get(path, want) != want
    ]
    return (*missing, *extra, *changed)


def require_same(expected: object, actual: object, what: str) -> None:
    """Check that two trees have the same structure, shapes and dtypes, or list what differs."""
    found = mismatches(kinds(named(expected)), kinds(named(actual)))
    if found:
        raise TreeError(f"{what} do not match:\n  " + "\n  ".join(found))
    ours, theirs = decompose(expected, LEAF_TYPES)[1], decompose(actual, LEAF_TYPES)[1]
    if ours != theirs:
        problem = f"the same leaves lie in nodes of other classes. {redefined(ours, theirs)}"
        raise TreeError(f"{what} do not match: {problem}".rstrip())


def named(tree: object) -> dict[str, object]:
    """The arrays and plain values of a tree by their paths."""
    return {path or "tree": leaf for path, leaf in walk(tree, LEAF_TYPES)}


def kinds(leaves: dict[str, object]) -> dict[str, str]:
    """The shape and dtype of each array, and the type of each plain value."""
    return {path: _kind(leaf) for path, leaf in leaves.items()}


def _kind(leaf: object) -> str:
    if isinstance(leaf, np.ndarray):
        return f"{leaf.dtype} {leaf.shape}"
    return "a scalar " * isinstance(leaf, np.generic) + type(leaf).__name__
