"""Shifts and scales of the features of a batch."""

from __future__ import annotations

import numpy as np

from purenn.arrays import A, Array, read_only
from purenn.kernels.memory import empty_like


def standardize(x: A, mean: Array, deviation: Array) -> A:
    """`(x - mean) / deviation`."""
    y = empty_like(x)
    np.subtract(x, mean, y)
    np.divide(y, deviation, y)
    return read_only(y)


def restore(y: A, mean: Array, deviation: Array) -> A:
    """`y * deviation + mean`."""
    x = empty_like(y)
    np.multiply(y, deviation, x)
    np.add(x, mean, x)
    return read_only(x)
