"""Columns less their median over their interquartile range, clipped smoothly."""

from __future__ import annotations

from math import inf

import numpy as np

from purenn.arrays import FLOAT32, FLOAT64, Matrix, Vector, read_only
from purenn.kernels.blocks import spans

PIECE = 2**22  # elements that are sorted together
LARGEST = 1e100  # its square is finite


@np.errstate(under="ignore")
def center_and_spread(x: Matrix) -> tuple[Vector, Vector]:
    """The median and the interquartile range of the columns of x, both halved; NaN is left out.

    Halves of finite numbers and their differences are finite. Where the quartiles are equal, the
    spread is half the range; of constant columns it is infinite, so that they become 0.
    """
    center, spread = np.empty(x.shape[1]), np.empty(x.shape[1])
    step = max(1, PIECE // len(x))
    for piece in spans(x.shape[1], step):
        half = x[:, piece] * FLOAT64.type(0.5)
        missing = np.isnan(half)
        half[:, missing.all(axis=0)] = 0.0
        quantile = np.nanquantile if missing.any() else np.quantile
        low, center[piece], high = quantile(half, (0.25, 0.5, 0.75), axis=0)
        widest = 0.5 * (np.fmax.reduce(half) - np.fmin.reduce(half))
        found = np.where(high > low, high - low, widest)
        spread[piece] = np.where(found > 0.0, found, inf)
    # Whether the median is 0 or -0 would depend on the order of rows.
    return read_only(center + 0.0), read_only(spread)


@np.errstate(under="ignore")
def squash(x: Matrix, center: Vector, spread: Vector) -> Matrix:
    """`z / sqrt(1 + (z / 3)²)` for z = (x - 2 center) / (2 spread), in float32; NaN becomes 0."""
    z, root = _scaled(x, center, spread)
    y: Matrix = np.divide(z, root, z).astype(FLOAT32)
    y[np.isnan(y)] = 0.0
    return read_only(y)


@np.errstate(under="ignore")
def squash_slopes(x: Matrix, center: Vector, spread: Vector) -> Matrix:
    """The derivative `(1 + (z / 3)²)^(-3/2) / (2 spread)` of `squash`, in float64."""
    _, root = _scaled(x, center, spread)
    return read_only(0.5 / spread / (root * root * root))


def _scaled(x: Matrix, center: Vector, spread: Vector) -> tuple[Matrix, Matrix]:
    """`z` and `sqrt(1 + (z / 3)²)` of `squash`, in float64."""
    z: Matrix = x * FLOAT64.type(0.5)
    with np.errstate(over="ignore"):
        np.subtract(z, center, z)
        np.divide(z, spread, z)
    z.clip(-LARGEST, LARGEST, z)
    root = np.square(z / 3.0)
    np.add(root, 1.0, root)
    return z, np.sqrt(root, root)
