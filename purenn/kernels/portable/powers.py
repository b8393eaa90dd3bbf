"""Powers with the same bits on every machine."""

from __future__ import annotations

from functools import partial

import numpy as np

from purenn.arrays import FLOAT64, A, Array, FloatDtype
from purenn.kernels.constants import scalar
from purenn.kernels.portable.blockwise import Wide, blockwise
from purenn.kernels.portable.exponentials import exp_rule
from purenn.kernels.portable.logarithms import log_rule


def power(x: Array, y: float, out: A) -> A:
    """`x ** y` as `exp(y * log(x))`, for x >= 0 and finite y; NaN for negative x.

    Within 1 unit in the last place of what is nearest in float32. In float64 the error in such
    units is up to 2 + 2 * |log(x**y)|, which is large only where the power is far from 1.
    """
    if y == 0.0:
        out.fill(1.0)
        return out
    return blockwise(partial(_power_rule, scalar(y, FLOAT64)), x, out)


def _power_rule(y: Array, x: Wide, spare: list[Wide], dtype: FloatDtype) -> None:
    log_rule(x, spare, dtype)
    np.multiply(x, y, x)
    exp_rule(x, spare, dtype)
