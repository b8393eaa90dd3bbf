"""Cross-entropies of logits, the outputs of a last linear layer: the ones to train with."""

from __future__ import annotations

from purenn.arrays import Labels, Matrix
from purenn.kernels.entropies import sigmoid_entropy, softmax_entropy
from purenn.loss import Loss, Reduction, reduction_scale
from purenn.losses.naming import call
from purenn.losses.targets import binary_rows, class_rows


def softmax_cross_entropy(reduction: Reduction = "mean") -> Loss[Matrix, Matrix | Labels]:
    """`log(sum(exp(z))) - sum(t z)` of each row: the exact `cross_entropy` after `softmax`.

    Takes logits (samples, classes), and targets as rows of probabilities of the same shape and
    dtype or as integer labels (samples,) from 0 to classes - 1.
    """
    name = call("softmax_cross_entropy", reduction)
    scale_of = reduction_scale(reduction)

    def loss(prediction: Matrix, target: Matrix | Labels) -> tuple[float, Matrix]:
        rows = class_rows(name, prediction, target)
        return softmax_entropy(prediction, rows, scale_of(prediction.shape[0]))

    return Loss(name, loss)


def binary_cross_entropy_with_logits(
    reduction: Reduction = "mean",
) -> Loss[Matrix, Matrix | Labels]:
    """`max(z, 0) - t z + log(1 + exp(-|z|))`: `binary_cross_entropy` after `sigmoid`, exactly.

    Takes logits (samples, outputs), and targets from 0 to 1 of the same shape and dtype or, with
    one output, labels 0 and 1 (samples,). The mean (or sum) is over all elements.
    """
    name = call("binary_cross_entropy_with_logits", reduction)
    scale_of = reduction_scale(reduction)

    def loss(prediction: Matrix, target: Matrix | Labels) -> tuple[float, Matrix]:
        rows = binary_rows(name, prediction, target)
        return sigmoid_entropy(prediction, rows, scale_of(prediction.size))

    return Loss(name, loss)
