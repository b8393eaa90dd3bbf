"""Small arrays that kernels use again and again, made once."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from purenn.arrays import Array, FloatDtype, Indices, read_only


@lru_cache(maxsize=1024)
def scalar(value: float, dtype: FloatDtype) -> Array:
    """`value` as an array without axes: a ufunc takes it twice as fast as a Python number.

    Zero is positive: -0.0 and 0.0 are equal, and so one entry of the cache, and which of them came
    first must not show in any result.
    """
    return read_only(np.array(value + 0.0, dtype))


@lru_cache(maxsize=16)
def row_starts(rows: int, columns: int) -> Indices:
    """The position of each row's first element in a flat C-contiguous matrix."""
    return read_only(np.arange(rows, dtype=np.int64) * columns)
