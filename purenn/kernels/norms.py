"""Normalizations by sample, with their cotangents: of the rows of a matrix, and of groups.

For groups of features of a sample, over all its places, batches are (samples, places, features). A
few samples at a time are worked at, while in the cache. NumPy is slow along short rows; several
places side by side make longer ones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from purenn.arrays import FLOAT64, Array, Matrix, Span, Vector, read_only
from purenn.kernels.blocks import spans
from purenn.kernels.elementwise import scalar, times
from purenn.kernels.features import FAR, places_per_row
from purenn.kernels.memory import empty_like
from purenn.kernels.reductions import ROWS
from purenn.kernels.threads import shared
from purenn.kernels.windows import blocks

# The most elements of a row, unless one place has more: numbers of each sample are repeated for it.
WIDTH = 2**9

# What is left of a batch without the means; the inverse deviations of this and of the batch, for
# each sample and feature.
Centred = tuple[Array, Array, Array]


def standardized(x: Matrix, epsilon: float, *, is_centred: bool) -> tuple[Matrix, Array]:
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
    """`1 / sqrt(variance + epsilon)` of what `spread` writes, and of x: one if none overflows.

    `spread(x)` writes x less its mean, and returns the variance. Where squares overflow, it gets x
    divided by a power of two: at most the `largest` of the peaks along axis 1.
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
        return inverse, np.where(variance == 0.0, 1.0 / np.sqrt(epsilons), inverse / size)


def standardized_cotangent(z: Matrix, inverse: Array, dz: Matrix, *, is_centred: bool) -> Matrix:
    """`inverse * (dz - mean(dz) - z * mean(z * dz))`; without the first mean if not centred."""
    dx: Matrix = np.multiply(z, _mean_product(z, dz), empty_like(dz))
    np.subtract(dz, dx, dx)
    if is_centred:
        np.subtract(dx, _mean(dz), dx)
    return read_only(np.multiply(dx, inverse, dx))


def _mean(x: Array) -> Array:
    """The mean of each row, as a column."""
    totals: Array = np.add.reduce(x, axis=1, keepdims=True)
    return totals / scalar(x.shape[1], x.dtype)


def _mean_product(x: Array, y: Array) -> Array:
    """The mean of `x * y` for each row."""
    return _mean(times(x, y))


def normalized(
    x: Array, groups: int, epsilon: float, scale: Vector, shift: Vector
) -> tuple[Array, Centred]:
    """`(x - mean) / sqrt(variance + epsilon) * scale + shift`, by group, and its `Centred`."""
    y, left = empty_like(x), empty_like(x)
    near, far = _of_samples(x), _of_samples(x)
    shifts = _repeated(shift, x)
    rows, to = _rows(left), _rows(y)

    def write(block: Span) -> None:
        near[block], far[block] = _centre(x[block], left[block], y[block], groups, epsilon)
        np.multiply(rows[block], _repeated(near[block] * scale, x), to[block])
        np.add(to[block], shifts, to[block])

    shared(write, _blocks(x))
    return read_only(y), (left, near, far)


def _centre(x: Array, out: Array, spare: Array, groups: int, epsilon: float) -> tuple[Array, Array]:
    """Write x less the means to `out`, and give the inverse deviations of `out` and x."""

    def spread(x: Array) -> Array:
        means = _group_means(place_sums(x), x, groups)
        variance = subtracted(x, means)
        is_far = np.square(means) > FAR**2 * variance
        if is_far.any():
            variance = subtracted(out, is_far * _group_means(place_sums(out), x, groups))
        return variance

    def subtracted(x: Array, means: Array) -> Array:
        np.subtract(_rows(x), _repeated(means, x), _rows(out))
        np.multiply(out, out, spare)
        return _group_means(place_sums(spare), x, groups)

    return inverses(x, epsilon, spread, lambda peaks: _by_group(np.maximum, peaks, groups))


def sums(centred: Centred, dy: Array) -> tuple[Array, Array]:
    """The sums over places of `dy` times what was scaled, and of `dy`."""
    left, near, _ = centred
    along, level = _of_samples(dy), _of_samples(dy)

    def write(block: Span) -> None:
        given = dy[block]
        place_sums(times(left[block], given), along[block])
        place_sums(given, level[block])

    shared(write, _blocks(dy))
    return np.multiply(along, near, along), level


def sample_sums(x: Array) -> Vector:
    """The sum over samples of `(samples, 1, features)`, added up in float64."""
    return read_only(np.add.reduce(x, axis=(0, 1), dtype=FLOAT64).astype(x.dtype))


def normalized_cotangent(
    centred: Centred, dy: Array, scale: Vector, along: Array, level: Array, groups: int
) -> Array:
    """`(dz - mean(dz) - z * mean(z * dz)) / deviation`, where z was scaled and dz is dy * scale."""
    left, near, far = centred
    dx = empty_like(dy)
    given, rows, to = _rows(dy), _rows(left), _rows(dx)
    factor = _repeated(far * scale, dy)
    levels = _repeated(far * _group_means(level * scale, dy, groups), dy)
    slopes = _repeated(far * near * _group_means(along * scale, dy, groups), dy)

    def write(block: Span) -> None:
        out = to[block]
        np.multiply(given[block], factor[block], out)
        np.subtract(out, times(rows[block], slopes[block]), out)
        np.subtract(out, levels[block], out)

    shared(write, _blocks(dy))
    return read_only(dx)


def _of_samples(x: Array) -> Array:
    """Memory for a number of each sample and feature."""
    return np.empty((x.shape[0], 1, x.shape[2]), x.dtype)


def _blocks(x: Array) -> list[Span]:
    """A few samples at a time."""
    return blocks(x.shape[0], x.shape[1] * x.shape[2])


def _rows(x: Array) -> Array:
    """Several places of a sample side by side."""
    _, places, features = x.shape
    count = places_per_row(places, features, WIDTH)
    return x.reshape(-1, places // count, count * features)


def _repeated(values: Array, x: Array) -> Array:
    """Numbers of the features, or of each sample and feature, for the rows of x."""
    count = places_per_row(x.shape[1], x.shape[2], WIDTH)
    return values.reshape(-1, 1, x.shape[2]).repeat(count, 1).reshape(-1, 1, count * x.shape[2])


def place_sums(x: Array, out: Array | None = None) -> Array:
    """The sums over the places of each sample, (samples, 1, features)."""
    rows = _rows(x)
    parts = [np.add.reduce(rows[:, part], axis=1) for part in spans(rows.shape[1], ROWS)]
    wide = parts[0] if len(parts) == 1 else np.add.reduce(parts, axis=0, dtype=FLOAT64)
    places = wide.reshape(x.shape[0], rows.shape[2] // x.shape[2], x.shape[2])
    return np.add.reduce(places, axis=1, keepdims=True, dtype=x.dtype, out=out)


def _group_means(sums: Array, x: Array, groups: int) -> Array:
    """The mean over a group, from sums over the places of x."""
    return _by_group(np.add, sums, groups) / scalar(x.shape[1] * x.shape[2] / groups, x.dtype)


def _by_group(reduction: np.ufunc, x: Array, groups: int) -> Array:
    """(samples, 1, features) reduced within each group, at each feature of the group."""
    size = x.shape[2] // groups
    found: Array = reduction.reduce(x.reshape(x.shape[0], groups, size), axis=2)
    return found.repeat(size, 1).reshape(x.shape)
