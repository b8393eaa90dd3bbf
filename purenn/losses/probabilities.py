"""Losses of probabilities, the outputs of `sigmoid` or `softmax`.

The cross-entropies avoid log(0) by a small epsilon, and so are not exact near 0 and 1. For
training, prefer their forms on logits, which need none.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

import numpy as np

from purenn import checks
from purenn.arrays import A, Labels, Matrix, Vector, is_labels
from purenn.expressions import maker
from purenn.kernels.elementwise import scalar
from purenn.kernels.entropies import label_places
from purenn.kernels.memory import empty_like
from purenn.kernels.ops import Ops
from purenn.losses import _targets
from purenn.losses._contract import Loss, computed, computed_in_ops

Epsilon = Annotated[float, partial(checks.number, above=0.0, below=0.5)]
Margin = Annotated[float, partial(checks.number, least=0.0, below=0.5)]
EPSILON = 1e-7


@maker
def binary_cross_entropy(epsilon: Epsilon = EPSILON) -> Loss[Matrix, Matrix | Labels]:
    """Binary cross-entropy of probabilities p, the mean over a sample's outputs.

    `-(t log(p + epsilon) + (1 - t) log(1 - p + epsilon))`, with an epsilon below 0.5. The cotangent
    is `(p - t) / (p (1 - p) + epsilon)`: finite everywhere, and close to the derivative unless p is
    about as near to 0 or 1 as epsilon. There it vanishes with `p - t`; the derivative does not.
    Shapes and targets are those of `binary_cross_entropy_with_logits`.
    """

    def check(name: str, prediction: Matrix, target: Matrix | Labels) -> Matrix:
        rows = _targets.require_binary_targets(name, prediction, target)
        _targets.require_probabilities(name, "prediction", prediction)
        return rows

    def entropy(ops: Ops, prediction: Matrix, t: Matrix) -> tuple[Vector, Matrix]:
        share = scalar(1.0 / prediction.shape[1], prediction.dtype)
        complement: Matrix = np.subtract(1.0, prediction)
        hits = t * _log(ops, prediction + epsilon)
        surprise = hits + np.subtract(1.0, t) * _log(ops, complement + epsilon)
        values: Vector = np.add.reduce(surprise, axis=1) * -share
        slopes: Matrix = np.multiply(prediction, complement, empty_like(prediction))
        np.add(slopes, epsilon, slopes)
        np.divide(np.subtract(prediction, t), slopes, slopes)
        np.multiply(slopes, share, slopes)
        return values, slopes

    return computed_in_ops("binary_cross_entropy", check, entropy, epsilon=epsilon)


def _log(ops: Ops, x: A) -> A:
    """The logarithm, in place of `x`."""
    ops.log(x, x)
    return x


@maker
def cross_entropy(epsilon: Epsilon = EPSILON) -> Loss[Matrix, Matrix | Labels]:
    """Cross-entropy of rows of probabilities: `-sum(t log p)`, p clipped to [epsilon, 1 - epsilon].

    The cotangent `-t / p` passes straight through the clip, so that a saturated row still learns.
    Shapes and targets are those of `softmax_cross_entropy`.
    """

    def entropy(ops: Ops, prediction: Matrix, target: Matrix | Labels) -> tuple[Vector, Matrix]:
        p: Matrix = np.clip(prediction, epsilon, 1.0 - epsilon)
        slopes = empty_like(prediction)
        if is_labels(target):
            places = label_places(prediction, target)
            chosen: Vector = p.ravel().take(places)
            slopes.fill(0.0)
            slopes.reshape(-1)[places] = -1.0 / chosen
            values: Vector = -_log(ops, chosen)
        else:
            np.divide(target, p, slopes)
            np.negative(slopes, slopes)
            values = -np.add.reduce(target * _log(ops, p), axis=1)
        return values, slopes

    return computed_in_ops("cross_entropy", _classes, entropy, epsilon=epsilon)


def _classes(name: str, prediction: Matrix, target: Matrix | Labels) -> Matrix | Labels:
    _targets.require_class_targets(name, prediction, target)
    _targets.require_distributions(name, "prediction", prediction)
    return target


@maker
def brier(epsilon: Margin = 0.0) -> Loss[Matrix, Matrix | Labels]:
    """Half the Brier score: half the squared distance of each row of probabilities from the target.

    Brier, "Verification of Forecasts Expressed in Terms of Probability" (1950), halved so that the
    cotangent is `prediction - target`. Probabilities are first clipped to [epsilon, 1 - epsilon],
    if the epsilon is not 0; the cotangent passes straight through. Shapes and targets are those of
    `softmax_cross_entropy`.
    """
    highest = 1.0 - epsilon if epsilon else np.inf

    def distances(prediction: Matrix, target: Matrix | Labels) -> tuple[Vector, Matrix]:
        slopes: Matrix = np.clip(prediction, epsilon, highest, empty_like(prediction))
        if is_labels(target):
            slopes.reshape(-1)[label_places(prediction, target)] -= 1.0
        else:
            np.subtract(slopes, target, slopes)
        return 0.5 * np.add.reduce(slopes * slopes, axis=1), slopes

    return computed("brier", _classes, distances, epsilon=epsilon)
