"""Cross-entropies of logits by sample, each with its slope, in stable forms."""

from __future__ import annotations

from functools import lru_cache
from math import inf, isfinite

import numpy as np

from purenn.arrays import A, Array, Indices, Labels, Matrix, Vector, read_only
from purenn.kernels.activations import exp_of_minus_abs, exponentials, row_sums
from purenn.kernels.elementwise import clipped, scalar, times, times_plus
from purenn.kernels.memory import empty_like
from purenn.kernels.ops import Ops
from purenn.kernels.reductions import total


@lru_cache(maxsize=16)
def row_starts(rows: int, columns: int) -> Indices:
    """The position of each row's first element in a flat C-contiguous matrix."""
    return read_only(np.arange(rows, dtype=np.int64) * columns)


def label_places(rows: Matrix, labels: Labels) -> Indices:
    """Where each row's label stands in the flat matrix."""
    return np.add(row_starts(*rows.shape), labels, dtype=np.int64, casting="unsafe")


def label_entropy(
    ops: Ops, logits: Matrix, labels: Labels, smoothing: float = 0.0
) -> tuple[Vector, Matrix]:
    """`log(sum(exp(z))) - z[label]` of each row z, and `softmax(z)` less 1 at the label.

    With smoothing, that of the label blended with `even_shares`.
    """
    shifted, slopes, sums, logs = exponentials(ops, logits)
    places = label_places(logits, labels)
    values: Vector = logs[:, 0] - shifted.ravel().take(places)
    np.divide(slopes, sums, slopes)
    if smoothing:
        shares = even_shares(logits, smoothing)
        np.subtract(slopes, shares, slopes)
        np.subtract(logs, shifted, shifted)
        np.multiply(values, 1.0 - smoothing, values)
        np.add(values, _weighted_sums(shares, shifted), values)
    slopes.reshape(-1)[places] -= scalar(1.0 - smoothing, logits.dtype)
    return read_only(values), read_only(slopes)


def even_shares(logits: Matrix, whole: float) -> Array:
    """`whole`, shared evenly among the classes of each row that are not masked by -inf."""
    if np.minimum.reduce(logits, axis=None) > -inf:
        return scalar(whole / logits.shape[1], logits.dtype)
    shares: Matrix = np.greater(logits, scalar(-inf, logits.dtype), empty_like(logits))
    counts = row_sums(shares)
    np.maximum(counts, scalar(1.0, logits.dtype), out=counts)
    return read_only(np.multiply(shares, whole / counts, shares))


def softmax_entropy(
    ops: Ops, logits: Matrix, target: Matrix, smoothing: float = 0.0, *, relative: bool = False
) -> tuple[Vector, Matrix]:
    """`sum(t (log(sum(exp(z))) - z))` of each row z, and `softmax(z) sum(t) - t`.

    Where t is 0, the product is 0, however far the logit lies below the others. The relative
    entropy has `sum(t log(t))` added. With smoothing, t is blended with `even_shares`.
    """
    if smoothing:
        kept = scalar(1.0 - smoothing, target.dtype)
        target = times_plus(target, kept, even_shares(logits, smoothing))
    surprise, slopes, sums, logs = exponentials(ops, logits)
    np.subtract(logs, surprise, surprise)  # log(sum(exp(z))) - z
    if relative:
        known = clipped(target, float(np.finfo(target.dtype).tiny), inf)  # 0 times its log is 0
        ops.log(known, known)
        np.add(surprise, known, surprise)
    values = _weighted_sums(target, surprise)
    np.multiply(slopes, row_sums(target) / sums, slopes)
    np.subtract(slopes, target, slopes)
    return read_only(values), read_only(slopes)


def _weighted_sums(weights: Array, x: Matrix) -> Vector:
    """The sum of `weights * x` along each row, where 0 times infinity is 0."""
    products = empty_like(x)
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply(weights, x, products)
        sums: Vector = np.add.reduce(products, axis=1)
    if not np.isfinite(sums).all():
        np.copyto(products, scalar(0.0, x.dtype), where=weights == 0)
        sums = np.add.reduce(products, axis=1)
    return sums


