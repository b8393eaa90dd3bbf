"""Numbers on grids: rounded to so few digits that float64 sums of their products are exact.

Where no sum rounds, neither its order, nor the number of threads, nor a fused operation can change
a bit. By the inequality of Cauchy and Schwarz, no part of a sum of `a * b` is beyond the product of
the norms of a and b. Both are rounded to multiples of a power of two above their norm, divided by
2**26, so that no sum has more than 53 bits. To add a large number and to subtract it again rounds
in this way: Rump, Ogita and Oishi, "Accurate Floating-Point Summation" (2008).

A float32 number keeps two bits more than it has, relative to the norm. What is left of a float64
number is put on a second, finer grid.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log2

import numpy as np

from purenn.arrays import FLOAT32, FLOAT64, Array, Matrix, Vector
from purenn.kernels.blocks import BLOCK
from purenn.kernels.memory import empty

BITS = 26
MANTISSA = 52
# Squares of what lies between are neither lost nor infinite in float32.
LEAST, MOST = 1e-30, 1e37
# Of rounding in a sum of squares.
MARGIN = 1.0 + 2.0**-10
# What has no other: zeros stay zeros at any.
NO_EXPONENT = -2000

Exponents = np.ndarray[tuple[int, ...], np.dtype[np.int32]]
Slices = tuple[Array, ...]  # of float64; their sum is the array


def square_sums(x: Matrix) -> tuple[Vector, Vector]:
    """The sums of squares of the rows and of the columns."""
    rows, columns = np.empty(x.shape[0], x.dtype), np.zeros(x.shape[1], x.dtype)
    step = max(1, BLOCK // max(1, x.shape[1]))
    spare = empty((min(step, x.shape[0]), x.shape[1]), x.dtype)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for start in range(0, x.shape[0], step):
            block = x[start : start + step]
            squares = np.multiply(block, block, spare[: len(block)])
            np.add.reduce(squares, 1, out=rows[start : start + step])
            np.add(columns, np.add.reduce(squares, 0), columns)
    return rows, columns


def exponents(x: Matrix, sums: tuple[Vector, Vector]) -> tuple[Exponents, Exponents]:
    """Powers of two above the norms of the rows, and above those of the columns, of finite x."""
    rows, columns = sums
    return _bounds(rows, x).reshape(-1, 1), _bounds(columns, x.T).reshape(1, -1)


def _bounds(sums: Vector, x: Matrix) -> Exponents:
    found: Exponents = np.frexp(np.sqrt(sums * sums.dtype.type(MARGIN)))[1]
    odd = ~((sums > LEAST) & (sums < MOST))
    if odd.any():
        largest: Vector = np.maximum.reduce(np.abs(x[odd]), 1, initial=0.0)
        bound = np.frexp(largest)[1] + half_bits(x.shape[1])
        found[odd] = np.where(largest > 0.0, bound, NO_EXPONENT)
    return found


def half_bits(count: int) -> int:
    """The power of two above the root of a count."""
    return ceil(log2(max(1, count)) / 2.0)


def on_grid(x: Array, powers: Exponents, count: int) -> Slices:
    """`x` as float64 numbers on grids for the powers of two, which are above norms of `count`."""
    first = _rounded(x, powers)
    if x.dtype == FLOAT32:
        return (first,)
    rest = np.subtract(x, first, empty(x.shape, FLOAT64))
    return first, _rounded(rest, powers - (BITS + 1) + half_bits(count))


def _rounded(x: Array, powers: Exponents) -> Array:
    anchors = np.ldexp(1.5, powers + (MANTISSA - BITS))
    found = empty(x.shape, FLOAT64)
    step = max(1, BLOCK * len(x) // max(1, x.size))
    for start in range(0, len(x), step):
        block = slice(start, start + step)
        to, anchor = found[block], anchors[block] if len(anchors) > 1 else anchors
        np.add(x[block], anchor, to)
        np.subtract(to, anchor, to)
    return found


def summed(multiply: Callable[[Array, Array], Array], first: Slices, second: Slices) -> Array:
    """`multiply(a, b)` of the sums of the slices; the product of both rests is not worth it."""
    *whole, last = zip(first, reversed(second), strict=True)
    found = multiply(*last)
    for one, other in whole:
        np.add(found, multiply(one, other), found)
    if whole:
        np.add(found, multiply(first[0], second[0]), found)
    return found
