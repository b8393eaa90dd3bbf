"""Products of matrices, and of stacks of them."""

from __future__ import annotations

import numpy as np

from purenn.arrays import A, Array, Matrix, typed_like
from purenn.kernels.memory import empty


def product(x: Matrix, weight: Matrix) -> Matrix:
    """`x @ weight`, writable."""
    if x.size == 1 or weight.size == 1:  # `dot` scales by such a matrix, and takes 0 * NaN for 0
        return products(x, weight)
    return x.dot(weight, empty((x.shape[0], weight.shape[1]), x.dtype))


def products(stack: A, other: Array) -> A:
    """`stack @ other`, matrix by matrix, with no warning of an overflow. Writable."""
    found = typed_like(empty((*stack.shape[:-1], other.shape[-1]), stack.dtype), stack)
    with np.errstate(over="ignore", invalid="ignore"):
        np.matmul(stack, other, found)
    return found
