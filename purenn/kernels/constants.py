"""Small arrays that kernels use again and again, made once: scalars and one-hot rows."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from purenn.arrays import Array, FloatDtype, Matrix, seal


@lru_cache(maxsize=1024)
def scalar(value: float, dtype: FloatDtype) -> Array:
    """`value` as an array without axes: a ufunc takes it twice as fast as a Python number.

    Zero is positive: -0.0 and 0.0 are equal, and so one entry of the cache, and which of them came
    first must not show in any result.
    """
    return seal(np.array(value + 0.0, dtype))


@lru_cache(maxsize=16)
def unit_rows(classes: int, dtype: FloatDtype) -> Matrix:
    """The identity matrix, whose rows are the one-hot rows."""
    return seal(np.eye(classes, dtype=dtype))
