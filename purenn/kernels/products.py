"""The matrix products of a linear layer, forward and backward. This is where the time should go."""

from __future__ import annotations

import numpy as np

from purenn.arrays import FLOAT64, Array, Matrix, Stack, Vector, read_only
from purenn.kernels.memory import empty

# So many rows are summed one after the other in their own dtype before rounding shows.
ROWS = 1024


def products(stack: Stack, other: Array) -> Stack:
    """`stack @ other`, matrix by matrix, with no warning of an overflow, like `dot`. Writable."""
    found = empty((stack.shape[0], stack.shape[1], other.shape[-1]), stack.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        np.matmul(stack, other, found)
    return found


def bias_cotangent(dy: Matrix) -> Vector:
    """The sum of `dy` over the batch; blocks of rows are summed up in float64."""
    if dy.shape[0] <= ROWS:
        cotangent: Vector = np.add.reduce(dy, axis=0)
        return read_only(cotangent)
    starts = np.arange(0, dy.shape[0], ROWS)
    blocks: Matrix = np.add.reduceat(dy, starts, axis=0)
    total: Vector = np.add.reduce(blocks, axis=0, dtype=FLOAT64).astype(dy.dtype)
    return read_only(total)
