"""The optimizers and the transforms of gradients. `_contract` says what they are."""

from __future__ import annotations

from purenn.optimizers._contract import Point, Transform, stateless, unchanged
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers._state import State
from purenn.optimizers.adagrad import Squares, adagrad, rmsprop, scale_by_adagrad, scale_by_rms
from purenn.optimizers.adam import Moments, adam, adamw, scale_by_adam
from purenn.optimizers.amsgrad import Maxima, amsgrad, scale_by_amsgrad
from purenn.optimizers.clipping import (
    Norm,
    adaptive_clipping,
    clip_by_global_norm,
    clip_by_value,
    report_global_norm,
)
from purenn.optimizers.elementwise import elementwise
from purenn.optimizers.lamb import lamb, scale_by_trust_ratio
from purenn.optimizers.lion import Mean, lion, scale_by_lion
from purenn.optimizers.momentum import Velocity, momentum, nesterov, sgd
from purenn.optimizers.nadam import nadam, scale_by_nadam
from purenn.optimizers.regularizing import centralization, gradient_noise
from purenn.optimizers.scaling import Plateau, all_leaves, matrices, plateau, scaled, weight_decay
from purenn.optimizers.schedule_free import (
    Iterate,
    schedule_free,
    schedule_free_adamw,
    schedule_free_sgd,
)
from purenn.optimizers.wrappers import (
    Accumulated,
    Averaged,
    Lookahead,
    Skipping,
    accumulated,
    averaged,
    averaged_params,
    lookahead,
    skip_nonfinite,
    stochastic_weight_averaging,
    was_skipped,
)

__all__ = [
    "Accumulated",
    "Averaged",
    "Iterate",
    "Lookahead",
    "Maxima",
    "Mean",
    "Moments",
    "Norm",
    "Optimizer",
    "Plateau",
    "Point",
    "Skipping",
    "Squares",
    "State",
    "Transform",
    "Velocity",
    "accumulated",
    "adagrad",
    "adam",
    "adamw",
    "adaptive_clipping",
    "all_leaves",
    "amsgrad",
    "averaged",
    "averaged_params",
    "centralization",
    "clip_by_global_norm",
    "clip_by_value",
    "descend",
    "elementwise",
    "gradient_noise",
    "lamb",
    "lion",
    "lookahead",
    "matrices",
    "momentum",
    "nadam",
    "nesterov",
    "plateau",
    "report_global_norm",
    "rmsprop",
    "scale_by_adagrad",
    "scale_by_adam",
    "scale_by_amsgrad",
    "scale_by_lion",
    "scale_by_nadam",
    "scale_by_rms",
    "scale_by_trust_ratio",
    "scaled",
    "schedule_free",
    "schedule_free_adamw",
    "schedule_free_sgd",
    "sgd",
    "skip_nonfinite",
    "stateless",
    "stochastic_weight_averaging",
    "unchanged",
    "was_skipped",
    "weight_decay",
]
