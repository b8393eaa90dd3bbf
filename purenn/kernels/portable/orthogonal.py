"""Orthonormal rows with the same bits on every machine, which LAPACK's have not."""

from __future__ import annotations

import numpy as np

from purenn.arrays import Matrix
from purenn.kernels.portable.products import Factor, contract

# So many rows are made orthogonal to those before them by products.
TOGETHER = 32


def orthonormal_rows(x: Matrix) -> Matrix:
    """Rows that span the same, by Gram and Schmidt, each twice: "twice is enough" (Kahan)."""
    found: Matrix = np.zeros_like(x)
    for start in range(0, len(x), TOGETHER):
        rows, before = x[start : start + TOGETHER], Factor(found[:start])
        for _ in range(2 if start else 0):
            shares = contract(Factor(rows), 1, before, 1)
            rows = rows - contract(Factor(shares), 1, before, 0)
        for index, row in enumerate(rows, start):
            near, rest = found[start:index], row
            for _ in range(2):
                shares = np.add.reduce(near * rest, axis=1, keepdims=True)
                rest = rest - np.add.reduce(near * shares, axis=0)
            found[index] = rest / np.sqrt(np.add.reduce(rest * rest))
    return found
