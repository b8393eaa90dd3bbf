"""Arithmetic over the parameters. Each function is a pass or two over memory, and no more."""

from __future__ import annotations

import numpy as np

from purenn.arrays import Array, seal
from purenn.kernels.constants import scalar
from purenn.kernels.memory import empty_like
from purenn.kernels.reductions import squared_norm


def zeros_like(x: Array) -> Array:
    """Zeros of the shape and dtype of `x`."""
    return seal(np.zeros_like(x, order="C"))


def scale(x: Array, factor: float) -> Array:
    """`x * factor`."""
    y = empty_like(x)
    np.multiply(x, scalar(factor, x.dtype), y)
    return seal(y)


def add(x: Array, y: Array) -> Array:
    """`x + y`."""
    z = empty_like(x)
    np.add(x, y, z)
    return seal(z)


def scale_and_add(x: Array, factor: float, y: Array) -> Array:
    """`x * factor + y`."""
    z = empty_like(x)
    np.multiply(x, scalar(factor, x.dtype), z)
    np.add(z, y, z)
    return seal(z)


def clip(x: Array, limit: float) -> Array:
    """`x` with every element brought into [-limit, limit], or `x` itself if all are there.

    No element is larger than the norm: where that is within the limit, which one fast pass tells,
    there is nothing to clip and nothing to write. NaN stays NaN. Limits whose squares might
    underflow or overflow go without that short cut.
    """
    if 1e-15 < limit < 1e15 and squared_norm(x) <= 0.999 * limit * limit:
        return x
    if limit > 1e38:  # not all of these are float32 numbers
        limit = min(limit, float(np.finfo(x.dtype).max))
    y = empty_like(x)
    np.clip(x, scalar(-limit, x.dtype), scalar(limit, x.dtype), y)
    return seal(y)
