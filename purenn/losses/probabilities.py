"""Cross-entropies of probabilities: outputs of `sigmoid` or `softmax`.

They keep away from log(0) by a small epsilon, and so are not exact near 0 and 1. To train, prefer
their forms on logits, which need none.
"""

from __future__ import annotations

import numpy as np

from purenn.arrays import Labels, Matrix, seal
from purenn.checks import below_half, positive
from purenn.kernels.memory import empty_like
from purenn.kernels.reductions import sum_of_products
from purenn.loss import Loss, Reduction, reduction_scale
from purenn.losses.naming import call
from purenn.losses.targets import binary_rows, class_rows

EPSILON = 1e-7


def checked_epsilon(loss: str, epsilon: float) -> float:
    """A number above 0 and below one half.

    Raises:
        OptionError: `epsilon` is none.
    """
    name = f"The epsilon of {loss}"
    return below_half(name, positive(name, epsilon))


def binary_cross_entropy(
    epsilon: float = EPSILON, reduction: Reduction = "mean"
) -> Loss[Matrix, Matrix | Labels]:
    """`-(t log(p + epsilon) + (1 - t) log(1 - p + epsilon))`, the mean (or sum) over all elements.

    The cotangent is `(p - t) / (p (1 - p) + epsilon)`: the derivative up to terms in epsilon, and
    finite everywhere.

    Args:
        epsilon: keeps the logarithms finite; above 0 and below 0.5.
        reduction: over the elements.
    """
    e = checked_epsilon("binary_cross_entropy", epsilon)
    name = call("binary_cross_entropy", reduction, epsilon=(e, EPSILON))
    scale_of = reduction_scale(reduction)

    def loss(prediction: Matrix, target: Matrix | Labels) -> tuple[float, Matrix]:
        t = binary_rows(name, prediction, target)
        scale = scale_of(prediction.size)
        complement: Matrix = np.subtract(1.0, prediction)
        hits = sum_of_products(t, np.log(prediction + e))
        rejections = sum_of_products(np.subtract(1.0, t), np.log(complement + e))
        cotangent = empty_like(prediction)
        np.multiply(prediction, complement, cotangent)
        np.add(cotangent, e, cotangent)
        np.divide(np.subtract(prediction, t), cotangent, cotangent)
        np.multiply(cotangent, scale, cotangent)
        return -(hits + rejections) * scale, seal(cotangent)

    return Loss(name, loss)


def cross_entropy(
    epsilon: float = EPSILON, reduction: Reduction = "mean"
) -> Loss[Matrix, Matrix | Labels]:
    """`-sum(t log p)` of each row, with p clipped to [epsilon, 1 - epsilon].

    The cotangent `-t / p` passes straight through the clip, so that a saturated row still learns.

    Args:
        epsilon: keeps the logarithm finite; above 0 and below 0.5.
        reduction: over the samples.
    """
    e = checked_epsilon("cross_entropy", epsilon)
    name = call("cross_entropy", reduction, epsilon=(e, EPSILON))
    scale_of = reduction_scale(reduction)

    def loss(prediction: Matrix, target: Matrix | Labels) -> tuple[float, Matrix]:
        t = class_rows(name, prediction, target)
        scale = scale_of(prediction.shape[0])
        p: Matrix = np.clip(prediction, e, 1.0 - e)
        cotangent = empty_like(prediction)
        np.divide(t, p, cotangent)
        np.multiply(cotangent, -scale, cotangent)
        return -sum_of_products(t, np.log(p)) * scale, seal(cotangent)

    return Loss(name, loss)
