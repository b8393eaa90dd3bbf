"""Losses for regression, of logits and of probabilities. See `Loss`."""

from __future__ import annotations

from purenn.losses._contract import Loss as Loss
from purenn.losses._contract import LossFunction as LossFunction
from purenn.losses._contract import PerSample as PerSample
from purenn.losses._contract import reporting as reporting
from purenn.losses._contract import summed as summed
from purenn.losses.logits import (
    binary_cross_entropy_with_logits as binary_cross_entropy_with_logits,
)
from purenn.losses.logits import hinge as hinge
from purenn.losses.logits import kullback_leibler as kullback_leibler
from purenn.losses.logits import multiclass_hinge as multiclass_hinge
from purenn.losses.logits import sigmoid_focal as sigmoid_focal
from purenn.losses.logits import softmax_cross_entropy as softmax_cross_entropy
from purenn.losses.logits import softmax_focal as softmax_focal
from purenn.losses.probabilities import binary_cross_entropy as binary_cross_entropy
from purenn.losses.probabilities import brier as brier
from purenn.losses.probabilities import cross_entropy as cross_entropy
from purenn.losses.regression import huber as huber
from purenn.losses.regression import mean_absolute_error as mean_absolute_error
from purenn.losses.regression import mean_squared_error as mean_squared_error
from purenn.losses.regression import poisson as poisson
from purenn.losses.regression import quantile as quantile
from purenn.losses.weighting import balanced_weights as balanced_weights
from purenn.losses.weighting import class_weighted as class_weighted
from purenn.losses.weighting import combined as combined
from purenn.losses.weighting import ignoring as ignoring
from purenn.losses.weighting import weighted as weighted
