"""Measures of predictions: functions `(prediction, target) -> float` for `evaluate`."""

from __future__ import annotations

from collections.abc import Callable
from math import nan

import numpy as np

from purenn import checks
from purenn.arrays import Labels, Matrix, is_labels
from purenn.losses._targets import require_binary_targets, require_class_targets


def accuracy(prediction: Matrix, target: Matrix | Labels) -> float:
    """The fraction of rows whose largest entry is at the target's class; NaN if one is NaN.

    Takes logits or probabilities (samples, classes), and targets as labels or rows.
    """
    require_class_targets("accuracy", prediction, target)
    if np.isnan(prediction).any():
        return nan
    labels = target if is_labels(target) else target.argmax(axis=1)
    return float(np.mean(prediction.argmax(axis=1) == labels))


def binary_accuracy(threshold: float = 0.5) -> Callable[[Matrix, Matrix | Labels], float]:
    """The fraction of outputs on the target's side of the threshold; NaN if one is NaN.

    The threshold is 0.5 for probabilities and 0 for logits.

    Raises:
        OptionError: the threshold is not a finite number.
    """
    boundary = checks.number("The threshold of binary_accuracy", threshold)

    def measure(prediction: Matrix, target: Matrix | Labels) -> float:
        rows = require_binary_targets("binary_accuracy", prediction, target)
        if np.isnan(prediction).any():
            return nan
        return float(np.mean((prediction > boundary) == (rows > 0.5)))

    return measure
