"""The losses, of values, probabilities or logits. `purenn.loss` has the contract."""

from __future__ import annotations

from purenn.losses.logits import binary_cross_entropy_with_logits, softmax_cross_entropy
from purenn.losses.probabilities import binary_cross_entropy, cross_entropy
from purenn.losses.regression import brier, mean_squared_error

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "brier",
    "cross_entropy",
    "mean_squared_error",
    "softmax_cross_entropy",
]
