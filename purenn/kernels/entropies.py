"""Cross-entropies of logits by sample, each with its slope, in stable forms."""

from __future__ import annotations

from math import inf, isfinite

import numpy as np

from purenn.arrays import Indices, Labels, Matrix, Vector, read_only
from purenn.kernels.activations import below_row_maximum, row_sums
from purenn.kernels.constants import row_starts, scalar
from purenn.kernels.memory import empty_like
from purenn.kernels.reductions import total


def label_places(rows: Matrix, labels: Labels) -> Indices:
    """Where each row's label stands in the flat matrix."""
    return np.add(row_starts(*rows.shape), labels, dtype=np.int64, casting="unsafe")


def label_entropy(logits: Matrix, labels: Labels) -> tuple[Vector, Matrix]:
    """`log(sum(exp(z))) - z[label]` of each row z, and `softmax(z)` less 1 at the label."""
    shifted = below_row_maximum(logits)
    slopes = empty_like(logits)
    np.exp(shifted, slopes)
    sums = row_sums(slopes)
    places = label_places(logits, labels)
    values: Vector = np.log(sums)[:, 0] - shifted.ravel().take(places)
    np.divide(slopes, sums, slopes)
    flat = slopes.reshape(-1)
    flat[places] -= scalar(1.0, logits.dtype)
    return read_only(values), read_only(slopes)


def softmax_entropy(logits: Matrix, target: Matrix) -> tuple[Vector, Matrix]:
    """`sum(t (log(sum(exp(z))) - z))` of each row z, and `softmax(z) sum(t) - t`.

    Where t is 0, the product is 0, however far the logit lies below the others.
    """
    surprise = below_row_maximum(logits)  # soon log(sum(exp(z))) - z
    slopes = empty_like(logits)
    np.exp(surprise, slopes)
    sums = row_sums(slopes)
    np.subtract(np.log(sums), surprise, surprise)
    values = _weighted_sums(target, surprise)
    np.multiply(slopes, row_sums(target) / sums, slopes)
    np.subtract(slopes, target, slopes)
    return read_only(values), read_only(slopes)


def _weighted_sums(weights: Matrix, x: Matrix) -> Vector:
    """The sum of `weights * x` along each row, where 0 times infinity is 0."""
    products = empty_like(x)
    with np.errstate(invalid="ignore"):
        np.multiply(weights, x, products)
        sums: Vector = np.add.reduce(products, axis=1)
    if not np.isfinite(sums).all():
        np.copyto(products, scalar(0.0, x.dtype), where=weights == 0)
        sums = np.add.reduce(products, axis=1)
    return sums


def sigmoid_entropy(logits: Matrix, target: Matrix) -> tuple[Vector, Matrix]:
    """`max(z, 0) - t z + log(1 + exp(-|z|))`, the mean of each row, and `(sigmoid(z) - t) / n`."""
    zero, one = scalar(0.0, logits.dtype), scalar(1.0, logits.dtype)
    decay = empty_like(logits)  # exp(-|z|), from 0 to 1
    np.abs(logits, decay)
    np.negative(decay, decay)
    np.exp(decay, decay)
    surprise = empty_like(logits)
    slopes = empty_like(logits)
    logits.clip(zero, scalar(inf, logits.dtype), surprise)
    with np.errstate(invalid="ignore"):
        np.multiply(target, logits, slopes)
        np.subtract(surprise, slopes, surprise)
    np.log1p(decay, slopes)
    np.add(surprise, slopes, surprise)
    columns = logits.shape[1]
    values: Vector = surprise.reshape(-1) if columns == 1 else np.add.reduce(surprise, axis=1)
    if not isfinite(total(values)):
        values = np.add.reduce(_careful_entropy(logits, target), axis=1)
    # sigmoid(z) is 1 / (1 + exp(-|z|)) for z > 0, and exp(-|z|) times that elsewhere.
    np.greater(logits, zero, slopes)
    np.maximum(slopes, decay, out=slopes)
    np.add(decay, one, decay)
    np.divide(slopes, decay, slopes)
    np.subtract(slopes, target, slopes)
    if columns > 1:
        share = scalar(1.0 / columns, logits.dtype)
        np.multiply(values, share, values)
        np.multiply(slopes, share, slopes)
    return read_only(values), read_only(slopes)


def _careful_entropy(logits: Matrix, target: Matrix) -> Matrix:
    """`t softplus(-z) + (1 - t) softplus(z)`, where 0 times infinity is 0."""
    zero = scalar(0.0, logits.dtype)
    with np.errstate(invalid="ignore"):  # NaN stays NaN, without a warning
        missed: Matrix = np.logaddexp(zero, -logits)
        wrong: Matrix = np.logaddexp(zero, logits)
    entropy: Matrix = np.zeros_like(logits)
    np.multiply(target, missed, out=entropy, where=target > 0)
    np.add(entropy, (1 - target) * np.where(target < 1, wrong, zero), out=entropy)
    return entropy
