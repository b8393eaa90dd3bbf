"""Whether two trees match leaf by leaf, and where they do not."""

from __future__ import annotations

import numpy as np

from purenn.errors import TreeError
from purenn.tree import LEAF_TYPES, decompose, walk


def mismatches(expected: dict[str, object], actual: dict[str, object]) -> tuple[str, ...]:
    """One line for every leaf that is missing, unexpected, or of another shape, dtype or type."""
    missing = [f"missing leaf {path}" for path in expected if path not in actual]
    extra = [f"unexpected leaf {path}" for path in actual if path not in expected]
    shared = [path for path in expected if path in actual]
    kinds = [(path, _kind(expected[path]), _kind(actual[path])) for path in shared]
    changed = [f"{path}: expected {want}, got {got}" for path, want, got in kinds if want != got]
    return (*missing, *extra, *changed)


def require_same(expected: object, actual: object, what: str) -> None:
    """Check that two trees have the same structure, shapes and dtypes, or list what differs."""
    found = mismatches(named(expected), named(actual))
    if found:
        raise TreeError(f"{what} do not match:\n  " + "\n  ".join(found))
    if decompose(expected, LEAF_TYPES)[1] != decompose(actual, LEAF_TYPES)[1]:
        raise TreeError(f"{what} do not match: the same leaves lie in nodes of other classes.")


def named(tree: object) -> dict[str, object]:
    """The arrays and plain values of a tree by their paths."""
    return {path or "tree": leaf for path, leaf in walk(tree, LEAF_TYPES)}


def _kind(leaf: object) -> str:
    return f"{leaf.dtype} {leaf.shape}" if isinstance(leaf, np.ndarray) else type(leaf).__name__
