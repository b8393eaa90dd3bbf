"""The transforms of gradients. `purenn.transform` has the contract, and `>>`."""

from __future__ import annotations

from purenn.transforms.clipping import (
    Norm,
    clip_by_global_norm,
    clip_by_value,
    global_norm_report,
)
from purenn.transforms.momentum import Velocity, momentum, nesterov
from purenn.transforms.scaling import learning_rate
from purenn.transforms.skipping import Skipping, skip_nonfinite

__all__ = [
    "Norm",
    "Skipping",
    "Velocity",
    "clip_by_global_norm",
    "clip_by_value",
    "global_norm_report",
    "learning_rate",
    "momentum",
    "nesterov",
    "skip_nonfinite",
]
