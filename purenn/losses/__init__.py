"""The losses, of values, probabilities or logits. `_contract` says what a loss is."""

from __future__ import annotations

from purenn.losses._contract import Loss, LossFunction, PerSample, reporting, summed
from purenn.losses.logits import binary_cross_entropy_with_logits, softmax_cross_entropy
from purenn.losses.probabilities import binary_cross_entropy, brier, cross_entropy
from purenn.losses.regression import mean_squared_error
from purenn.losses.weighting import balanced_weights, class_weighted, weighted

__all__ = [
    "Loss",
    "LossFunction",
    "PerSample",
    "balanced_weights",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "brier",
    "class_weighted",
    "cross_entropy",
    "mean_squared_error",
    "reporting",
    "softmax_cross_entropy",
    "summed",
    "weighted",
]
