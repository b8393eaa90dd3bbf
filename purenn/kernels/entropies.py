"""Cross-entropies of logits, value and cotangent together, in stable forms."""

from __future__ import annotations

from math import inf

import numpy as np

from purenn.arrays import Matrix, seal
from purenn.kernels.constants import scalar
from purenn.kernels.memory import empty_like
from purenn.kernels.reductions import total
from purenn.kernels.softmax import below_row_maximum, row_sums


def softmax_entropy(logits: Matrix, target: Matrix, scale: float) -> tuple[float, Matrix]:
    """`sum(t (log(sum(exp(z))) - z)) * scale` and `(softmax(z) - t) * scale`.

    The rows of the target t sum to 1.
    """
    surprise = below_row_maximum(logits)  # at the end log(sum(exp(z))) - z
    cotangent = empty_like(logits)
    np.exp(surprise, cotangent)
    sums = row_sums(cotangent)
    np.subtract(np.log(sums), surprise, surprise)
    np.multiply(target, surprise, surprise)
    value = total(surprise)
    np.divide(cotangent, sums, cotangent)
    np.subtract(cotangent, target, cotangent)
    np.multiply(cotangent, scalar(scale, logits.dtype), cotangent)
    return value * scale, seal(cotangent)


def sigmoid_entropy(logits: Matrix, target: Matrix, scale: float) -> tuple[float, Matrix]:
    """`sum(max(z, 0) - t z + log(1 + exp(-|z|))) * scale` and `(sigmoid(z) - t) * scale`."""
    zero, one = scalar(0.0, logits.dtype), scalar(1.0, logits.dtype)
    decay = empty_like(logits)  # exp(-|z|), from 0 to 1
    np.abs(logits, decay)
    np.negative(decay, decay)
    np.exp(decay, decay)
    surprise = empty_like(logits)
    cotangent = empty_like(logits)
    logits.clip(zero, scalar(inf, logits.dtype), surprise)
    np.multiply(target, logits, cotangent)
    np.subtract(surprise, cotangent, surprise)
    np.log1p(decay, cotangent)
    np.add(surprise, cotangent, surprise)
    value = total(surprise)
    # sigmoid(z) is 1 / (1 + exp(-|z|)) for z > 0, and exp(-|z|) times that elsewhere.
    np.greater(logits, zero, cotangent)
    np.maximum(cotangent, decay, out=cotangent)
    np.add(decay, one, decay)
    np.divide(cotangent, decay, cotangent)
    np.subtract(cotangent, target, cotangent)
    np.multiply(cotangent, scalar(scale, logits.dtype), cotangent)
    return value * scale, seal(cotangent)