def sigmoid_entropy(ops: Ops, logits: Matrix, target: Matrix) -> tuple[Vector, Matrix]:
    """`max(z, 0) - t z + log(1 + exp(-|z|))`, the mean of each row, and `(sigmoid(z) - t) / n`."""
    zero, one = scalar(0.0, logits.dtype), scalar(1.0, logits.dtype)
    e, slopes = exp_of_minus_abs(ops, logits), empty_like(logits)
    surprise: Matrix = np.greater(logits, zero, empty_like(logits))
    np.subtract(surprise, target, surprise)  # exact, where `max(z, 0) - t z` would cancel
    ops.log1p(e, slopes)
    columns = logits.shape[1]
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply(surprise, logits, surprise)
        np.add(surprise, slopes, surprise)
        values: Vector = surprise.reshape(-1) if columns == 1 else np.add.reduce(surprise, axis=1)
    if not isfinite(total(values)):  # 0 times infinity is 0 there
        return sigmoid_focal(ops, logits, target, (one, one), 0.0)
    # sigmoid(z) is 1 / (1 + exp(-|z|)) for z > 0, and exp(-|z|) times that elsewhere.
    np.greater(logits, zero, slopes)
    np.maximum(slopes, e, out=slopes)
    np.add(e, one, e)
    np.divide(slopes, e, slopes)
    np.subtract(slopes, target, slopes)
    if columns > 1:
        share = scalar(1.0 / columns, logits.dtype)
        np.multiply(values, share, values)
        np.multiply(slopes, share, slopes)
    return read_only(values), read_only(slopes)


def focal(ops: Ops, entropy: A, gamma: float) -> tuple[A, A]:
    """`(1 - p)**gamma * entropy`, where p is exp(-entropy), and the slope in the entropy."""
    zero, one, most = (scalar(x, entropy.dtype) for x in (0.0, 1.0, np.finfo(entropy.dtype).max))
    finite, missed, slopes = empty_like(entropy), empty_like(entropy), empty_like(entropy)
    entropy.clip(zero, most, finite)
    np.negative(finite, slopes)
    ops.expm1(slopes, missed)
    np.negative(missed, missed)  # 1 - p
    ops.exp(slopes, slopes)
    np.multiply(slopes, finite, slopes)
    # Both are 0 in the limit, where the ratio is multiplied with 0.
    np.divide(slopes, missed.clip(np.finfo(entropy.dtype).tiny, one), slopes)
    np.multiply(slopes, scalar(gamma, entropy.dtype), slopes)
    np.add(slopes, one, slopes)
    ops.power(missed, gamma, missed)
    np.multiply(slopes, missed, slopes)
    np.multiply(missed, entropy, missed)
    return read_only(missed), read_only(slopes)


def softmax_focal(ops: Ops, logits: Matrix, target: Matrix, gamma: float) -> tuple[Vector, Matrix]:
    """The sum of `t * focal` of each row, and its slope in the logits."""
    surprise, slopes, sums, logs = exponentials(ops, logits)
    np.divide(slopes, sums, slopes)
    np.subtract(logs, surprise, surprise)
    losses, factors = focal(ops, surprise, gamma)
    shares: Matrix = np.multiply(target, factors, empty_like(logits))
    np.multiply(slopes, row_sums(shares), slopes)
    np.subtract(slopes, shares, slopes)
    return read_only(_weighted_sums(target, losses)), read_only(slopes)


def sigmoid_focal(
    ops: Ops, logits: Matrix, target: Matrix, weights: tuple[Array, Array], gamma: float
) -> tuple[Vector, Matrix]:
    """The mean of each row's `focal` of label 1 times t and of label 0 times 1 - t, and its slope.

    The weights are those of label 0 and 1, for all columns or for each.
    """
    one, share = scalar(1.0, logits.dtype), scalar(1.0 / logits.shape[1], logits.dtype)
    tail = exp_of_minus_abs(ops, logits)
    ops.log1p(tail, tail)
    values: Vector = np.zeros(logits.shape[0], logits.dtype)
    slopes: Matrix = np.zeros_like(logits)
    for label, sign in ((0, 1.0), (1, -1.0)):
        parts = times(target if label else one - target, weights[label] * share)
        entropy = clipped(times(logits, scalar(sign, logits.dtype)), 0.0, inf)
        np.add(entropy, tail, entropy)  # softplus(-z) of label 1, softplus(z) of label 0
        losses, factors = focal(ops, entropy, gamma) if gamma else (entropy, one)
        np.add(values, _weighted_sums(parts, losses), values)
        np.negative(entropy, entropy)
        ops.expm1(entropy, entropy)  # the negative probability of the other label
        np.multiply(entropy, factors, entropy)
        np.multiply(entropy, parts, entropy)
        np.multiply(entropy, scalar(-sign, logits.dtype), entropy)
        np.add(slopes, entropy, slopes)
    return read_only(values), read_only(slopes)
