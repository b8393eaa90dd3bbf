"""exp, expm1, tanh, sigmoid and powers with the same bits on every machine.

`exp(x) = 2**n * exp(r)` for `r = x - n * log(2)` of at most log(2) / 2. With
R = r * coth(r / 2), `exp(r) - 1 = 2 * r / (R - r)`. In float64, R is a polynomial in r², and r is
the sum of two numbers, as in fdlibm's e_exp.c. In float32, R is a quotient of polynomials.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from purenn.arrays import FLOAT32, A, Array, FloatDtype
from purenn.kernels.portable import numbers
from purenn.kernels.portable.blockwise import Wide, blockwise, multiply_by_all, polynomial
from purenn.kernels.portable.logarithms import log_rule
from purenn.kernels.portable.numbers import HALF, LN2, ONE, TWO, ZERO, constants, integer


class _Growth(NamedTuple):
    """`exp(x)` as the product of `unit + above + more` and the scales, which are powers of two."""

    above: Wide
    more: Wide | None
    unit: Array
    scales: tuple[Wide, ...]


MINUS_TWO, LOG2_E = constants(-2.0, 1.4426950408889634)
EXPONENT_OF_ONE = 1023
(ROUNDING_ONE,) = constants(numbers.ROUNDING + EXPONENT_OF_ONE + 1)
(ROUNDING_TWO,) = constants(numbers.ROUNDING + 2 * EXPONENT_OF_ONE)
BY_ONE, BY_MANTISSA = integer(1), integer(numbers.MANTISSA)
RECIPROCAL = integer(2 * EXPONENT_OF_ONE << numbers.MANTISSA)  # less 2**n's bits: those of 2**-n
# Beyond these the results are 0 and infinity; above -1 they round to -1 from `SMALLEST` on.
(SMALLEST,) = constants(-40.0)
LIMITS_32, LIMITS_64 = constants(-105.0, 89.0), constants(-746.0, 710.0)
# By interpolation at Chebyshev's nodes for r², in 60 digits: R is (r² + A) / (B * r² + C) with a
# relative error of 6e-10 in exp(r) - 1, or 2 + r² * POLYNOMIAL with 1e-18.
A_32, B_32, C_32 = constants(10.002151989583764, 0.08324406930496923, 5.00107599210971)
POLYNOMIAL = constants(
    4.143769423035882e-08,
    -1.653406009991112e-06,
    6.613756471665357e-05,
    -0.0027777777777564486,
    0.1666666666666666,
)


def _growth_32(x: Wide, spare: list[Wide]) -> _Growth:
    """Changes x, and takes the first three of the spare arrays."""
    scale, n, z = spare[:3]
    np.multiply(x, LOG2_E, scale)
    np.add(scale, ROUNDING_ONE, scale)
    np.subtract(scale, ROUNDING_ONE, n)
    np.multiply(n, LN2[0], n)
    np.subtract(x, n, x)
    np.multiply(x, x, z)
    q = np.multiply(z, B_32, n)
    np.add(q, C_32, q)
    np.multiply(q, x, q)
    np.add(z, A_32, z)
    np.subtract(z, q, z)
    bits = scale.view(np.int64)
    np.left_shift(bits, BY_MANTISSA, bits)
    return _Growth(np.divide(q, z, x), None, HALF, (scale,))


def _growth_64(x: Wide, spare: list[Wide]) -> _Growth:
    """Changes x, and takes the first four of the spare arrays. Two scales reach subnormals."""
    scale, other, r, z = spare[:4]
    np.multiply(x, LOG2_E, scale)
    np.add(scale, ROUNDING_TWO, scale)
    low = np.subtract(scale, ROUNDING_TWO, other)
    np.multiply(low, LN2[1], r)
    high = np.subtract(x, r, x)
    np.multiply(low, LN2[2], low)
    np.subtract(high, low, r)
    np.multiply(r, r, z)
    ratio = polynomial(z, POLYNOMIAL, spare[4])
    np.multiply(ratio, z, ratio)
    np.subtract(r, ratio, ratio)
    np.multiply(r, ratio, r)
    np.subtract(TWO, ratio, ratio)
    np.divide(r, ratio, r)
    np.subtract(r, low, r)
    bits, others = scale.view(np.int64), other.view(np.int64)
    np.right_shift(bits, BY_ONE, others)
    np.subtract(bits, others, bits)
    np.left_shift(bits, BY_MANTISSA, bits)
    np.left_shift(others, BY_MANTISSA, others)
    return _Growth(high, r, ONE, (scale, other))


def _growth(x: Wide, spare: list[Wide], dtype: FloatDtype) -> _Growth:
    return _growth_32(x, spare) if dtype == FLOAT32 else _growth_64(x, spare)


def _exp_rule(x: Wide, spare: list[Wide], dtype: FloatDtype) -> _Growth:
    """`exp(x)`, within 1 unit in the last place (float64), or of what is nearest (float32)."""
    lowest, highest = LIMITS_32 if dtype == FLOAT32 else LIMITS_64
    x.clip(lowest, highest, x)
    growth = _growth(x, spare, dtype)
    _sum_up(growth, growth.unit, spare)
    return growth


exp = blockwise(_exp_rule)


def _below_one(x: Wide, spare: list[Wide], dtype: FloatDtype) -> _Growth:
    """Change x to exp(x) - 1: each term is divided by 2**n, to be multiplied by it at the end."""
    growth = _growth(x, spare, dtype)
    reciprocals = spare[3 : 3 + len(growth.scales)]
    for scale, reciprocal in zip(growth.scales, reciprocals, strict=True):
        np.subtract(RECIPROCAL, scale.view(np.int64), reciprocal.view(np.int64))
    start = reciprocals[-1]
    multiply_by_all(start, reciprocals[:-1])
    np.subtract(growth.unit, start, start)
    _sum_up(growth, start, spare)
    return growth


def _sum_up(growth: _Growth, start: Array, spare: list[Wide]) -> None:
    """Change `above` to the product of `start + above + more` and the scales.

    What a sum rounds off goes into `more`: `start` is 0, or larger than `above`.
    """
    y, more, _, scales = growth
    if more is None:
        np.add(y, start, y)
    else:
        total, lost = np.add(y, start, spare[3]), spare[6]
        np.add(np.subtract(start, total, lost), y, lost)
        np.add(more, lost, more)
        np.add(total, more, y)
        np.add(np.subtract(total, y, total), more, more)
    multiply_by_all(y, scales)


@blockwise
def expm1(x: Wide, spare: list[Wide], dtype: FloatDtype) -> None:
    """`exp(x) - 1`, within 2 units in the last place (float64), or as `exp` (float32)."""
    _, highest = LIMITS_32 if dtype == FLOAT32 else LIMITS_64
    y = x.clip(SMALLEST, highest, spare[5])
    _below_one(y, spare, dtype)
    np.copysign(y, x, x)  # of zeros


@blockwise
def tanh(x: Wide, spare: list[Wide], dtype: FloatDtype) -> None:
    """The hyperbolic tangent, within 2 units in the last place (float64), or as `exp` (float32).

    It is `-e / (2 + e)` for `e = exp(-2 * |x|) - 1`, with the sign of x.
    """
    e = np.abs(x, spare[5])
    np.multiply(e, MINUS_TWO, e)
    e.clip(SMALLEST, ZERO, e)
    _divide_by_sum(_below_one(e, spare, dtype), TWO, spare)
    np.copysign(e, x, x)


@blockwise
def sigmoid(x: Wide, spare: list[Wide], dtype: FloatDtype) -> None:
    """`1 / (1 + exp(-x))`, within 2 units in the last place (float64), or as `exp` (float32).

    It is `e / (1 + e)` for `e = exp(-|x|)`, and 1 less that for positive x.
    """
    e = np.abs(x, spare[5])
    np.negative(e, e)
    _divide_by_sum(_exp_rule(e, spare, dtype), ONE, spare)
    np.greater_equal(x, ZERO, x)
    np.subtract(x, e, x)
    np.abs(x, x)


def _divide_by_sum(growth: _Growth, start: Array, spare: list[Wide]) -> None:
    """Change e, which is `above`, to `e / (start + e)`, corrected for all that was rounded off."""
    e, more, _, scales = growth
    total, excess = np.add(e, start, spare[3]), spare[4]
    if more is None:
        np.divide(e, total, e)
        return
    multiply_by_all(more, scales)
    np.subtract(total, start, excess)
    np.subtract(excess, e, excess)
    np.subtract(excess, more, excess)
    np.divide(e, total, e)
    np.multiply(excess, e, excess)
    np.add(excess, more, excess)
    np.divide(excess, total, excess)
    np.add(e, excess, e)


def power(x: Array, y: float, out: A) -> A:
    """`x ** y` as `exp(y * log(x))`, for x >= 0 and finite y; NaN for negative x.

    Within 1 unit in the last place of what is nearest in float32. In float64 the error in such
    units is up to 2 + 2 * |log(x**y)|, which is large only where the power is far from 1.
    """
    if y == 0.0:
        out.fill(1.0)
        return out
    (exponent,) = constants(y)

    @blockwise
    def raised(x: Wide, spare: list[Wide], dtype: FloatDtype) -> None:
        log_rule(x, spare, dtype)
        np.multiply(x, exponent, x)
        _exp_rule(x, spare, dtype)

    return raised(x, out)
