"""What is asked of whole arrays: sums, norms, and whether they are finite."""

from __future__ import annotations

from functools import reduce
from math import inf, isfinite, isnan, sqrt
from operator import add

import numpy as np

from purenn.arrays import FLOAT64, AnyArray, Array, Leaves
from purenn.kernels.blocks import BLOCK, cut
from purenn.kernels.memory import empty

# Rows that can be summed one after the other in their own dtype before rounding shows.
ROWS = 1024

# Below this, squares of float32 elements lose digits or vanish.
UNDERFLOW = 1e-30


def total(x: Array) -> float:
    """The sum of all elements, accumulated in float64."""
    return float(np.add.reduce(x, axis=None, dtype=FLOAT64))


def deviation(x: Array) -> float:
    """The standard deviation of all elements, in float64; infinite or NaN if squares overflow."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.std(x, dtype=FLOAT64))


def is_finite(x: Array) -> bool:
    """Whether no element is NaN or infinite: one pass of BLAS where that tells, or one more."""
    # Unlike dot, vdot never warns, nor copies what is not aligned, at which some kernels crash.
    return (x.flags.aligned and isfinite(np.vdot(x, x))) or bool(np.isfinite(x).all())


def nonfinite(x: AnyArray) -> int:
    """How many elements are NaN or infinite."""
    return x.size - int(np.count_nonzero(np.isfinite(x)))


def first_nonfinite(x: AnyArray) -> tuple[int, ...] | None:
    """The index of the first element that is NaN or infinite, searched for in pieces of 4 MiB."""
    step = max(1, 2**22 // x[:1].nbytes)
    for start in range(0, len(x), step):
        found = np.argwhere(~np.isfinite(x[start : start + step]))
        if found.size:
            first, *rest = found[0].tolist()
            return (start + first, *rest)
    return None


def squared_norm(x: Array) -> float:
    """The sum of `x²`, the same on every machine; infinite if squares overflow."""
    flat = x.ravel(order="K")
    spare = empty((min(x.size, BLOCK),), x.dtype)
    found = 0.0
    with np.errstate(over="ignore", invalid="ignore"):
        for (block,) in cut(BLOCK, flat):
            found += float(np.add.reduce(np.multiply(block, block, spare[: block.size])))
    return found


def global_norm(leaves: Leaves) -> float:
    """The Euclidean norm of all leaves as one vector, also where squares vanish or overflow."""
    square = reduce(add, map(squared_norm, leaves), 0.0)  # `sum` compensates since Python 3.12
    if UNDERFLOW < square < inf or isnan(square):
        return sqrt(square)
    largest = max((float(np.max(np.abs(leaf))) for leaf in leaves if leaf.size), default=0.0)
    if not largest or not isfinite(largest):
        return largest
    squares = [total(np.square(np.divide(leaf, largest, dtype=FLOAT64))) for leaf in leaves]
    return largest * sqrt(reduce(add, squares))


def unit_norms(x: Array) -> Array:
    """The Euclidean norms over all axes but the last, or the one of a vector, with all axes kept.

    In float64, also where squares vanish or overflow.
    """
    units = x.shape[-1] if x.ndim > 1 else 1
    rows = x.reshape(x.size // max(1, units), units)
    squares = np.zeros(units)
    with np.errstate(over="ignore", invalid="ignore"):
        for (part,) in cut(ROWS, rows):
            squares += np.add.reduce(np.square(part), axis=0)
    norms: Array = np.sqrt(squares)
    odd = ~((squares > UNDERFLOW) & (squares < inf))
    if odd.any():
        norms[odd] = _scaled_norms(rows[:, odd])
    return norms.reshape((1,) * (x.ndim - 1) + (-1,) if x.ndim else ())


@np.errstate(over="ignore")
def _scaled_norms(rows: Array) -> Array:
    """The norms of columns whose squares may vanish or overflow."""
    largest: Array = np.max(np.abs(rows), 0, initial=0.0)
    np.copyto(largest, 1.0, where=(largest == 0.0) | np.isinf(largest))
    squares: Array = np.add.reduce(np.square(rows / largest), 0, dtype=FLOAT64)
    return np.sqrt(squares) * largest
