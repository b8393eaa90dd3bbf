"""Losses of logits and scores, the outputs of a linear layer: those to train classifiers with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from purenn import checks
from purenn.arrays import Labels, Matrix, Vector, is_labels
from purenn.checks import Fraction, Inner, NotNegative
from purenn.errors import ShapeError
from purenn.expressions import maker, with_ops
from purenn.kernels import deviations, entropies
from purenn.kernels.elementwise import scalar
from purenn.kernels.ops import Ops
from purenn.losses import _targets
from purenn.losses._contract import Loss, PerSample, computed, computed_in_ops, weighted_slopes


@maker
def softmax_cross_entropy(label_smoothing: Fraction = 0.0) -> Loss[Matrix, Matrix | Labels]:
    """Cross-entropy of logits: `log(sum(exp(z))) - z[label]` of each row z.

    It is `cross_entropy` after `softmax`, computed exactly. Takes logits (samples, classes), and
    targets as integer labels (samples,) from 0 to classes - 1 or as rows of probabilities t of the
    same shape and dtype: `sum(t (log(sum(exp(z))) - z))`. A logit may be -inf, which masks its
    class. Labels are not expanded to rows.

    With label smoothing s the target is `(1 - s) t + s / classes`, where masked classes are not
    counted and get no share. Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the
    Inception Architecture for Computer Vision" (2016).
    """

    def entropy(ops: Ops, prediction: Matrix, target: Matrix | Labels) -> tuple[Vector, Matrix]:
        if is_labels(target):
            return entropies.label_entropy(ops, prediction, target, label_smoothing)
        return entropies.softmax_entropy(ops, prediction, target, label_smoothing)

    return computed_in_ops("softmax_cross_entropy", _targets.require_class_targets, entropy)


@maker
def kullback_leibler() -> Loss[Matrix, Matrix]:
    """Kullback-Leibler divergence `sum(t log(t / softmax(z)))` of logits z from probabilities t.

    Takes logits, for example log-probabilities, and targets of the same shape and dtype, as in
    distillation. It is `softmax_cross_entropy` less the entropy of the target, and its cotangent is
    the same. Kullback and Leibler, "On Information and Sufficiency" (1951).
    """
    divergence = partial(entropies.softmax_entropy, relative=True)
    return computed_in_ops("kullback_leibler", _targets.require_rows, divergence)


@maker
def binary_cross_entropy_with_logits(
    positive_weights: Sequence[float] | Vector | None = None,
) -> Loss[Matrix, Matrix | Labels]:
    """Sigmoid cross-entropy of logits: `max(z, 0) - t z + log(1 + exp(-|z|))`.

    It is `binary_cross_entropy` after `sigmoid`, computed exactly. Takes logits (samples, outputs),
    and targets from 0 to 1 of the same shape and dtype or, with one output, labels 0 and 1
    (samples,). The loss of a sample is the mean over its outputs.

    The positive weights, one > 0 for each output, multiply the losses of label 1 (the terms in t):
    negatives / positives gives both labels the same weight.
    """
    name = "binary_cross_entropy_with_logits"
    what, positive = f"The positive_weights of {name}", partial(checks.number, above=0.0)
    table = () if positive_weights is None else checks.several(what, positive_weights, positive)
    extremes = _targets.ends(table)

    def entropy(ops: Ops, prediction: Matrix, target: Matrix) -> tuple[Vector, Matrix]:
        if not table:
            return entropies.sigmoid_entropy(ops, prediction, target)
        for weight in extremes:
            checks.fits(what, weight, prediction.dtype)
        if len(table) != prediction.shape[1]:
            expected = f"{prediction.shape[1]} positive weights, one per output"
            raise ShapeError(f"{name}()", f"expected {expected}, got {len(table)}.")
        both = scalar(1.0, prediction.dtype), np.array(table, prediction.dtype)
        return entropies.sigmoid_focal(ops, prediction, target, both, 0.0)

    return computed_in_ops(name, _targets.require_binary_targets, entropy)


@maker
def softmax_focal(gamma: NotNegative = 2.0) -> Loss[Matrix, Matrix | Labels]:
    """Focal loss `-(1 - p)**gamma log(p)`, where p is the softmax of a row's logits at its label.

    Samples that are already classified well count less. Takes what `softmax_cross_entropy` takes,
    and equals it for a gamma of 0. Rows of probabilities weigh the losses of their labels. For the
    paper's alpha, see `class_weighted`. Lin, Goyal, Girshick, He and Dollár, "Focal Loss for Dense
    Object Detection" (2017).
    """

    def per_sample(ops: Ops, prediction: Matrix, target: Matrix | Labels) -> PerSample[Matrix]:
        _targets.require_class_targets("softmax_focal()", prediction, target)
        checks.fits("The gamma of softmax_focal", gamma, prediction.dtype)
        if is_labels(target):
            entropy, slopes = entropies.label_entropy(ops, prediction, target)
            values, factors = entropies.focal(ops, entropy, gamma)
            return values, lambda outer: weighted_slopes(slopes, weighted_slopes(factors, outer))
        values, slopes = entropies.softmax_focal(ops, prediction, target, gamma)
        return values, partial(weighted_slopes, slopes)

    return with_ops(lambda ops: Loss(partial(per_sample, ops)))


@maker
def sigmoid_focal(
    gamma: NotNegative = 2.0, alpha: Inner | None = None
) -> Loss[Matrix, Matrix | Labels]:
    """Focal loss `-(1 - p)**gamma log(p)`, where p is the label's probability, the sigmoid of ±z.

    Takes what `binary_cross_entropy_with_logits` takes, and equals it for a gamma of 0. A target
    between 0 and 1 weighs the losses of both labels. An alpha multiplies the loss of label 1, and
    `1 - alpha` that of label 0; the paper has 0.25.
    """
    low, high = (1.0, 1.0) if alpha is None else (1.0 - alpha, alpha)

    def focal(ops: Ops, prediction: Matrix, target: Matrix) -> tuple[Vector, Matrix]:
        both = scalar(low, prediction.dtype), scalar(high, prediction.dtype)
        return entropies.sigmoid_focal(ops, prediction, target, both, gamma)

    check = _targets.require_binary_targets
    return computed_in_ops("sigmoid_focal", check, focal, gamma=gamma, alpha=high)


@maker
def hinge() -> Loss[Matrix, Matrix | Labels]:
    """Hinge loss `max(1 - t y, 0)` of targets t, -1 or 1: the mean over a sample's outputs.

    Takes scores (samples, outputs), and targets of the same shape and dtype or, with one output,
    integers (samples,). Targets 0 and 1 mean -1 and 1. Cortes and Vapnik, "Support-Vector Networks"
    (1995).
    """
    return computed("hinge", _targets.require_signs, deviations.hinge)


@maker
def multiclass_hinge() -> Loss[Matrix, Labels]:
    """Multiclass hinge loss `max(1 + max(the other scores) - score[label], 0)` of each row.

    Takes scores (samples, classes), and integer labels (samples,) from 0 to classes - 1. Crammer
    and Singer, "On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines"
    (2001).
    """

    def check(name: str, prediction: Matrix, target: Labels) -> Labels:
        _targets.require_matrix(name, prediction)
        if prediction.shape[1] < 2:
            raise ShapeError(name, "expected scores of two classes or more. Use hinge().")
        _targets.require_labels(name, target, *prediction.shape)
        return target

    return computed("multiclass_hinge", check, deviations.multiclass_hinge)
