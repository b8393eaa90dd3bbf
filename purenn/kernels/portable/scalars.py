"""Functions of Python's own floats with the same bits on every machine, for rates of a step.

`math` has those of the system's library. These are within some three units in the last place, but
for `power`, whose error is that of the logarithm times the exponent, and `cos`, which is within
some units of 1.
"""

from __future__ import annotations

from math import frexp, inf, ldexp, sqrt

# ln(2) and pi / 2 as a part whose products with small integers are exact, and the rest.
LN2, LN2_REST = 0.69314718036912382, 1.9082149292705877e-10
QUARTER, QUARTER_REST = 1.5707963267341256, 6.0771005065061922e-11


def exp(x: float) -> float:
    """The exponential."""
    if not -746.0 < x < 709.782712893384:
        return inf if x > 0.0 else max(x, 0.0)
    count = round(x / LN2)
    rest = (x - count * LN2) - count * LN2_REST
    found = 1.0
    for power in range(14, 0, -1):  # Taylor's series, for |rest| < 0.35
        found = 1.0 + rest / power * found
    return ldexp(found, count)


def log2(x: float) -> float:
    """The binary logarithm of a number above 0."""
    mantissa, exponent = frexp(x)
    if mantissa < sqrt(0.5):
        mantissa, exponent = 2.0 * mantissa, exponent - 1
    share = (mantissa - 1.0) / (mantissa + 1.0)
    square, found = share * share, 0.0
    for power in range(23, -1, -2):  # of the inverse hyperbolic tangent
        found = found * square + 1.0 / power
    return exponent + 2.0 * share * found / (LN2 + LN2_REST)


def log(x: float) -> float:
    """The natural logarithm of a number above 0."""
    return log2(x) * (LN2 + LN2_REST)


def cos(x: float) -> float:
    """The cosine of a number of at most a million."""
    count = round(x / QUARTER)
    rest = (x - count * QUARTER) - count * QUARTER_REST
    odd, square = count % 2, rest * rest
    found = 1.0
    for power in range(20 + odd, odd, -2):
        found = 1.0 - square / (power * (power - 1.0)) * found
    found = rest * found if odd else found
    return -found if (count + 1) % 4 > 1 else found


def power(x: float, exponent: float) -> float:
    """`x**exponent`, for x from 0 up; products alone if the exponent is a count."""
    if isinstance(exponent, int) and exponent >= 0:
        found = 1.0
        while exponent:
            if exponent % 2:
                found *= x
            x, exponent = x * x, exponent // 2
        return found
    if x == 0.0:
        return 0.0 if exponent > 0.0 else 1.0 if exponent == 0.0 else inf
    return exp(exponent * log(x))
