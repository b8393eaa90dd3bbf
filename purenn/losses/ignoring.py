"""A label that stands for none: padding, or samples that nobody labeled."""

from __future__ import annotations

import numpy as np

from purenn import arrays, checks
from purenn.arrays import Mask, Matrix, Vector, is_labels, read_only, typed_like
from purenn.expressions import maker
from purenn.losses._contract import L, Loss, PerSample, require_loss
from purenn.losses._targets import require_no_pair


@maker
def ignoring(loss: Loss[Matrix, L], label: int) -> Loss[Matrix, L]:
    """A loss that ignores the samples with this label, often -1 or -100.

    They count neither in the sum nor in the number of samples: the mean is over the others, in a
    batch as in an epoch. Where none is left, the loss and its cotangent are 0. Targets that are
    rows ignore nothing. Weights of samples go around it: `weighted(ignoring(loss, label))`.

    >>> from purenn.losses import softmax_cross_entropy
    >>> ignoring(softmax_cross_entropy(), -100)
    ignoring(softmax_cross_entropy(), -100)
    """
    require_loss("ignoring", loss)
    checks.integer("The label of ignoring", label, -(2**63), 2**63 - 1)

    def split(target: L) -> tuple[Mask, L]:
        """Which samples count, and the target with 0 for the labels of the others."""
        arrays.require_integers("ignoring(...)", target)
        counted: Mask = np.not_equal(target, label)
        return counted, typed_like(np.multiply(target, counted), target)

    def per_sample(prediction: Matrix, target: L) -> PerSample[Matrix]:
        if not is_labels(target):
            require_no_pair("ignoring", target)
            return loss.per_sample(prediction, target)
        counted, known = split(target)
        values, pull = loss.per_sample(prediction, known)
        kept: Vector = np.zeros_like(values)
        np.copyto(kept, values, where=counted)
        return read_only(kept), lambda weights: pull(np.multiply(counted, weights))

    def count(target: L) -> int:
        if not is_labels(target):
            require_no_pair("ignoring", target)
            return len(target)
        counted = target[split(target)[0]]
        return len(counted) if loss.count is None else loss.count(typed_like(counted, target))

    return Loss(per_sample, loss.scale, count)
