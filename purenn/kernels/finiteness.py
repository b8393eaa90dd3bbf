"""Whether arrays hold finite numbers only."""

from __future__ import annotations

from math import isfinite

import numpy as np

from purenn.arrays import AnyArray, Array
from purenn.kernels.reductions import squared_norm


def is_finite(x: Array) -> bool:
    """Whether no element is NaN or infinite: one pass of BLAS where that tells, or one more."""
    return isfinite(squared_norm(x)) or bool(np.isfinite(x).all())


def nonfinite(x: AnyArray) -> int:
    """How many elements are NaN or infinite."""
    return x.size - int(np.count_nonzero(np.isfinite(x)))


def first_nonfinite(x: AnyArray) -> tuple[int, ...] | None:
    """The index of the first element that is NaN or infinite, searched for in pieces of 4 MiB."""
    step = max(1, 2**22 // x[:1].nbytes)
    for start in range(0, len(x), step):
        found = np.argwhere(~np.isfinite(x[start : start + step]))
        if found.size:
            first, *rest = found[0].tolist()
            return (start + first, *rest)
    return None
