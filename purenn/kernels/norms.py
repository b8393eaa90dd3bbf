"""Standardizing the rows of a matrix, with the cotangent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from purenn.arrays import Array, Matrix, read_only
from purenn.kernels.elementwise import scalar, times
from purenn.kernels.features import FAR
from purenn.kernels.memory import empty_like


def standardized(x: Matrix, epsilon: float, *, is_centred: bool = True) -> tuple[Matrix, Array]:
    """`(x - mean) * inverse`, and `inverse = 1 / sqrt(variance + epsilon)`, by row.

    What is not centred has the mean 0 instead, and its mean square for a variance.
    """
    z = empty_like(x)

    def spread(x: Array) -> Array:
        if not is_centred:
            np.copyto(z, x)
            return _mean_product(z, z)
        mean = _mean(x)
        np.subtract(x, mean, z)
        variance = _mean_product(z, z)
        is_far = np.square(mean) > FAR**2 * variance
        if is_far.any():
            np.subtract(z, is_far * _mean(z), z)
            variance = _mean_product(z, z)
        return variance

    near, far = inverses(x, epsilon, spread, lambda peaks: peaks)
    with np.errstate(invalid="ignore"):
        np.multiply(z, near, z)
    return read_only(z), far


def inverses(
    x: Array, epsilon: float, spread: Callable[[Array], Array], largest: Callable[[Array], Array]
) -> tuple[Array, Array]:
    """The inverse deviations of what `spread` writes, whose variance it returns, and of x.

    It writes x less its mean. Where squares overflow, it is given x divided by a power of two, at
    most the largest of the peaks along axis 1, instead.
    """
    epsilons = scalar(epsilon, x.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        variance = spread(x)
        if np.isfinite(variance).all():
            inverse = 1.0 / np.sqrt(variance + epsilons)
            return inverse, inverse
        peaks: Array = np.maximum.reduce(np.abs(x), axis=1, keepdims=True)
        _, exponents = np.frexp(largest(peaks).clip(1.0))
        size: Array = np.ldexp(scalar(1.0, x.dtype), exponents - 1)  # x / size is exact
        variance = spread(x / size)
        least = (epsilons / size / size).clip(np.finfo(x.dtype).tiny)
        inverse = 1.0 / np.sqrt(variance + least)
        return inverse, inverse / size


def standardized_cotangent(
    z: Matrix, inverse: Array, dz: Matrix, *, is_centred: bool = True
) -> Matrix:
    """`inverse * (dz - mean(dz) - z * mean(z * dz))`; without the first mean if not centred."""
    dx: Matrix = np.multiply(z, _mean_product(z, dz), empty_like(dz))
    np.subtract(dz, dx, dx)
    if is_centred:
        np.subtract(dx, _mean(dz), dx)
    np.multiply(dx, inverse, dx)
    return read_only(dx)


def _mean(x: Array) -> Array:
    """The mean of each row, as a column."""
    totals: Array = np.add.reduce(x, axis=1, keepdims=True)
    return totals / scalar(x.shape[1], x.dtype)


def _mean_product(x: Array, y: Array) -> Array:
    """The mean of `x * y` for each row."""
    return _mean(times(x, y))
