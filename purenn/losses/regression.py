"""Losses of values, for regression: the mean squared error, and others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from purenn import checks
from purenn.arrays import A, Vector
from purenn.checks import Positive
from purenn.errors import DataError
from purenn.expressions import maker, with_ops
from purenn.kernels import deviations
from purenn.kernels.constants import scalar
from purenn.kernels.memory import empty_like
from purenn.kernels.ops import Ops
from purenn.losses._contract import Loss, sloped
from purenn.losses._targets import require_same_shape


@maker
def mean_squared_error() -> Loss[A, A]:
    """`(prediction - target)²`, the mean over a sample's outputs, for floats of any one shape."""

    @deviations.QUIET
    def squares(prediction: A, target: A) -> tuple[Vector, A]:
        require_same_shape("mean_squared_error()", prediction, target)
        outputs = prediction.size // prediction.shape[0]
        errors = empty_like(prediction)
        np.subtract(prediction, target, errors)
        rows = (errors * errors).reshape(prediction.shape[0], outputs)
        values: Vector = np.add.reduce(rows, axis=1) * scalar(1.0 / outputs, errors.dtype)
        np.multiply(errors, scalar(2.0 / outputs, errors.dtype), errors)
        return values, errors

    return sloped(squares)


def _by_output(
    name: str, kernel: Callable[[A, A], tuple[Vector, A]], **options: float
) -> Loss[A, A]:
    """The loss whose values and slopes a kernel computes, with options that must fit the dtype."""

    def deviation(prediction: A, target: A) -> tuple[Vector, A]:
        require_same_shape(f"{name}()", prediction, target)
        for option, value in options.items():
            checks.fits(f"The {option} of {name}", value, prediction.dtype)
        return kernel(prediction, target)

    return sloped(deviation)


@maker
def huber(delta: Positive = 1.0) -> Loss[A, A]:
    """`e² / 2` for errors e up to delta, and `delta (|e| - delta / 2)` beyond: robust to outliers.

    The mean over a sample's outputs, for floats of any one shape. Huber, "Robust Estimation of a
    Location Parameter" (1964).
    """
    return _by_output("huber", lambda y, t: deviations.huber(y, t, delta), delta=delta)


@maker
def quantile(level: float) -> Loss[A, A]:
    """The pinball loss `max(level (t - y), (level - 1) (t - y))`, least at the quantile of level.

    The mean over a sample's outputs, for floats of any one shape, and a level from 0 to 1, both
    excluded; 0.5 gives half the absolute error. Where y is t, the slope is 0. Koenker, Bassett,
    "Regression Quantiles" (1978).
    """
    q = checks.number("The level of quantile", level, above=0.0, below=1.0)
    return _by_output("quantile", lambda y, t: deviations.pinball(y, t, q), level=q)


@maker
def poisson() -> Loss[A, A]:
    """`exp(z) - t z`, the negative log-likelihood of counts t less log(t!), for log-rates z.

    The mean over a sample's outputs, for floats of any one shape, and targets ≥ 0.
    """

    def kernel(ops: Ops, prediction: A, target: A) -> tuple[Vector, A]:
        if not np.minimum.reduce(target, axis=None) >= 0.0:
            raise DataError("poisson(): expected targets ≥ 0.")
        return deviations.poisson(ops, prediction, target)

    return with_ops(lambda ops: _by_output("poisson", partial(kernel, ops)))
