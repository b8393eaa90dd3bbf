"""Standardizing groups of features of each sample, with the cotangent; and sums for features.

Batches are (samples, places, features): what is standardized together are the features of a group
at all places. Sums are products with ones, which are several times faster than NumPy's along any
axis but the last; BLAS sums in blocks.
"""

from __future__ import annotations

import numpy as np

from purenn.arrays import FLOAT64, Array, Vector, read_only
from purenn.kernels.constants import ones, scalar
from purenn.kernels.memory import empty_like
from purenn.kernels.products import ROWS


def standardized(
    x: Array, groups: int, epsilon: float, *, is_centred: bool = True
) -> tuple[Array, Array]:
    """`(x - mean) * inverse`, and `inverse = 1 / sqrt(variance + epsilon)`, by group.

    What is not centred has the mean 0 instead, and its mean square for a variance. Where squares
    overflow, they are taken of numbers divided by the largest.
    """
    epsilons = scalar(epsilon, x.dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        z, variance = _spread(x, groups, is_centred=is_centred)
        if np.isfinite(variance).all():
            inverse = 1.0 / np.sqrt(variance + epsilons)
            np.multiply(z, inverse, z)
            return read_only(z), inverse
        largest: Array = np.maximum.reduce(np.abs(x), axis=1, keepdims=True)
        size = _by_group(np.maximum, largest, groups).clip(1.0)
        z, variance = _spread(x / size, groups, is_centred=is_centred)
        least = (epsilons / size / size).clip(np.finfo(x.dtype).tiny)
        inverse = 1.0 / np.sqrt(variance + least)
        np.multiply(z, inverse, z)
        return read_only(z), inverse / size


def _spread(x: Array, groups: int, *, is_centred: bool) -> tuple[Array, Array]:
    """What is left without the mean, as a writable array, and its mean square."""
    left = empty_like(x)
    if is_centred:
        np.subtract(x, _mean(x, groups), left)
    else:
        np.copyto(left, x)
    return left, _mean_product(left, left, groups)


def standardized_cotangent(
    z: Array, inverse: Array, dz: Array, groups: int, *, is_centred: bool = True
) -> Array:
    """`inverse * (dz - mean(dz) - z * mean(z * dz))`; without the first mean if not centred."""
    dx: Array = np.multiply(z, _mean_product(z, dz, groups), empty_like(dz))
    np.subtract(dz, dx, dx)
    if is_centred:
        np.subtract(dx, _mean(dz, groups), dx)
    np.multiply(dx, inverse, dx)
    return read_only(dx)


def _mean(x: Array, groups: int) -> Array:
    """The mean of each group, as (samples, 1, features) or (samples, 1, 1)."""
    samples, places, features = x.shape
    count = places * features
    if groups == 1:
        totals: Array = x.reshape(samples, count).dot(ones(count, x.dtype))
        return totals.reshape(samples, 1, 1) / scalar(count, x.dtype)
    sums = np.matmul(ones(places, x.dtype).reshape(1, places), x)
    return _by_group(np.add, sums, groups) / scalar(count / groups, x.dtype)


def _mean_product(x: Array, y: Array, groups: int) -> Array:
    """The mean of `x * y` for each group."""
    if groups > 1:
        return _mean(np.multiply(x, y, empty_like(x)), groups)
    shape = samples, count = x.shape[0], x.shape[1] * x.shape[2]
    totals: Array = np.vecdot(x.reshape(shape), y.reshape(shape))
    return totals.reshape(samples, 1, 1) / scalar(count, x.dtype)


def _by_group(reduction: np.ufunc, x: Array, groups: int) -> Array:
    """(samples, 1, features) reduced within each group, at each feature of the group."""
    grouped = x.reshape(x.shape[0], groups, x.shape[2] // groups)
    found: Array = reduction.reduce(grouped, axis=2, keepdims=True)
    return np.broadcast_to(found, grouped.shape).reshape(x.shape)


def feature_sums(x: Array) -> Vector:
    """The sum over all axes but the last; sums of blocks of rows are added up in float64."""
    rows = x.reshape(-1, x.shape[-1])
    whole = len(rows) // ROWS * ROWS
    sums: Vector = ones(len(rows) - whole, x.dtype).dot(rows[whole:])
    if whole:
        blocks = rows[:whole].reshape(-1, ROWS, x.shape[-1])
        parts = np.matmul(ones(ROWS, x.dtype).reshape(1, -1), blocks)
        sums = (np.add.reduce(parts, axis=(0, 1), dtype=FLOAT64) + sums).astype(x.dtype)
    return read_only(sums)
