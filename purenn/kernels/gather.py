"""Rows picked out of big arrays: into recycled memory, in one pass, scaled on the way if bytes."""

from __future__ import annotations

import numpy as np

from purenn.arrays import ByteImages, FloatDtype, Images, Indices, N, read_only, typed_like
from purenn.kernels.constants import scalar
from purenn.kernels.memory import empty


def take(array: N, indices: Indices) -> N:
    """`array[indices]` along the first axis, for indices that are in range."""
    taken = empty((indices.shape[0], *array.shape[1:]), array.dtype)
    # Every mode but "raise" writes straight into `out`, without a buffer.
    np.take(array, indices, axis=0, out=taken, mode="clip")
    return read_only(typed_like(taken, array))


def scale_bytes(pixels: ByteImages, scale: float, dtype: FloatDtype) -> Images:
    """`pixels * scale` as floats."""
    scaled = empty(pixels.shape, dtype)
    np.multiply(pixels, scalar(scale, dtype), scaled)
    return read_only(scaled)


def concatenate(parts: list[N]) -> N:
    """The parts one below the other."""
    return read_only(typed_like(np.concatenate(parts), parts[0]))
