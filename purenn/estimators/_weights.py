"""Weights of samples as repeated rows, and an order of rows that does not depend on theirs."""

from __future__ import annotations

from math import frexp, ldexp

import numpy as np

from purenn.arrays import FLOAT32, AnyArray, Indices, Matrix, Vector, read_only
from purenn.errors import DataError

# Beyond so many times the mean, the squares of gradients would overflow in float32.
HEAVIEST = 1e15
# Whole numbers stand for repeated rows unless there would be more than so many times as many.
LONGEST = 4


def rows_and_weights(weights: Vector) -> tuple[Indices, Vector]:
    """Which rows count, and the weight of each."""
    rows: Indices = np.flatnonzero(weights)
    if not rows.size:
        raise DataError("Sample weights must contain at least one non-zero number.")
    return rows, weights[rows]


def repeats(weights: Vector) -> tuple[Indices, Vector]:
    """Which rows count, some more than once, and the weight of each.

    What is fitted to weights that are small whole numbers is what would be fitted to repeated rows,
    to the last bit; other weights are factors of the loss.
    """
    rows, found = rows_and_weights(weights)
    longest = LONGEST * len(weights)
    is_short = found.max() <= longest and found.sum() <= longest
    if is_short and (found == np.rint(found)).all():
        rows = np.repeat(rows, found.astype(np.int64))
        return rows, np.ones(len(rows))
    return rows, found


def mean_weight(weights: Vector, samples: str = "samples") -> float:
    """The mean of weights of samples."""
    if not weights.any():
        raise DataError(f"class_weight: the weights of all {samples} are zero.")
    return ldexp(normalized(weights).mean(), frexp(weights.max())[1])


def normalized(weights: Vector) -> Vector:
    """The weights times a power of two, the largest from 1/2 to 1: sums are finite.

    Means in which they are weights keep all bits.
    """
    return np.ldexp(weights, -frexp(weights.max())[1])


@np.errstate(under="ignore")
def relative(weights: Vector, unit: float) -> Vector:
    """The weights divided by a unit, in float32."""
    if weights.max() > HEAVIEST * unit:
        raise DataError("sample_weight: too large compared with the weights of the first call.")
    return (weights / unit).astype(FLOAT32)


def canonical_order(features: Matrix, targets: AnyArray, weights: Vector) -> Indices:
    """The rows in an order that is the same for the same rows, in whatever order they come."""
    first: Indices = np.lexsort([weights, *targets.reshape(len(targets), -1).T])
    raw = np.ascontiguousarray(features[first], features.dtype.newbyteorder("<"))
    whole = raw.view(np.dtype((np.void, raw.itemsize * raw.shape[1])))[:, 0]
    return read_only(first[np.argsort(whole, kind="stable")])
