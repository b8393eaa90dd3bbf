"""Losses of probabilities, the outputs of `sigmoid` or `softmax`.

The cross-entropies keep away from log(0) by a small epsilon, and so are not exact near 0 and 1. To
train, prefer their forms on logits, which need none.
"""

from __future__ import annotations

import numpy as np

from purenn import checks
from purenn.arrays import Labels, Matrix, Vector, is_labels, read_only
from purenn.expressions import maker
from purenn.kernels.constants import scalar
from purenn.kernels.entropies import label_places
from purenn.kernels.memory import empty_like
from purenn.losses import _targets
from purenn.losses._contract import Loss, PerSample, weighted_slopes

EPSILON = 1e-7


@maker
def binary_cross_entropy(epsilon: float = EPSILON) -> Loss[Matrix, Matrix | Labels]:
    """`-(t log(p + epsilon) + (1 - t) log(1 - p + epsilon))`, the mean over a sample's outputs.

    The cotangent is `(p - t) / (p (1 - p) + epsilon)`: the derivative up to terms in epsilon, and
    finite everywhere. The epsilon is above 0 and below 0.5.
    """
    name = "binary_cross_entropy()"
    e = checks.number("The epsilon of binary_cross_entropy", epsilon, above=0.0, below=0.5)

    def per_sample(prediction: Matrix, target: Matrix | Labels) -> PerSample[Matrix]:
        t = _targets.require_binary_targets(name, prediction, target)
        _targets.require_probabilities(name, "prediction", prediction)
        checks.fits("The epsilon of binary_cross_entropy", e, prediction.dtype)
        share = scalar(1.0 / prediction.shape[1], prediction.dtype)
        complement: Matrix = np.subtract(1.0, prediction)
        hits = t * np.log(prediction + e)
        surprise = hits + np.subtract(1.0, t) * np.log(complement + e)
        values: Vector = np.add.reduce(surprise, axis=1) * -share
        slopes = empty_like(prediction)
        np.multiply(prediction, complement, slopes)
        np.add(slopes, e, slopes)
        np.divide(np.subtract(prediction, t), slopes, slopes)
        np.multiply(slopes, share, slopes)
        return read_only(values), lambda weights: weighted_slopes(slopes, weights)

    return Loss(per_sample)


@maker
def cross_entropy(epsilon: float = EPSILON) -> Loss[Matrix, Matrix | Labels]:
    """`-sum(t log p)` of each row, with p clipped to [epsilon, 1 - epsilon], an epsilon below 0.5.

    The cotangent `-t / p` passes straight through the clip, so that a saturated row still learns.
    """
    name = "cross_entropy()"
    e = checks.number("The epsilon of cross_entropy", epsilon, above=0.0, below=0.5)

    def per_sample(prediction: Matrix, target: Matrix | Labels) -> PerSample[Matrix]:
        _targets.require_class_targets(name, prediction, target)
        _targets.require_distributions(name, "prediction", prediction)
        checks.fits("The epsilon of cross_entropy", e, prediction.dtype)
        p: Matrix = np.clip(prediction, e, 1.0 - e)
        slopes = empty_like(prediction)
        if is_labels(target):
            places = label_places(prediction, target)
            chosen: Vector = p.ravel().take(places)
            slopes.fill(0.0)
            slopes.reshape(-1)[places] = -1.0 / chosen
            values: Vector = -np.log(chosen)
        else:
            np.divide(target, p, slopes)
            np.negative(slopes, slopes)
            values = -np.add.reduce(target * np.log(p), axis=1)
        return read_only(values), lambda weights: weighted_slopes(slopes, weights)

    return Loss(per_sample)


@maker
def brier(epsilon: float = 0.0) -> Loss[Matrix, Matrix | Labels]:
    """Half the squared distance of each row of probabilities from the target's.

    Brier, "Verification of Forecasts Expressed in Terms of Probability" (1950), halved, so that
    the cotangent is `prediction - target`. Probabilities are first clipped to
    [epsilon, 1 - epsilon], if the epsilon is not 0; the cotangent passes straight through.
    """
    name = "brier()"
    e = checks.number("The epsilon of brier", epsilon, least=0.0, below=0.5)

    def per_sample(prediction: Matrix, target: Matrix | Labels) -> PerSample[Matrix]:
        _targets.require_class_targets(name, prediction, target)
        _targets.require_distributions(name, "prediction", prediction)
        checks.fits("The epsilon of brier", e, prediction.dtype)
        slopes = empty_like(prediction)
        np.clip(prediction, e, 1.0 - e if e else np.inf, slopes)
        if is_labels(target):
            slopes.reshape(-1)[label_places(prediction, target)] -= 1.0
        else:
            np.subtract(slopes, target, slopes)
        values: Vector = 0.5 * np.add.reduce(slopes * slopes, axis=1)
        return read_only(values), lambda weights: weighted_slopes(slopes, weights)

    return Loss(per_sample)
