"""Rows picked out of big arrays: into recycled memory, in one pass, scaled on the way if bytes."""

from __future__ import annotations

import numpy as np

from purenn.arrays import (
    AnyArray,
    ByteImages,
    FloatDtype,
    Images,
    Indices,
    Labels,
    Matrix,
    narrowed,
    seal,
)
from purenn.kernels.constants import scalar
from purenn.kernels.memory import empty


def take_rows(rows: Matrix, indices: Labels) -> Matrix:
    """`rows[indices]`, for indices that are in range."""
    taken = empty((indices.shape[0], rows.shape[1]), rows.dtype)
    # Every mode but "raise" writes straight into `out`, without a buffer.
    np.take(rows, indices, axis=0, out=taken, mode="clip")
    return seal(taken)


def take(array: AnyArray, indices: Indices) -> AnyArray:
    """`array[indices]` along the first axis, for indices that are in range."""
    taken = empty((indices.shape[0], *array.shape[1:]), array.dtype)
    np.take(array, indices, axis=0, out=taken, mode="clip")
    return seal(narrowed(taken, array))


def scale_bytes(pixels: ByteImages, scale: float, dtype: FloatDtype) -> Images:
    """`pixels * scale` as floats."""
    scaled = empty(pixels.shape, dtype)
    np.multiply(pixels, scalar(scale, dtype), scaled)
    return seal(scaled)


def concatenate(parts: list[Matrix]) -> Matrix:
    """The parts one below the other."""
    whole: Matrix = np.concatenate(parts)
    return seal(whole)
