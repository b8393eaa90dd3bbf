"""How often a classifier is wrong, with the weights that losses have."""

from __future__ import annotations

import numpy as np

from purenn.arrays import Labels, Matrix, Vector
from purenn.expressions import maker
from purenn.losses import Loss, PerSample


@maker
def error_rate() -> Loss[Matrix, Labels]:
    """The share of samples whose largest output is not that of their label."""

    def per_sample(prediction: Matrix, target: Labels) -> PerSample[Matrix]:
        return _flat(prediction, prediction.argmax(axis=1) != target)

    return Loss(per_sample)


@maker
def label_error_rate(threshold: float) -> Loss[Matrix, Matrix]:
    """The share of labels, of 0 and 1, that are not on the side of the threshold of the output."""

    def per_sample(prediction: Matrix, target: Matrix) -> PerSample[Matrix]:
        return _flat(prediction, ((prediction > threshold) != (target > 0.5)).mean(axis=1))

    return Loss(per_sample)


def _flat(prediction: Matrix, wrong: Vector) -> PerSample[Matrix]:
    values: Vector = wrong.astype(prediction.dtype)
    return values, lambda weights: np.zeros_like(prediction)
