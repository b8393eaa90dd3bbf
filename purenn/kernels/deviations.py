"""Losses of values by sample, each with its slope: means over the outputs of a sample.

What is infinite may overflow on the way there, and NaN stays NaN: neither is worth a warning.
"""

from __future__ import annotations

from math import inf, isfinite

import numpy as np

from purenn.arrays import A, Array, Labels, Matrix, Vector, read_only
from purenn.kernels.elementwise import clipped, minus, scalar, times, times_plus
from purenn.kernels.entropies import label_places, row_starts
from purenn.kernels.memory import empty_like
from purenn.kernels.ops import Ops
from purenn.kernels.reductions import total

QUIET = np.errstate(over="ignore", invalid="ignore")


def _share(x: Array) -> Array:
    """The part of one output in the mean of a sample's."""
    return scalar(x.shape[0] / x.size, x.dtype)


def _by_sample(x: Array) -> Vector:
    return read_only(np.add.reduce(x.reshape(x.shape[0], -1), axis=1))


def _products(errors: Array, slopes: A) -> tuple[Vector, A]:
    """The means of errors times slopes, and the slopes of these means."""
    shares = times(slopes, _share(slopes))
    return _by_sample(times(errors, shares)), shares


@QUIET
def squares(prediction: A, target: A) -> tuple[Vector, A]:
    """`e²` for errors e, and `2 e`."""
    errors, outputs = empty_like(prediction), prediction.size // prediction.shape[0]
    np.subtract(prediction, target, errors)
    sums = np.add.reduce((errors * errors).reshape(-1, outputs), axis=1)
    values: Vector = sums * scalar(1.0 / outputs, errors.dtype)
    np.multiply(errors, scalar(2.0 / outputs, errors.dtype), errors)
    return values, errors


@QUIET
def absolutes(prediction: A, target: A) -> tuple[Vector, A]:
    """`|e|` for errors e, and their signs."""
    errors, slopes = minus(prediction, target), empty_like(prediction)
    np.sign(errors, slopes)
    return _products(errors, slopes)


@QUIET
def huber(prediction: A, target: A, delta: float) -> tuple[Vector, A]:
    """`c (e - c / 2)`, where c is the error e clipped to [-delta, delta], and c."""
    errors = minus(prediction, target)
    slopes = clipped(errors, -delta, delta)
    return _products(minus(errors, times(slopes, scalar(0.5, errors.dtype))), slopes)


@QUIET
def pinball(prediction: A, target: A, level: float) -> tuple[Vector, A]:
    """`(1 - level) e` for errors e above 0 and `-level e` below, and these slopes; 0 at 0."""
    errors, signs = minus(prediction, target), empty_like(prediction)
    np.sign(errors, signs)
    below = times(clipped(signs, -1.0, 0.0), scalar(level, errors.dtype))
    above = scalar(1.0 - level, errors.dtype)
    return _products(errors, times_plus(clipped(signs, 0.0, 1.0), above, below))


@QUIET
def poisson(ops: Ops, prediction: A, target: A) -> tuple[Vector, A]:
    """`exp(z) - t z` and `exp(z) - t`, where 0 times infinity is 0."""
    slopes, products = empty_like(prediction), empty_like(prediction)
    share = _share(prediction)
    ops.exp(prediction, slopes)
    np.multiply(target, prediction, products)
    np.subtract(slopes, products, products)
    if not isfinite(total(products)):
        zero = scalar(0.0, target.dtype)
        np.copyto(products, slopes, where=np.equal(target, zero) | np.isposinf(slopes))
    np.multiply(products, share, products)
    np.subtract(slopes, target, slopes)
    np.multiply(slopes, share, slopes)
    return _by_sample(products), read_only(slopes)


@QUIET
def hinge(prediction: Matrix, signs: Matrix) -> tuple[Vector, Matrix]:
    """`max(1 - s y, 0)`, and -s where that is above 0."""
    margins: Matrix = np.multiply(signs, prediction, empty_like(prediction))
    np.subtract(scalar(1.0, margins.dtype), margins, margins)
    margins.clip(scalar(0.0, margins.dtype), scalar(inf, margins.dtype), margins)
    slopes: Matrix = np.sign(margins, empty_like(margins))
    share = _share(margins)
    np.multiply(slopes, signs, slopes)
    np.multiply(slopes, -share, slopes)
    np.multiply(margins, share, margins)
    return _by_sample(margins), read_only(slopes)


@QUIET
def multiclass_hinge(scores: Matrix, labels: Labels) -> tuple[Vector, Matrix]:
    """`max(1 + the best other score - the label's, 0)`; if above 0, 1 for that other, -1 here."""
    rivals = empty_like(scores)  # and then the slopes
    np.copyto(rivals, scores)
    places = label_places(scores, labels)
    flat = rivals.reshape(-1)
    flat[places] = -inf
    best = np.add(row_starts(*scores.shape), np.argmax(rivals, axis=1))
    values: Vector = 1.0 + (flat.take(best) - scores.ravel().take(places))
    values.clip(scalar(0.0, values.dtype), scalar(inf, values.dtype), values)
    active: Vector = np.sign(values)
    rivals.fill(0.0)
    flat[best] = active
    flat[places] = -active
    return read_only(values), read_only(rivals)
