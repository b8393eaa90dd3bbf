"""cos and sin with the same bits on every machine.

The argument less the nearest multiple of pi/2 is the sum of two numbers; a polynomial for each of
cos and sin follows, as in fdlibm's k_cos.c and k_sin.c.
"""

from __future__ import annotations

from functools import lru_cache, partial
from math import isinf, nan

import numpy as np

from purenn.arrays import FLOAT32, FloatDtype
from purenn.kernels.portable.blockwise import Wide, blockwise, polynomial
from purenn.kernels.portable.numbers import HALF, ONE, ROUNDING, Bits, constants, integer

TO_INTEGER, TURNS = constants(ROUNDING, 0.6366197723675814)  # the second is 2 / pi
# pi/2. The first two have 35 bits, and so exact products with whole numbers of up to 18 bits.
QUARTER_TURN = constants(1.5707963267923333, 2.5633441515839558e-12, 1.0562999066987428e-23)
NEAR = 2.0**17 * 1.5
# Bits after the point: 256 of them are right in the remainder of the largest number.
PLACES, GUARD = 1280, 32
ODD, HALF_TURN, TO_SIGN = integer(1), integer(2), integer(62)
# By interpolation at Chebyshev's nodes for r² up to (pi / 4)², in 60 digits, of
# (sin(r) / r - 1) / r² and (cos(r) - 1 + r² / 2) / r⁴. The errors of sin(r) and cos(r) are
# below 2e-11 and 1e-12, or 2e-17 and 1e-18.
SIN_32 = constants(
    2.7249895230611676e-06, -0.000198400864995936, 0.008333331874273714, -0.16666666663854168
)
COS_32 = constants(
    -2.7300933687212943e-07, 2.480060018036381e-05, -0.0013888887671652504, 0.041666666664320264
)
SIN_64 = constants(
    1.5918115263265974e-10,
    -2.505113165023518e-08,
    2.7557316101617874e-06,
    -0.00019841269836756774,
    0.008333333333330948,
    -0.16666666666666666,
)
COS_64 = constants(
    -1.1382623647474604e-11,
    2.087614614655861e-09,
    -2.7557317271145144e-07,
    2.480158729876456e-05,
    -0.0013888888888887398,
    0.041666666666666664,
)


def _rule(quarters: Bits, x: Wide, spare: list[Wide], dtype: FloatDtype) -> None:
    """The sine of x plus a number of quarter turns.

    It is within 2 units in the last place (float64), or 1 of what is nearest (float32). That holds
    for every x, but beyond 196,608 each element takes some microseconds.
    """
    excess = spare[0]
    count = _reduce(x, spare)
    np.add(count, quarters, count)
    z, sine, cosine = np.multiply(x, x, spare[2]), spare[3], spare[4]
    of_sine, of_cosine = (SIN_32, COS_32) if dtype == FLOAT32 else (SIN_64, COS_64)
    polynomial(z, of_sine, sine)
    polynomial(z, of_cosine, cosine)
    np.multiply(cosine, z, cosine)
    np.multiply(cosine, z, cosine)
    np.multiply(sine, z, sine)
    np.multiply(sine, x, sine)
    np.subtract(excess, sine, sine)
    np.subtract(x, sine, sine)
    np.multiply(excess, x, excess)
    np.add(cosine, excess, cosine)
    np.multiply(z, HALF, z)
    np.subtract(ONE, z, z)
    np.add(cosine, z, cosine)
    _select(sine.view(np.int64), cosine.view(np.int64), count, z.view(np.int64), x.view(np.int64))


sin, cos = (blockwise(partial(_rule, integer(quarters))) for quarters in (0, 1))


def _select(sine: Bits, cosine: Bits, count: Bits, mask: Bits, out: Bits) -> None:
    """The cosine where the count of quarters is odd, else the sine; negative after half a turn."""
    np.bitwise_and(count, ODD, mask)
    np.negative(mask, mask)  # all bits, or none
    np.bitwise_xor(sine, cosine, cosine)
    np.bitwise_and(cosine, mask, cosine)
    np.bitwise_xor(sine, cosine, sine)
    np.bitwise_and(count, HALF_TURN, count)
    np.left_shift(count, TO_SIGN, count)
    np.bitwise_xor(sine, count, out)


def _reduce(x: Wide, spare: list[Wide]) -> Bits:
    """Change x to its remainder by pi/2 plus an excess, and give the last bits of the quotient.

    The excess is in the first of the spare arrays, the quotient in the second; two more are taken.
    It is subtracted, not added, so that -0.0 remains what it is.
    """
    excess, turns, product, rest = spare[:4]
    far = np.flatnonzero(np.abs(x, product) > NEAR)
    exact = [_exact_remainder(value) for value in x[far].tolist()]
    np.multiply(x, TURNS, turns)
    np.add(turns, TO_INTEGER, turns)
    n = np.subtract(turns, TO_INTEGER, excess)
    np.multiply(n, QUARTER_TURN[0], product)
    np.subtract(x, product, x)
    np.multiply(n, QUARTER_TURN[1], product)
    np.multiply(n, QUARTER_TURN[2], n)
    np.subtract(x, product, rest)
    np.subtract(x, rest, x)
    np.subtract(product, x, product)  # what `rest` lacks
    np.add(excess, product, product)
    np.subtract(rest, product, x)
    np.subtract(rest, x, rest)
    np.subtract(product, rest, excess)
    quotient = turns.view(np.int64)
    for index, (whole, remainder, over) in zip(far.tolist(), exact, strict=True):
        quotient[index], x[index], excess[index] = whole, remainder, over
    return quotient


def _exact_remainder(x: float) -> tuple[int, float, float]:
    """The last bits of the quotient of x and pi/2, the remainder, and by how much it is too large.

    In integers, which count units of 2**-PLACES.
    """
    if isinf(x):
        return 0, nan, nan
    quarter, unit = _quarter_turn(), 1 << PLACES
    numerator, denominator = x.as_integer_ratio()
    whole, rest = divmod((numerator << PLACES) // denominator + quarter // 2, quarter)
    rest -= quarter // 2
    numerator, denominator = (rest / unit).as_integer_ratio()
    return whole & 3, rest / unit, ((numerator << PLACES) // denominator - rest) / unit


@lru_cache(maxsize=1)
def _quarter_turn() -> int:
    """pi/2 by Machin's formula, `8 * arctan(1 / 5) - 2 * arctan(1 / 239)`."""
    total = 0
    for factor, divisor in ((8, 5), (-2, 239)):
        power, odd = (factor << PLACES + GUARD) // divisor, 1
        while power not in {0, -1}:
            total += power // odd
            power, odd = -power // divisor**2, odd + 2
    return total >> GUARD
