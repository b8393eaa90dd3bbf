"""Squared errors: of values, and of probabilities (the Brier score)."""

from __future__ import annotations

from math import inf

import numpy as np

from purenn.arrays import Labels, Matrix, seal
from purenn.checks import below_half
from purenn.kernels.memory import empty_like
from purenn.kernels.reductions import sum_of_squares
from purenn.loss import Loss, Reduction, reduction_scale
from purenn.losses.naming import call
from purenn.losses.targets import class_rows, require_same_shape


def mean_squared_error(reduction: Reduction = "mean") -> Loss[Matrix, Matrix]:
    """`(prediction - target)²`, the mean (or sum) over all elements.

    Raises:
        ShapeError, DtypeError: prediction and target are no float matrices of one shape and dtype.
    """
    name = call("mean_squared_error", reduction)
    scale_of = reduction_scale(reduction)

    def loss(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
        require_same_shape(name, prediction, target)
        scale = scale_of(prediction.size)
        cotangent = empty_like(prediction)
        np.subtract(prediction, target, cotangent)
        value = sum_of_squares(cotangent) * scale
        np.multiply(cotangent, 2.0 * scale, cotangent)
        return value, seal(cotangent)

    return Loss(name, loss)


def brier(epsilon: float = 0.0, reduction: Reduction = "mean") -> Loss[Matrix, Matrix | Labels]:
    """Half the squared distance of each row of probabilities from the target's.

    Brier, "Verification of Forecasts Expressed in Terms of Probability" (1950), halved, so that
    the cotangent is `prediction - target`.

    Args:
        epsilon: probabilities are first clipped to [epsilon, 1 - epsilon]; the cotangent passes
            straight through the clip. 0 clips nothing.
        reduction: over the samples.
    """
    e = below_half("The epsilon of brier", epsilon)
    lowest, highest = (e, 1.0 - e) if e else (-inf, inf)
    name = call("brier", reduction, epsilon=(e, 0.0))
    scale_of = reduction_scale(reduction)

    def loss(prediction: Matrix, target: Matrix | Labels) -> tuple[float, Matrix]:
        rows = class_rows(name, prediction, target)
        scale = scale_of(prediction.shape[0])
        cotangent = empty_like(prediction)
        np.clip(prediction, lowest, highest, cotangent)
        np.subtract(cotangent, rows, cotangent)
        value = 0.5 * sum_of_squares(cotangent) * scale
        np.multiply(cotangent, scale, cotangent)
        return value, seal(cotangent)

    return Loss(name, loss)
