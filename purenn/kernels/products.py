"""The matrix products of a linear layer, forward and backward. This is where the time should go."""

from __future__ import annotations

import numpy as np

from purenn.arrays import FLOAT64, A, Array, Matrix, Vector, read_only, typed_like
from purenn.kernels.memory import empty

# So many rows are summed one after the other in their own dtype before rounding shows.
ROWS = 1024


def products(stack: A, other: Array) -> A:
    """`stack @ other`, matrix by matrix, with no warning of an overflow, like `dot`. Writable."""
    found = typed_like(empty((*stack.shape[:-1], other.shape[-1]), stack.dtype), stack)
    with np.errstate(over="ignore", invalid="ignore"):
        np.matmul(stack, other, found)
    return found


def affine(x: Matrix, weight: Matrix, bias: Vector) -> Matrix:
    """`x @ weight + bias`."""
    y = empty((x.shape[0], weight.shape[1]), x.dtype)
    x.dot(weight, y)
    np.add(y, bias, y)
    return read_only(y)


def product(x: Matrix, weight: Matrix) -> Matrix:
    """`x @ weight`."""
    y = empty((x.shape[0], weight.shape[1]), x.dtype)
    x.dot(weight, y)
    return read_only(y)


def bias_cotangent(dy: Matrix) -> Vector:
    """The sum of `dy` over the batch; blocks of rows are summed up in float64."""
    if dy.shape[0] <= ROWS:
        cotangent: Vector = np.add.reduce(dy, axis=0)
        return read_only(cotangent)
    starts = np.arange(0, dy.shape[0], ROWS)
    blocks: Matrix = np.add.reduceat(dy, starts, axis=0)
    total: Vector = np.add.reduce(blocks, axis=0, dtype=FLOAT64).astype(dy.dtype)
    return read_only(total)
