"""Sums over all axes but the last, and batch normalization.

NumPy is slow along short rows. Several places of a batch side by side, with the features' numbers
repeated for them, make long ones. Threads share these, a few at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from purenn.arrays import FLOAT64, A, Array, Vector, read_only
from purenn.kernels.blocks import cut, even_step
from purenn.kernels.elementwise import scalar
from purenn.kernels.memory import empty_like
from purenn.kernels.reductions import ROWS
from purenn.kernels.threads import shared

# The most elements of a row, unless one place has more, and about those of a block.
WIDTH, BLOCK = 2**13, 2**18
# How many deviations from 0 a mean may be before its rounding shows.
FAR = 2.0**10


def feature_sums(x: Array) -> Vector:
    """The sum over all axes but the last; sums of blocks are added up in float64."""
    rows = x.reshape(-1, x.shape[-1])
    if len(rows) > ROWS:
        return read_only(_total(x, lambda block: block[0]).astype(x.dtype))
    return read_only(np.add.reduce(rows, axis=0))


def moments(x: Array) -> tuple[Vector, Vector]:
    """The mean and the biased variance of each feature."""
    places = x.size // x.shape[-1]
    mean: Vector = feature_sums(x) / scalar(places, x.dtype)
    variance: Vector = (product_sums(x, mean) / places).astype(x.dtype)
    is_far = np.abs(mean) > scalar(FAR, x.dtype) * np.sqrt(variance)
    if is_far.any():
        left: Array = np.compress(is_far, x, -1) - mean[is_far]
        rest: Vector = feature_sums(left) / scalar(places, x.dtype)
        mean[is_far] += rest
        variance[is_far] = product_sums(left, rest) / places
    return read_only(mean), read_only(variance)


def normalized(x: A, mean: Vector, factor: Vector, shift: Vector) -> A:
    """`(x - mean) * factor + shift`."""
    y = empty_like(x)
    centre, factors, shifts = _repeated(x, mean, factor, shift)

    def write(block: Sequence[Array]) -> None:
        rows, to = block
        np.subtract(rows, centre, to)
        np.multiply(to, factors, to)
        np.add(to, shifts, to)

    shared(write, _blocks(x, y))
    return read_only(y)


def product_sums(x: Array, mean: Vector, *factor: Array) -> Vector:
    """The sum of `(x - mean) * factor`, or of `(x - mean)²` if there is no factor; in float64."""
    (centre,) = _repeated(x, mean)

    def products(block: Sequence[Array]) -> Array:
        rows, *factors = block
        left = np.subtract(rows, centre, empty_like(rows))
        return np.multiply(left, factors[0] if factors else left, left)

    return _total(x, products, *factor)


def normalized_cotangent(
    x: A, mean: Vector, dy: A, level: Vector, along: Vector, factor: Vector
) -> A:
    """`(dy - level - (x - mean) * along) * factor`."""
    dx = empty_like(dy)
    centre, levels, slopes, factors = _repeated(x, mean, level, along, factor)

    def write(block: Sequence[Array]) -> None:
        rows, given, to = block
        left = np.subtract(rows, centre, empty_like(rows))
        np.multiply(left, slopes, left)
        np.subtract(given, levels, to)
        np.subtract(to, left, to)
        np.multiply(to, factors, to)

    shared(write, _blocks(x, dy, dx))
    return read_only(dx)


@lru_cache(maxsize=64)
def places_per_row(places: int, features: int, width: int) -> int:
    """How many places go into a row: the largest divisor of their number that fits the width."""
    most = max(1, min(places, width // features))
    return next(count for count in range(most, 0, -1) if places % count == 0)


def _width(x: Array) -> int:
    features = x.shape[-1]
    return places_per_row(x.size // features, features, WIDTH) * features


def _blocks(*arrays: Array) -> Sequence[Sequence[Array]]:
    """A few rows of all arrays at a time."""
    width = _width(arrays[0])
    step = even_step(arrays[0].size // width, max(1, min(ROWS, BLOCK // width)))
    return list(cut(step, *[x.reshape(-1, width) for x in arrays]))


def _repeated(x: Array, *features: Vector) -> list[Vector]:
    """The numbers of the features for each place in a row."""
    repeats = _width(x) // x.shape[-1]
    return [v.reshape(1, -1).repeat(repeats, 0).reshape(-1) for v in features]


def _total(x: Array, of: Callable[[Sequence[Array]], Array], *others: Array) -> Vector:
    """The sum over places of what the function gives for blocks, added up in float64."""
    totals: Vector = np.zeros(_width(x), FLOAT64)
    for found in shared(lambda block: np.add.reduce(of(block), axis=0), _blocks(x, *others)):
        np.add(totals, found, totals)
    sums: Vector = np.add.reduce(totals.reshape(-1, x.shape[-1]), axis=0)
    return sums
