"""Arithmetic over the leaves of the parameters: a pass or two over memory each, and no more.

Where two sets of leaves go together they have the same shapes and dtypes, leaf by leaf.
"""

from __future__ import annotations

import numpy as np

from purenn.arrays import Array, Leaves, read_only
from purenn.kernels.constants import scalar
from purenn.kernels.memory import SMALL, empty_like
from purenn.kernels.reductions import largest_squared_norm


def zeros_like(leaves: Leaves) -> Leaves:
    """Zeros of the same shapes and dtypes."""
    return tuple([read_only(np.zeros_like(x, order="C")) for x in leaves])


def flushed(leaves: Leaves) -> Leaves:
    """The leaves with 0 in place of subnormal numbers, which are 20 times slower to compute with.

    What decays by a factor ends there, not at 0: the smallest times 0.9 rounds to itself.
    """
    return tuple([read_only(x * (np.abs(x) >= np.finfo(x.dtype).tiny)) for x in leaves])


def _product(x: Array, factor: float) -> Array:
    """`x * factor`, writable; small results are allocated by the product itself."""
    by = scalar(factor, x.dtype)
    if x.ndim and x.nbytes < SMALL:
        small: Array = np.multiply(x, by)
        return small
    y = empty_like(x)
    np.multiply(x, by, y)
    return y


def scale(leaves: Leaves, factor: float) -> Leaves:
    """`x * factor` for each leaf x."""
    return tuple([read_only(_product(x, factor)) for x in leaves])


def scale_and_add(leaves: Leaves, factor: float, others: Leaves) -> Leaves:
    """`x * factor + y` for each leaf x and its other y."""
    sums = []
    for x, y in zip(leaves, others, strict=True):
        z = _product(x, factor)
        np.add(z, y, z)
        sums.append(read_only(z))
    return tuple(sums)


def clip(leaves: Leaves, limit: float) -> Leaves:
    """The leaves with every element brought into [-limit, limit]. NaN stays NaN."""
    return tuple([x if _is_within(x, limit) else _clip(x, limit) for x in leaves])


def _is_within(x: Array, limit: float) -> bool:
    """Whether one fast pass tells that no element is outside [-limit, limit].

    No element is larger than the norm of its row. Limits whose squares might underflow or overflow
    go without that short cut.
    """
    return 1e-15 < limit < 1e15 and largest_squared_norm(x) <= 0.999 * limit * limit


def _clip(x: Array, limit: float) -> Array:
    if limit > 1e38:  # not all of these are float32 numbers
        limit = min(limit, float(np.finfo(x.dtype).max))
    y = empty_like(x)
    np.clip(x, scalar(-limit, x.dtype), scalar(limit, x.dtype), y)
    return read_only(y)


def blended(leaves: Leaves, decay: float, others: Leaves) -> Leaves:
    """`x * decay + y * (1 - decay)` for each leaf x and its other y."""
    return scale_and_add(leaves, decay, scale(others, 1.0 - decay))


def blended_squares(leaves: Leaves, decay: float, others: Leaves) -> Leaves:
    """`x * decay + y² * (1 - decay)` for each leaf x and its other y."""
    squares = []
    for y in others:
        square = empty_like(y)
        np.multiply(y, y, square)
        squares.append(square)
    return blended(leaves, decay, tuple(squares))


def adam_direction(
    means: Leaves, squares: Leaves, mean_part: float, square_part: float, epsilon: float
) -> Leaves:
    """`m / mean_part / (sqrt(v / square_part) + epsilon)` for each mean m and its square v."""
    directions = []
    for m, v in zip(means, squares, strict=True):
        u = empty_like(m)
        np.multiply(v, scalar(1.0 / square_part, v.dtype), u)
        np.sqrt(u, u)
        np.add(u, scalar(epsilon, v.dtype), u)
        np.divide(m, u, u)
        np.multiply(u, scalar(1.0 / mean_part, u.dtype), u)
        directions.append(read_only(u))
    return tuple(directions)
