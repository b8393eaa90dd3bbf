"""Standardizing along axes, and sums over all axes but the last."""

from __future__ import annotations

from math import prod

import numpy as np

from purenn.arrays import FLOAT64, Array, Matrix, Vector, read_only
from purenn.kernels.constants import scalar
from purenn.kernels.memory import empty_like
from purenn.kernels.products import bias_cotangent

Axes = tuple[int, ...]
LAST: Axes = (-1,)


def standardized(
    x: Array, axes: Axes, epsilon: float, *, is_centred: bool = True
) -> tuple[Array, Array]:
    """`(x - mean) * inverse`, and `inverse = 1 / sqrt(variance + epsilon)`, along the axes.

    What is not centred has the mean 0 instead, and its mean square for a variance. Where squares
    overflow, they are taken of numbers divided by the largest.
    """
    epsilons = scalar(epsilon, x.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        z, variance = _spread(x, axes, is_centred=is_centred)
        if np.isfinite(variance).all():
            inverse = 1.0 / np.sqrt(variance + epsilons)
            np.multiply(z, inverse, z)
            return read_only(z), inverse
        size = np.maximum.reduce(np.abs(x), axis=axes, keepdims=True).clip(1.0)
        z, variance = _spread(x / size, axes, is_centred=is_centred)
        least = (epsilons / size / size).clip(np.finfo(x.dtype).tiny)
        inverse = 1.0 / np.sqrt(variance + least)
        np.multiply(z, inverse, z)
        return read_only(z), inverse / size


def _spread(x: Array, axes: Axes, *, is_centred: bool) -> tuple[Array, Array]:
    """What is left without the mean, as a writable array, and its mean square."""
    left, squares = empty_like(x), empty_like(x)
    if is_centred:
        np.subtract(x, _mean(x, axes), left)
    else:
        np.copyto(left, x)
    np.multiply(left, left, squares)
    return left, _mean(squares, axes)


def _mean(x: Array, axes: Axes) -> Array:
    # Along the last axis NumPy sums pairwise, along others one by one.
    kind = x.dtype if axes == LAST else FLOAT64
    sums: Array = np.add.reduce(x, axis=axes, dtype=kind, keepdims=True)
    np.divide(sums, prod([x.shape[axis] for axis in axes]), sums)
    return sums.astype(x.dtype, copy=False)


def standardized_cotangent(
    z: Array, inverse: Array, dz: Array, axes: Axes, *, is_centred: bool = True
) -> Array:
    """`inverse * (dz - mean(dz) - z * mean(z * dz))`; without the first mean if not centred."""
    dx = empty_like(dz)
    np.multiply(z, dz, dx)
    np.multiply(z, _mean(dx, axes), dx)
    np.subtract(dz, dx, dx)
    if is_centred:
        np.subtract(dx, _mean(dz, axes), dx)
    np.multiply(dx, inverse, dx)
    return read_only(dx)


def feature_sums(x: Array) -> Vector:
    """The sum over all axes but the last."""
    rows: Matrix = x.reshape(-1, x.shape[-1])
    return bias_cotangent(rows)
