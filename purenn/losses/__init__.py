"""Losses for regression, of logits and of probabilities. See `Loss`."""

from purenn.losses._contract import Loss, LossFunction, PerSample, reporting, summed
from purenn.losses.logits import (
    binary_cross_entropy_with_logits,
    hinge,
    kullback_leibler,
    multiclass_hinge,
    sigmoid_focal,
    softmax_cross_entropy,
    softmax_focal,
)
from purenn.losses.probabilities import binary_cross_entropy, brier, cross_entropy
from purenn.losses.regression import (
    huber,
    mean_absolute_error,
    mean_squared_error,
    poisson,
    quantile,
)
from purenn.losses.weighting import balanced_weights, class_weighted, combined, ignoring, weighted

__all__ = ["Loss", "LossFunction", "PerSample", "balanced_weights", "binary_cross_entropy"]
__all__ += ["binary_cross_entropy_with_logits", "brier", "class_weighted", "combined"]
__all__ += ["cross_entropy", "hinge", "huber", "ignoring", "kullback_leibler"]
__all__ += ["mean_absolute_error", "mean_squared_error", "multiclass_hinge", "poisson", "quantile"]
__all__ += ["reporting", "sigmoid_focal", "softmax_cross_entropy", "softmax_focal", "summed"]
__all__ += ["weighted"]
