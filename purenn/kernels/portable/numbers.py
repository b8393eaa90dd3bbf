"""Numbers as a ufunc takes them fastest, and those that several functions share."""

from __future__ import annotations

import numpy as np

from purenn.arrays import FLOAT64, Array
from purenn.kernels.elementwise import scalar

Bits = np.ndarray[tuple[int, ...], np.dtype[np.int64]]
Constants = tuple[Array, ...]


def constants(*values: float) -> Constants:
    """Each of the numbers as an array without axes."""
    return tuple(scalar(value, FLOAT64) for value in values)


def integer(value: int) -> Bits:
    """A bit pattern, or a number of bits."""
    return np.array(value, np.int64)


ZERO, HALF, ONE, TWO = constants(0.0, 0.5, 1.0, 2.0)
# log(2), and as a sum: the second has 32 bits, and so exact products with integers of 21 bits.
LN2 = constants(0.6931471805599453, 0.6931471803691238, 1.9082149292705877e-10)
# A float64 of this size has the unit 1: the sum of it and x ends with the bits of rint(x).
ROUNDING = 1.5 * 2.0**52
MANTISSA = 52  # bits, below those of the exponent
