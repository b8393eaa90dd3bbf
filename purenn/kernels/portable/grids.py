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
from math import ceil, frexp, log2

import numpy as np

from purenn.arrays import FLOAT64, A, Array, FloatDtype, G, Mask, Matrix, Vector, typed_like
from purenn.kernels.blocks import BLOCK, cut, spans
from purenn.kernels.memory import empty
from purenn.kernels.portable.numbers import MANTISSA
from purenn.kernels.reductions import is_finite

BITS = 26
# Squares of what lies between are neither lost nor infinite in float32.
LEAST, MOST = 1e-30, 1e37
# Of rounding in a sum of squares.
MARGIN = 1.0 + 2.0**-10
# One grid serves for both axes of a matrix if its norms differ by such a power of two at most.
ALIKE = 2
# Of what is 0, and stays 0 on any grid.
NO_EXPONENT = -2000
# Beyond such powers of two float64 numbers are divided by them first.
EXTREME = 400

Exponents = np.ndarray[tuple[int, ...], np.dtype[np.int32]]


def square_sums(x: Matrix) -> Vector:
    """The sums of squares of the rows, and after them those of the columns."""
    sums: Vector = np.zeros(sum(x.shape), x.dtype)
    rows, columns = sums[: len(x)], sums[len(x) :]
    step = max(1, BLOCK // max(1, x.shape[1]))
    spare = empty((min(step, len(x)), x.shape[1]), x.dtype)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for block, own in cut(step, x, rows):
            squares = np.multiply(block, block, spare[: len(block)])
            np.add.reduce(squares, 1, out=own)
            np.add(columns, np.add.reduce(squares, 0), columns)
    return sums


def alike(sums: Vector) -> int | None:
    """A power of two above all norms, from sums of squares, if it is near enough to each."""
    ends = np.minimum.reduce(sums), np.maximum.reduce(sums)
    if not LEAST < ends[0] <= ends[1] < MOST:
        return None
    low, high = [frexp(np.sqrt(end * sums.dtype.type(MARGIN)))[1] for end in ends]
    return high if high - low <= ALIKE else None


def exponents(x: Matrix, sums: Vector) -> Exponents:
    """Powers of two above the norms of the rows, and after them of the columns, of finite x."""

    def of_largest(odd: Mask) -> Exponents:
        rows, columns = x[odd[: len(x)]], x[:, odd[len(x) :]].T
        return np.concatenate([above_largest(rows, x.shape[1]), above_largest(columns, len(x))])

    return above(sums, of_largest)


def above_largest(x: Matrix, count: int) -> Exponents:
    """Powers of two above the norms of `count` elements, the largest of which is in the row."""
    largest: Vector = np.maximum.reduce(np.abs(x), 1, initial=0.0)
    return np.where(largest > 0.0, np.frexp(largest)[1] + half_bits(count), NO_EXPONENT)


def above(sums: Vector, otherwise: Callable[[Mask], Exponents]) -> Exponents:
    """Powers of two above norms, from the sums of squares.

    `otherwise` gives those of a mask, whose squares may have been lost or infinite.
    """
    with np.errstate(over="ignore", under="ignore"):
        found: Exponents = np.frexp(np.sqrt(sums * sums.dtype.type(MARGIN)))[1]
    odd = ~((sums > LEAST) & (sums < MOST))
    if odd.any():
        found[odd] = otherwise(odd)
    return found


def half_bits(count: int) -> int:
    """The power of two above the root of a count."""
    return ceil(log2(max(1, count)) / 2.0)


def on_grid(x: A, powers: Exponents, count: int) -> tuple[A, ...]:
    """Slices of x on grids for powers of two above the norms of `count` elements, in float64."""
    finer = [powers - (BITS + 1) + half_bits(count)] if x.dtype == FLOAT64 else []
    with np.errstate(under="ignore"):
        anchors = [np.ldexp(1.5, each + (MANTISSA - BITS)) for each in (powers, *finer)]
    slices = [typed_like(empty(x.shape, FLOAT64), x) for _ in anchors]
    step = max(1, BLOCK * len(x) // max(1, x.size))
    for block in spans(len(x), step):
        rest = x[block]
        for found, anchor in zip(slices, anchors, strict=True):
            to, own = found[block], anchor[block] if len(anchor) > 1 else anchor
            if found is not slices[0]:
                rest = np.subtract(rest, slices[0][block], to)
            np.add(rest, own, to)
            np.subtract(to, own, to)
    return tuple(slices)


def multiplied(
    multiply: Callable[[A, G], Array], one: tuple[A, ...], other: tuple[G, ...]
) -> Array:
    """`multiply` of what is on the grids, where the product of both rests is not worth it."""
    if len(one) == 1:
        return multiply(one[0], other[0])
    (a, a_rest), (b, b_rest) = one, other
    first = multiply(a, b_rest)
    total = np.add(first, multiply(a_rest, b), empty(first.shape, FLOAT64))
    return np.add(total, multiply(a, b), total)


def rounded(total: Array, dtype: FloatDtype) -> Array:
    """A float64 sum, rounded to the dtype. The sign of 0 depends on the order of a sum: it is +."""
    found = total if dtype == FLOAT64 else empty(total.shape, dtype)
    with np.errstate(over="ignore", under="ignore"):
        return np.add(total, 0.0, found, casting="same_kind")


def finite(x: A) -> A:
    """`x` itself if it is finite, and otherwise with 0 in place of what is not."""
    return x if is_finite(x) else typed_like(np.where(np.isfinite(x), x, x.dtype.type(0)), x)


def moderate(x: A, axes: tuple[int, ...]) -> tuple[A, Exponents]:
    """Finite numbers, divided by powers of two if they are extreme, and the exponents of these.

    There is one for all elements along the axes, which are kept with size 1.
    """
    if x.dtype == FLOAT64:
        exponents: Exponents = np.frexp(np.max(np.abs(x), axes, keepdims=True, initial=0.0))[1]
        if np.abs(exponents).max(initial=0) > EXTREME:
            return typed_like(np.ldexp(x, -exponents), x), exponents
    return x, np.zeros((1,) * x.ndim, np.int32)


def shifted(found: Array, exponents: Exponents) -> Array:
    """What was computed of numbers that were divided, times those powers of two."""
    if not exponents.any():
        return found
    with np.errstate(over="ignore", under="ignore"):
        scaled: Array = np.ldexp(found, exponents)
    return scaled


def add_nonfinite(multiply: Callable[[A, G], Array], a: A, b: G, y: Array) -> None:
    """Put what is not finite in the product of a and b into y. NaN has no sign or payload then."""
    with np.errstate(invalid="ignore"):
        raw = multiply(_signs(a), _signs(b))
    np.copyto(y, raw, where=np.isinf(raw), casting="same_kind")
    np.copyto(y, np.nan, where=np.isnan(raw))


def _signs(x: A) -> A:
    """The signs of what is finite, and what is not as it is: no sum of these overflows."""
    return typed_like(np.where(np.isfinite(x), np.sign(x), x).astype(FLOAT64), x)
