"""Whether two trees match leaf by leaf, and where they do not."""

from __future__ import annotations

import numpy as np

from purenn.errors import TreeError
from purenn.tree import LEAF_TYPES, decompose, walk


def mismatches(expected: dict[str, str], actual: dict[str, str]) -> tuple[str, ...]:
    """One line for every path that is missing, unexpected, or described otherwise."""
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
    found = mismatches(described(named(expected)), described(named(actual)))
    if found:
        raise TreeError(f"{what} do not match:\n  " + "\n  ".join(found))
    if decompose(expected, LEAF_TYPES)[1] != decompose(actual, LEAF_TYPES)[1]:
        raise TreeError(f"{what} do not match: the same leaves lie in nodes of other classes.")


def named(tree: object) -> dict[str, object]:
    """The arrays and plain values of a tree by their paths."""
    return {path or "tree": leaf for path, leaf in walk(tree, LEAF_TYPES)}


def described(leaves: dict[str, object]) -> dict[str, str]:
    """What each leaf is, in a few words."""
    return {
        path: f"{x.dtype} {x.shape}" if isinstance(x, np.ndarray) else type(x).__name__
        for path, x in leaves.items()
    }
