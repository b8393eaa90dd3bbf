"""Losses of values, for regression: the mean squared error, and others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from purenn import checks
from purenn.arrays import A, Vector, read_only
from purenn.errors import DataError
from purenn.expressions import maker
from purenn.kernels import deviations
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


def _by_output(name: str, kernel: Callable[[A, A], tuple[Vector, A]]) -> Loss[A, A]:
    """The loss whose values and slopes a kernel computes."""

    def per_sample(prediction: A, target: A) -> PerSample[A]:
        require_same_shape(name, prediction, target)
        values, slopes = kernel(prediction, target)
        return values, lambda weights: weighted_slopes(slopes, weights)

    return Loss(per_sample)


@maker
def huber(delta: float = 1.0) -> Loss[A, A]:
    """`e² / 2` for errors e up to delta, and `delta (|e| - delta / 2)` beyond: robust to outliers.

    The mean over a sample's outputs, for floats of any one shape. Huber, "Robust Estimation of a
    Location Parameter" (1964).
    """
    limit = checks.number("The delta of huber", delta, above=0.0)

    def kernel(prediction: A, target: A) -> tuple[Vector, A]:
        checks.fits("The delta of huber", limit, prediction.dtype)
        return deviations.huber(prediction, target, limit)

    return _by_output("huber()", kernel)


@maker
def quantile(level: float) -> Loss[A, A]:
    """The pinball loss `max(level (t - y), (level - 1) (t - y))`, least at the quantile of level.

    The mean over a sample's outputs, for floats of any one shape, and a level from 0 to 1, both
    excluded; 0.5 gives half the absolute error. Where y is t, the slope is 0. Koenker, Bassett,
    "Regression Quantiles" (1978).
    """
    q = checks.number("The level of quantile", level, above=0.0, below=1.0)

    def kernel(prediction: A, target: A) -> tuple[Vector, A]:
        checks.fits("The level of quantile", q, prediction.dtype)
        return deviations.pinball(prediction, target, q)

    return _by_output("quantile()", kernel)


@maker
def poisson() -> Loss[A, A]:
    """`exp(z) - t z`, the negative log-likelihood of counts t less log(t!), for log-rates z.

    The mean over a sample's outputs, for floats of any one shape, and targets ≥ 0.
    """

    def kernel(prediction: A, target: A) -> tuple[Vector, A]:
        if not np.minimum.reduce(target, axis=None) >= 0.0:
            raise DataError("poisson(): expected targets ≥ 0.")
        return deviations.poisson(prediction, target)

    return _by_output("poisson()", kernel)
