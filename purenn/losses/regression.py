"""Losses of values: the mean squared error."""

from __future__ import annotations

import numpy as np

from purenn.arrays import A, Vector, read_only
from purenn.expressions import maker
from purenn.kernels.constants import scalar
from purenn.kernels.memory import empty_like
from purenn.losses._contract import Loss, PerSample, weighted_slopes
from purenn.losses._targets import require_same_shape


@maker
def mean_squared_error() -> Loss[A, A]:
    """`(prediction - target)²`, the mean over a sample's outputs, for floats of any one shape."""

    def per_sample(prediction: A, target: A) -> PerSample[A]:
        require_same_shape("mean_squared_error()", prediction, target)
        outputs = prediction.size // prediction.shape[0]
        errors = empty_like(prediction)
        np.subtract(prediction, target, errors)
        squares = (errors * errors).reshape(prediction.shape[0], outputs)
        values: Vector = np.add.reduce(squares, axis=1) * scalar(1.0 / outputs, errors.dtype)
        np.multiply(errors, scalar(2.0 / outputs, errors.dtype), errors)
        return read_only(values), lambda weights: weighted_slopes(errors, weights)

    return Loss(per_sample)
