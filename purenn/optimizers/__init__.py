"""The optimizers and the transforms of gradients. `_contract` says what they are."""

from __future__ import annotations

from purenn.optimizers._contract import Point, Transform, stateless, unchanged
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers._state import State
from purenn.optimizers.adam import Moments, adam, scale_by_adam
from purenn.optimizers.clipping import (
    Norm,
    clip_by_global_norm,
    clip_by_value,
    report_global_norm,
)
from purenn.optimizers.elementwise import elementwise
from purenn.optimizers.momentum import Velocity, momentum, nesterov, sgd
from purenn.optimizers.scaling import Plateau, matrices, plateau, scaled, weight_decay
from purenn.optimizers.wrappers import (
    Accumulated,
    Averaged,
    Skipping,
    accumulated,
    averaged,
    averaged_params,
    skip_nonfinite,
    was_skipped,
)

__all__ = [
    "Accumulated",
    "Averaged",
    "Moments",
    "Norm",
    "Optimizer",
    "Plateau",
    "Point",
    "Skipping",
    "State",
    "Transform",
    "Velocity",
    "accumulated",
    "adam",
    "averaged",
    "averaged_params",
    "clip_by_global_norm",
    "clip_by_value",
    "descend",
    "elementwise",
    "matrices",
    "momentum",
    "nesterov",
    "plateau",
    "report_global_norm",
    "scale_by_adam",
    "scaled",
    "sgd",
    "skip_nonfinite",
    "stateless",
    "unchanged",
    "was_skipped",
    "weight_decay",
]
