"""Sums, shifts, multiples and bounds, element by element."""

from __future__ import annotations

import numpy as np

from purenn.arrays import A, Array, read_only
from purenn.kernels.constants import scalar
from purenn.kernels.memory import empty_like


def plus(x: A, y: A) -> A:
    """`x + y`, of one shape."""
    total = empty_like(x)
    np.add(x, y, total)
    return read_only(total)


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
