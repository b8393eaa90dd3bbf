"""Derivatives by central differences, against which the exact ones are held."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from purenn.arrays import Array, Leaves

STEP = 1e-5


def jacobian(function: Callable[[Array], Array], at: Array) -> Array:
    """The derivative of every output, in rows, by every input, in columns."""
    columns: list[Array] = []
    for unit in np.eye(at.size):
        bump = STEP * unit.reshape(at.shape)
        columns.append((function(at + bump) - function(at - bump)).ravel() / (2.0 * STEP))
    return np.stack(columns, axis=1)


def slope(function: Callable[[Leaves], float], at: Leaves, direction: Leaves) -> float:
    """The derivative of a number along a direction."""
    ahead = tuple([a + STEP * d for a, d in zip(at, direction, strict=True)])
    behind = tuple([a - STEP * d for a, d in zip(at, direction, strict=True)])
    return (function(ahead) - function(behind)) / (2.0 * STEP)


def product(left: Leaves, right: Leaves) -> float:
    """The inner product of two lists of arrays as one long vector each."""
    return sum(float(np.vdot(a, b)) for a, b in zip(left, right, strict=True))


def replaced(leaves: Leaves, index: int, leaf: Array) -> Leaves:
    """The leaves with another one at an index."""
    return (*leaves[:index], leaf, *leaves[index + 1 :])


def require_close(exact: Array, difference: Array) -> None:
    """Check two derivatives: a difference errs by the step squared times a third derivative."""
    np.testing.assert_allclose(exact, difference, rtol=1e-7, atol=1e-8)
