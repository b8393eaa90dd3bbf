"""Measures of predictions: functions `(prediction, target) -> float` for `evaluate`."""

from __future__ import annotations

from collections.abc import Callable
from math import nan

import numpy as np

from purenn import checks
from purenn.arrays import AnyArray, Labels, Matrix, is_labels
from purenn.losses._targets import require_binary_targets, require_class_targets


def accuracy(prediction: Matrix, target: Matrix | Labels) -> float:
    """The fraction of rows whose largest entry is at the target's class; NaN if one is NaN.

    Takes logits or probabilities (samples, classes), and targets as labels or rows.
    """
    require_class_targets("accuracy", prediction, target)
    labels = target if is_labels(target) else target.argmax(axis=1)
    return _share(prediction.argmax(axis=1) == labels, prediction)


def binary_accuracy(threshold: float = 0.5) -> Callable[[Matrix, Matrix | Labels], float]:
    """The fraction of outputs on the target's side of the threshold; NaN if one is NaN.

    The threshold, any finite number, is 0.5 for probabilities and 0 for logits.
    """
    boundary = checks.number("The threshold of binary_accuracy", threshold)

    def measure(prediction: Matrix, target: Matrix | Labels) -> float:
        rows = require_binary_targets("binary_accuracy", prediction, target)
        return _share((prediction > boundary) == (rows > 0.5), prediction)

    return measure


def _share(hits: AnyArray, prediction: Matrix) -> float:
    return nan if np.isnan(prediction).any() else float(np.mean(hits))
