"""Orders of samples: vectors of indices, or masks."""

from __future__ import annotations

import numpy as np

from purenn.arrays import Indices, is_plain, read_only
from purenn.errors import OptionError


def is_order(order: object, samples: int) -> bool:
    """Whether this is as `checked_order` gives it, told by one look at all indices."""
    return (
        is_plain(order)
        and order.dtype == np.int64
        and order.ndim == 1
        and order.size > 0
        and bool(order.view(np.uint64).max() < samples)  # negative indices are huge there
    )


def checked_order(order: Indices, samples: int) -> Indices:
    """A vector of indices from 0 to `samples - 1`, read-only; of a mask those it selects."""
    if type(order) is not np.ndarray:
        got = type(order).__name__
        raise OptionError(
            f"expected a NumPy array of indices, got {got}. Take np.array(...) of it."
        )
    if order.dtype.kind == "b":
        if order.shape != (samples,):
            raise OptionError(f"expected a mask of shape ({samples},), got {order.shape}.")
        order = np.flatnonzero(order)
    if order.ndim != 1 or order.dtype.kind not in "iu" or not order.size:
        raise OptionError(
            f"expected a vector of at least one index, got {order.dtype} {order.shape}."
        )
    if order.max() >= samples or order.min() < 0:
        raise OptionError(
            f"expected indices from 0 to {samples - 1}, got {order.min()} to {order.max()}."
        )
    return read_only(order.astype(np.int64))
