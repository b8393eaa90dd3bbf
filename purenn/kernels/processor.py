"""What the processor has."""

from __future__ import annotations

import os
from functools import lru_cache

from numpy.lib.introspect import opt_func_info


@lru_cache(maxsize=1)
def has_avx512() -> bool:
    """Whether NumPy computes with AVX-512 here, without which it does not vectorize `expm1`."""
    found = opt_func_info(func_name="^expm1$", signature="float32")
    loops = [loop["current"] for loop in found.get("expm1", {}).values()]  # none in some builds
    return any(not target.startswith("baseline") for target in loops)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
