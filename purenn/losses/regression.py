"""Losses of values, for regression: the mean squared error, and others."""

from __future__ import annotations

import numpy as np

from purenn.arrays import A
from purenn.checks import Inner, Positive
from purenn.errors import DataError
from purenn.expressions import maker
from purenn.kernels import deviations
from purenn.losses._contract import Loss, computed, computed_in_ops
from purenn.losses._targets import require_same_shape


@maker
def mean_squared_error() -> Loss[A, A]:
    """Mean of `(prediction - target)²` over a sample's outputs, for float arrays of one shape.

    In a step, mypy assumes matrices. For images, as in autoencoders, declare the type:
    `loss: Loss[Images, Images] = mean_squared_error()`, with `Images` from `purenn.arrays`.
    """
    return computed("mean_squared_error", require_same_shape, deviations.squares)


@maker
def mean_absolute_error() -> Loss[A, A]:
    """Mean of `|prediction - target|` over a sample's outputs, least at the median.

    Shapes are those of `mean_squared_error`. Where both are equal, the slope is 0.
    """
    return computed("mean_absolute_error", require_same_shape, deviations.absolutes)


@maker
def huber(delta: Positive = 1.0) -> Loss[A, A]:
    """Huber loss: `e² / 2` for errors e up to delta, `delta (|e| - delta / 2)` beyond.

    It is robust to outliers. Means and shapes are those of `mean_squared_error`. Huber, "Robust
    Estimation of a Location Parameter" (1964).
    """
    return computed(
        "huber", require_same_shape, lambda y, t: deviations.huber(y, t, delta), delta=delta
    )


@maker
def quantile(level: Inner) -> Loss[A, A]:
    """Quantile (pinball) loss `max(level (t - y), (level - 1) (t - y))`, least at the quantile.

    Means and shapes are those of `mean_squared_error`. The level is from 0 to 1, both excluded; 0.5
    gives half of `mean_absolute_error`. Where y is t, the slope is 0. Koenker and Bassett,
    "Regression Quantiles" (1978).
    """
    return computed(
        "quantile", require_same_shape, lambda y, t: deviations.pinball(y, t, level), level=level
    )


@maker
def poisson() -> Loss[A, A]:
    """Poisson loss `exp(z) - t z` of log-rates z: the negative log-likelihood of t less log(t!).

    Targets are ≥ 0. Means and shapes are those of `mean_squared_error`.
    """

    def check(name: str, prediction: A, target: A) -> A:
        require_same_shape(name, prediction, target)
        if not np.minimum.reduce(target, axis=None) >= 0.0:
            raise DataError(f"{name}: expected targets ≥ 0.")
        return target

    return computed_in_ops("poisson", check, deviations.poisson)
