"""Rows picked out of big arrays: into recycled memory, in one pass, scaled on the way if bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from purenn import array_checks, arrays
from purenn.arrays import ByteImages, FloatDtype, Images, Indices, Matrix, N, read_only, typed_like
from purenn.errors import ShapeError
from purenn.kernels.elementwise import scalar
from purenn.kernels.memory import empty, empty_like
from purenn.kernels.reductions import ROWS


def take(array: N, indices: Indices) -> N:
    """`array[indices]` along the first axis, for indices that are in range or negative ones."""
    taken = empty((indices.shape[0], *array.shape[1:]), array.dtype)
    # Every mode but "raise" writes straight into `out`, without a buffer.
    array.take(indices, 0, taken, "wrap")
    return read_only(typed_like(taken, array))


def scattered(dy: arrays.Array, indices: Indices, table: Matrix) -> Matrix:
    """The cotangent of the table of `take`: rows of dy, as wide, added up where they came from."""
    symbols, width = table.shape
    if len(indices) > max(ROWS, 4 * symbols):  # their sums in float32 would drift
        found = empty_like(table)
        for column, each in zip(found.T, dy.reshape(-1, width).T, strict=True):
            column[...] = np.bincount(indices, each, symbols)
        return read_only(found)
    sums: Matrix = np.zeros(table.shape, table.dtype)
    # NumPy has a fast loop for single numbers, and none for rows.
    cells = indices.reshape(-1, 1) * width + np.arange(width)
    np.add.at(sums.reshape(-1), cells.reshape(-1), dy.reshape(-1))
    return read_only(sums)


def rows(array: N, selection: Indices | range) -> N:
    """`array[selection]` in C order and native bytes; a run without gaps is a view."""
    if isinstance(selection, range):
        start, stop, step = selection.start, selection.stop, selection.step
        if step == 1 and start >= 0 and stop <= len(array):
            return native(read_only(typed_like(array[start:stop], array)))
        selection = np.arange(start, stop, step)
    array_checks.require_array("The rows to take", selection, "")
    if selection.ndim != 1 or selection.dtype.kind not in "iub":
        got = f"{selection.dtype} of shape {selection.shape}"
        raise ShapeError("The rows to take", f"expected a vector of indices or a mask, got {got}.")
    is_plain = array.ndim > 1 and selection.dtype.kind != "b"
    if is_plain and array.flags.c_contiguous and array.flags.aligned:
        array[..., :0].take(selection, 0)  # which NumPy refuses for indices out of range
        return native(take(array, selection))
    # NumPy's take would first copy the whole of such a memory map.
    return native(read_only(typed_like(array[selection], array)))


def native(array: N) -> N:
    """The array in C order and the machine's byte order: itself if it is so already."""
    if array.flags.c_contiguous and array.dtype.isnative:
        return array
    copied = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    return read_only(typed_like(copied, array))


def scale_bytes(pixels: ByteImages, scale: float, dtype: FloatDtype) -> Images:
    """`pixels * scale` as floats."""
    return read_only(np.multiply(pixels, scalar(scale, dtype), empty(pixels.shape, dtype)))


def concatenate(parts: Sequence[N]) -> N:
    """The parts one below the other."""
    if len(parts) == 1 and parts[0].ndim:  # quick
        return read_only(parts[0].copy())
    return read_only(typed_like(np.concatenate(parts), parts[0]))
