"""Focal losses of logits: samples that are classified well already count less.

Lin, Goyal, Girshick, He, Dollár, "Focal Loss for Dense Object Detection" (2017).
"""

from __future__ import annotations

import numpy as np

from purenn import checks
from purenn.arrays import Labels, Matrix, Vector, is_labels
from purenn.checks import NotNegative
from purenn.expressions import maker
from purenn.kernels import entropies
from purenn.kernels.constants import scalar
from purenn.losses._contract import Loss, PerSample, sloped, weighted_slopes
from purenn.losses._targets import require_binary_targets, require_class_targets


@maker
def softmax_focal(gamma: NotNegative = 2.0) -> Loss[Matrix, Matrix | Labels]:
    """`-(1 - p)**gamma log(p)`, where p is the softmax of each row's logits at its label.

    Takes what `softmax_cross_entropy` takes, which it is for a gamma of 0. Rows of probabilities
    weigh the losses of their labels. For the paper's alpha, see `class_weighted`.
    """
    name = "softmax_focal()"

    def per_sample(prediction: Matrix, target: Matrix | Labels) -> PerSample[Matrix]:
        require_class_targets(name, prediction, target)
        checks.fits("The gamma of softmax_focal", gamma, prediction.dtype)
        if is_labels(target):
            entropy, slopes = entropies.label_entropy(prediction, target)
            values, factors = entropies.focal(entropy, gamma)
            return values, lambda weights: weighted_slopes(slopes, np.multiply(factors, weights))
        values, slopes = entropies.softmax_focal(prediction, target, gamma)
        return values, lambda weights: weighted_slopes(slopes, weights)

    return Loss(per_sample)


@maker
def sigmoid_focal(
    gamma: NotNegative = 2.0, alpha: float | None = None
) -> Loss[Matrix, Matrix | Labels]:
    """`-(1 - p)**gamma log(p)`, where p is the probability of the label, the sigmoid of ±z.

    Takes what `binary_cross_entropy_with_logits` takes, which it is for a gamma of 0. A target
    between 0 and 1 weighs the losses of both labels. An alpha multiplies the loss of label 1, and
    1 - alpha that of label 0; the paper has 0.25.
    """
    name = "sigmoid_focal()"
    balance = (1.0, 1.0)
    if alpha is not None:
        a = checks.number("The alpha of sigmoid_focal", alpha, above=0.0, below=1.0)
        balance = (1.0 - a, a)

    def focal(prediction: Matrix, target: Matrix | Labels) -> tuple[Vector, Matrix]:
        rows = require_binary_targets(name, prediction, target)
        checks.fits("The gamma of sigmoid_focal", gamma, prediction.dtype)
        checks.fits("The alpha of sigmoid_focal", balance[1], prediction.dtype)
        both = scalar(balance[0], prediction.dtype), scalar(balance[1], prediction.dtype)
        return entropies.sigmoid_focal(prediction, rows, both, gamma)

    return sloped(focal)
