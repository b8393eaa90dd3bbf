"""Arithmetic of optimizers on blocks of equal size. What is written to is named last."""

from __future__ import annotations

from math import sqrt

import numpy as np

from purenn.arrays import FLOAT64, Array, Leaves, read_only
from purenn.kernels.elementwise import scalar
from purenn.kernels.memory import empty_like

# Steps after which what decays is cleared of subnormal numbers again.
FLUSH = 256


def zeros_like(leaves: Leaves) -> Leaves:
    """Zeros of the same shapes and dtypes."""
    return tuple([read_only(np.zeros_like(x, order="C")) for x in leaves])


def scale(x: Array, factor: float, out: Array) -> Array:
    """`x * factor`."""
    return np.multiply(x, scalar(factor, x.dtype), out)


def scale_and_add(x: Array, factor: float, y: Array, spare: Array, out: Array) -> Array:
    """`x * factor + y`. The product is put into `spare`, which may be `out`, but not `y`."""
    np.multiply(x, scalar(factor, x.dtype), spare)
    return np.add(spare, y, out)


def blend(x: Array, decay: float, y: Array, spare: Array, out: Array) -> Array:
    """`x * decay + y * (1 - decay)`. The second product is put into `spare`, which may be `y`."""
    np.multiply(y, scalar(1.0 - decay, y.dtype), spare)
    return scale_and_add(x, decay, spare, out, out)


def average(x: Array, share: float, y: Array, spare: Array, out: Array) -> Array:
    """`x * share + y * (1 - share)`, of which long averages keep the digits.

    Only what is added to the nearer is rounded, not all of it at each step. `spare` is neither.
    """
    near, far, part = (y, x, share) if share < 0.5 else (x, y, 1.0 - share)
    np.subtract(far, near, spare)
    return scale_and_add(spare, part, near, spare, out)


def clip(x: Array, limit: float, out: Array) -> Array:
    """Every element brought into [-limit, limit]. NaN stays NaN."""
    if limit > 1e38:  # not all of these are float32 numbers
        limit = min(limit, float(np.finfo(x.dtype).max))
    return x.clip(scalar(-limit, x.dtype), scalar(limit, x.dtype), out)


def flush_subnormals(x: Array, step: int) -> Array:
    """0 in place of subnormal numbers, which are 20 times slower to compute with, now and then.

    What decays by a factor ends there, not at 0: the smallest times 0.9 rounds to itself.
    """
    if step % FLUSH == FLUSH - 1:
        np.multiply(x, np.abs(x) >= np.finfo(x.dtype).tiny, x)
    return x


def add_moments(
    g: Array, b1: float, b2: float, step: int, out: Array, old: Leaves, new: Leaves
) -> tuple[Array, Array]:
    """The decaying sums of a gradient and of its square, from the old ones."""
    mean = flush_subnormals(scale_and_add(old[0], b1, g, new[0], new[0]), step)
    np.multiply(g, g, out)
    return mean, flush_subnormals(scale_and_add(old[1], b2, out, new[1], new[1]), step)


def adam_direction(
    mean: Array, square: Array, mean_part: float, square_part: float, epsilon: float, out: Array
) -> Array:
    """`mean / mean_part / (sqrt(square / square_part) + epsilon)`."""
    root = sqrt(square_part)
    return scale(over_root(mean, square, epsilon * root, out), root / mean_part, out)


def over_root(x: Array, square: Array, epsilon: float, out: Array) -> Array:
    """`x / (sqrt(square) + epsilon)`."""
    np.sqrt(square, out)
    np.add(out, scalar(epsilon, out.dtype), out)
    return np.divide(x, out, out)


def moved(x: Array, slope: Array, factor: float) -> Array:
    """`x + slope * factor`; a factor beyond the dtype counts as its largest number."""
    out, largest = empty_like(x), float(np.finfo(x.dtype).max)
    return read_only(scale_and_add(slope, min(factor, largest), x, out, out))


def centered(x: Array) -> Array:
    """`x` less the mean over all axes but the last."""
    axes = tuple(range(x.ndim - 1))
    count = x.size // max(1, x.shape[-1])
    sums: Array = np.add.reduce(x, axes, dtype=FLOAT64)
    return read_only(np.subtract(x, (sums / max(1, count)).astype(x.dtype), empty_like(x)))
