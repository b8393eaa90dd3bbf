"""Products of stacks of matrices."""

from __future__ import annotations

import numpy as np

from purenn.arrays import A, Array, typed_like
from purenn.kernels.memory import empty


def products(stack: A, other: Array) -> A:
    """`stack @ other`, matrix by matrix, with no warning of an overflow, like `dot`. Writable."""
    found = typed_like(empty((*stack.shape[:-1], other.shape[-1]), stack.dtype), stack)
    with np.errstate(over="ignore", invalid="ignore"):
        np.matmul(stack, other, found)
    return found
