"""Losses of logits, the outputs of a last linear layer: the ones to train classifiers with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from purenn import checks
from purenn.arrays import Labels, Matrix, Vector, is_labels
from purenn.checks import Fraction
from purenn.errors import OptionError, ShapeError
from purenn.expressions import maker
from purenn.kernels.constants import scalar
from purenn.kernels.entropies import (
    label_entropy,
    sigmoid_entropy,
    sigmoid_focal,
    smoothed,
    softmax_entropy,
)
from purenn.losses._contract import Loss, sloped
from purenn.losses._targets import (
    require_binary_targets,
    require_class_targets,
    require_distributions,
    require_matrix,
    require_same_shape,
)


@maker
def softmax_cross_entropy(label_smoothing: Fraction = 0.0) -> Loss[Matrix, Matrix | Labels]:
    """`log(sum(exp(z))) - z[label]` of each row z: the exact `cross_entropy` after `softmax`.

    Takes logits (samples, classes), and targets as integer labels (samples,) from 0 to classes - 1
    or as rows of probabilities t of the same shape and dtype: `sum(t (log(sum(exp(z))) - z))`. A
    logit may be -inf, which masks its class. Labels take no memory for their classes.

    With label smoothing s the target is `(1 - s) t + s / classes`, where masked classes are not
    counted and get no share. Szegedy, Vanhoucke, Ioffe, Shlens, Wojna, "Rethinking the Inception
    Architecture for Computer Vision" (2016).
    """
    name = "softmax_cross_entropy()"

    def entropy(prediction: Matrix, target: Matrix | Labels) -> tuple[Vector, Matrix]:
        require_class_targets(name, prediction, target)
        if is_labels(target):
            return label_entropy(prediction, target, label_smoothing)
        rows = smoothed(target, prediction, label_smoothing) if label_smoothing else target
        return softmax_entropy(prediction, rows)

    return sloped(entropy)


@maker
def kullback_leibler() -> Loss[Matrix, Matrix]:
    """The divergence `sum(t log(t / softmax(z)))` of each row of logits z from probabilities t.

    Takes logits, among which are log-probabilities, and targets of the same shape and dtype, as in
    distillation. It is `softmax_cross_entropy` less the entropy of the target, and its cotangent is
    the same. Kullback, Leibler, "On Information and Sufficiency" (1951).
    """
    name = "kullback_leibler()"

    def divergence(prediction: Matrix, target: Matrix) -> tuple[Vector, Matrix]:
        require_matrix(name, prediction)
        require_same_shape(name, prediction, target)
        require_distributions(name, "target", target)
        return softmax_entropy(prediction, target, relative=True)

    return sloped(divergence)


@maker
def binary_cross_entropy_with_logits(
    positive_weights: Sequence[float] | None = None,
) -> Loss[Matrix, Matrix | Labels]:
    """`max(z, 0) - t z + log(1 + exp(-|z|))`: `binary_cross_entropy` after `sigmoid`, exactly.

    Takes logits (samples, outputs), and targets from 0 to 1 of the same shape and dtype or, with
    one output, labels 0 and 1 (samples,). The loss of a sample is the mean over its outputs.

    The positive weights, one > 0 for each output, multiply the losses of label 1 (the terms in t):
    with negatives / positives, both labels weigh the same.
    """
    name = "binary_cross_entropy_with_logits()"
    if positive_weights is not None and not (
        isinstance(positive_weights, tuple) and positive_weights
    ):
        expected = "a positive weight for each output, or None"
        raise OptionError(f"{name}: expected {expected}, got {positive_weights!r}.")
    what = "A positive weight of binary_cross_entropy_with_logits"
    table = [checks.number(what, weight, above=0.0) for weight in positive_weights or ()]

    def entropy(prediction: Matrix, target: Matrix | Labels) -> tuple[Vector, Matrix]:
        rows = require_binary_targets(name, prediction, target)
        if not table:
            return sigmoid_entropy(prediction, rows)
        for weight in table:
            checks.fits(what, weight, prediction.dtype)
        if len(table) != prediction.shape[1]:
            expected = f"{prediction.shape[1]} positive weights, one an output"
            raise ShapeError(name, f"expected {expected}, got {len(table)}.")
        both = scalar(1.0, prediction.dtype), np.array(table, prediction.dtype)
        return sigmoid_focal(prediction, rows, both, 0.0)

    return sloped(entropy)
