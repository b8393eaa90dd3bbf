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
