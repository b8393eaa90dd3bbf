"""Optimizers, and the transforms of gradients they are made of."""

from purenn.kernels.blocks import Rule
from purenn.optimizers._contract import Point, Transform, stateless, unchanged
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers._state import State
from purenn.optimizers.adam import (
    Maxima,
    Moments,
    Squares,
    adagrad,
    adam,
    adamw,
    amsgrad,
    lamb,
    nadam,
    rmsprop,
    scale_by_adagrad,
    scale_by_adam,
    scale_by_amsgrad,
    scale_by_nadam,
    scale_by_rms,
)
from purenn.optimizers.averaging import (
    Averaged,
    averaged,
    averaged_params,
    evaluation_params,
    stochastic_weight_averaging,
)
from purenn.optimizers.clipping import (
    Norm,
    adaptive_clipping,
    clip_by_global_norm,
    clip_by_value,
    report_global_norm,
)
from purenn.optimizers.elementwise import elementwise
from purenn.optimizers.momentum import Mean, Velocity, lion, momentum, nesterov, scale_by_lion, sgd
from purenn.optimizers.regularizing import centralization, gradient_noise
from purenn.optimizers.scaling import (
    Plateau,
    all_leaves,
    matrices,
    plateau,
    scale_by_trust_ratio,
    scaled,
    weight_decay,
)
from purenn.optimizers.schedule_free import (
    Iterate,
    schedule_free,
    schedule_free_adamw,
    schedule_free_sgd,
)
from purenn.optimizers.wrappers import (
    Accumulated,
    Lookahead,
    Skipping,
    accumulated,
    lookahead,
    skip_nonfinite,
    was_skipped,
)

__all__ = ["Accumulated", "Averaged", "Iterate", "Lookahead", "Maxima", "Mean", "Moments", "Norm"]
__all__ += ["Optimizer", "Plateau", "Point", "Rule", "Skipping", "Squares", "State", "Transform"]
__all__ += ["Velocity", "accumulated", "adagrad", "adam", "adamw", "adaptive_clipping"]
__all__ += ["all_leaves", "amsgrad", "averaged", "averaged_params", "centralization"]
__all__ += ["clip_by_global_norm", "clip_by_value", "descend", "elementwise", "evaluation_params"]
__all__ += ["gradient_noise", "lamb", "lion", "lookahead", "matrices", "momentum", "nadam"]
__all__ += ["nesterov", "plateau", "report_global_norm", "rmsprop", "scale_by_adagrad"]
__all__ += ["scale_by_adam", "scale_by_amsgrad", "scale_by_lion", "scale_by_nadam", "scale_by_rms"]
__all__ += ["scale_by_trust_ratio", "scaled", "schedule_free", "schedule_free_adamw"]
__all__ += ["schedule_free_sgd", "sgd", "skip_nonfinite", "stateless"]
__all__ += ["stochastic_weight_averaging", "unchanged", "was_skipped", "weight_decay"]
