"""Measures of predictions: functions `(prediction, target) -> float` for `evaluate`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from purenn import checks
from purenn.arrays import Labels, Matrix
from purenn.loss import LossFunction
from purenn.losses.targets import binary_rows, class_rows

Y = TypeVar("Y")
T = TypeVar("T")


def accuracy(prediction: Matrix, target: Matrix | Labels) -> float:
    """The fraction of rows whose largest entry is at the target's class.

    Takes logits or probabilities (samples, classes), and targets as labels or rows.
    """
    rows = class_rows("accuracy", prediction, target)
    return float(np.mean(prediction.argmax(axis=1) == rows.argmax(axis=1)))


def binary_accuracy(threshold: float = 0.5) -> Callable[[Matrix, Matrix | Labels], float]:
    """The fraction of outputs on the target's side of the threshold.

    The threshold is 0.5 for probabilities and 0 for logits.

    Raises:
        OptionError: the threshold is not a finite number.
    """
    boundary = checks.finite("The threshold of binary_accuracy", threshold)

    def measure(prediction: Matrix, target: Matrix | Labels) -> float:
        rows = binary_rows("binary_accuracy", prediction, target)
        return float(np.mean((prediction > boundary) == (rows > 0.5)))

    return measure


def value_of(loss: LossFunction[Y, T]) -> Callable[[Y, T], float]:
    """A loss as a measure: its value without the cotangent."""
    return lambda prediction, target: loss(prediction, target)[0]
