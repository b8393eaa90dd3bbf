"""log and log1p with the same bits on every machine, after fdlibm's e_log.c and s_log1p.c.

`log(x) = n * log(2) + log(1 + f)` for `x = 2**n * (1 + f)` between sqrt(1/2) and sqrt(2), and with
`s = f / (2 + f)`, `log(1 + f) = f - (f²/2 - s * (f²/2 + R))` for a polynomial R in s².
"""

from __future__ import annotations

from math import inf, nan

import numpy as np

from purenn.arrays import FLOAT32, FLOAT64, Array, FloatDtype
from purenn.kernels.portable.blockwise import Wide, blockwise, polynomial
from purenn.kernels.portable.numbers import HALF, LN2, MANTISSA, ONE, TWO, ZERO, constants, integer

ROOT_HALF = integer(0x3FE6A09E667F3BCD)
BY_MANTISSA = integer(MANTISSA)
TINY, LARGEST = float(np.finfo(FLOAT64).tiny), float(np.finfo(FLOAT64).max)
INTO_RANGE, LN_INTO_RANGE = 2.0**54, 37.42994775023705
# By interpolation of (2 * atanh(s) / s - 2) / s² at Chebyshev's nodes for s², in 60 digits. The
# errors are 2e-11 and 5e-18.
FEW = constants(0.23330581938241893, 0.2855081659971155, 0.40000121876972, 0.6666666655445165, 2.0)
MANY = constants(
    0.14616585424888623,
    0.15331710618210773,
    0.18182889455674947,
    0.22222211130259878,
    0.2857142862600327,
    0.39999999999899444,
    0.666666666666667,
)


def _log_of_sum(x: Wide, rest: Array, spare: list[Wide], dtype: FloatDtype) -> None:
    """Change x to `log(x) + rest`, for positive and normal x, taking five of the spare arrays."""
    n, f, s, z, r = spare[:5]
    bits, exponent = x.view(np.int64), s.view(np.int64)
    np.subtract(bits, ROOT_HALF, exponent)
    np.right_shift(exponent, BY_MANTISSA, exponent)
    np.copyto(n, exponent)
    np.left_shift(exponent, BY_MANTISSA, exponent)
    np.subtract(bits, exponent, bits)
    np.subtract(x, ONE, f)
    np.add(f, TWO, s)
    np.divide(f, s, s)
    np.multiply(s, s, z)
    if dtype == FLOAT32:  # 2 * s + s * R, without corrections
        np.multiply(polynomial(z, FEW, r), s, r)
        np.add(r, rest, r)
        np.multiply(n, LN2[0], n)
        np.add(n, r, x)
        return
    np.multiply(polynomial(z, MANY, r), z, r)
    half = np.multiply(f, f, z)
    np.multiply(half, HALF, half)
    np.add(r, half, r)
    np.multiply(r, s, r)
    np.multiply(n, LN2[2], s)
    np.add(s, rest, s)
    np.add(r, s, r)
    np.subtract(half, r, half)
    np.subtract(half, f, half)
    np.multiply(n, LN2[1], n)
    np.subtract(n, half, x)


def _log_plus(x: Wide, rest: Array, spare: list[Wide], dtype: FloatDtype) -> None:
    """Change x to `log(x) + rest`, for any x."""
    if np.minimum.reduce(x) >= TINY and np.maximum.reduce(x) <= LARGEST:
        _log_of_sum(x, rest, spare, dtype)
        return
    original, subnormal = x.copy(), x < TINY
    x[subnormal] *= INTO_RANGE
    _log_of_sum(x, rest, spare, dtype)
    x[subnormal] -= LN_INTO_RANGE
    x[original == 0.0] = -inf
    x[~(original >= 0.0)] = nan
    x[original == inf] = inf


def log_rule(x: Wide, spare: list[Wide], dtype: FloatDtype) -> None:
    """`log(x)`, within 1 unit in the last place (float64), or of what is nearest (float32)."""
    _log_plus(x, ZERO, spare, dtype)


log = blockwise(log_rule)


@blockwise
def log1p(x: Wide, spare: list[Wide], dtype: FloatDtype) -> None:
    """`log(1 + x)` without cancellation, with the errors of `log`.

    The logarithm of the rounded sum, and what was rounded off divided by that sum.
    """
    total, rest = np.add(x, ONE, spare[5]), spare[6]
    np.subtract(total, ONE, rest)
    np.subtract(x, rest, rest)
    np.divide(rest, total, rest)
    _log_plus(total, rest, spare, dtype)
    np.copysign(total, x, x)  # of zeros
