"""Sums, shifts, multiples and bounds, element by element; and numbers as arrays."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from purenn.arrays import A, Array, FloatDtype, read_only
from purenn.kernels.memory import empty_like


@lru_cache(maxsize=1024)
def scalar(value: float, dtype: FloatDtype) -> Array:
    """`value` as an array without axes: a ufunc takes it twice as fast as a Python number.

    Zero is positive: -0.0 and 0.0 are equal, and so one entry of the cache, and which of them came
    first must not show in any result.
    """
    return read_only(np.array(value + 0.0, dtype))


def plus(x: A, y: A) -> A:
    """`x + y`, of one shape."""
    total = empty_like(x)
    np.add(x, y, total)
    return read_only(total)


def minus(x: A, y: A) -> A:
    """`x - y`, of one shape."""
    rest = empty_like(x)
    np.subtract(x, y, rest)
    return read_only(rest)


def times(x: A, factor: Array) -> A:
    """`x * factor`, in the shape of x."""
    y = empty_like(x)
    np.multiply(x, factor, y)
    return read_only(y)


def times_plus(x: A, factor: Array, shift: Array) -> A:
    """`x * factor + shift`, in the shape of x."""
    y = empty_like(x)
    np.multiply(x, factor, y)
    np.add(y, shift, y)
    return read_only(y)


def standardize(x: A, mean: Array, deviation: Array) -> A:
    """`(x - mean) / deviation`."""
    y = empty_like(x)
    np.subtract(x, mean, y)
    np.divide(y, deviation, y)
    return read_only(y)


def clipped(x: A, low: float, high: float) -> A:
    """`x` brought into [low, high], NaN aside. Writable."""
    return x.clip(scalar(low, x.dtype), scalar(high, x.dtype), empty_like(x))
