"""Cross-entropies of logits, the outputs of a last linear layer: the ones to train with."""

from __future__ import annotations

from purenn.arrays import Labels, Matrix, is_labels
from purenn.expressions import maker
from purenn.kernels.entropies import label_entropy, sigmoid_entropy, softmax_entropy
from purenn.losses._contract import Loss, PerSample, weighted_slopes
from purenn.losses._targets import require_binary_targets, require_class_targets


@maker
def softmax_cross_entropy() -> Loss[Matrix, Matrix | Labels]:
    """`log(sum(exp(z))) - z[label]` of each row z: the exact `cross_entropy` after `softmax`.

    Takes logits (samples, classes), and targets as integer labels (samples,) from 0 to classes - 1
    or as rows of probabilities t of the same shape and dtype: `sum(t (log(sum(exp(z))) - z))`. A
    logit may be -inf, which masks its class. Labels take no memory for their classes.
    """
    name = "softmax_cross_entropy()"

    def per_sample(prediction: Matrix, target: Matrix | Labels) -> PerSample[Matrix]:
        require_class_targets(name, prediction, target)
        if is_labels(target):
            values, slopes = label_entropy(prediction, target)
        else:
            values, slopes = softmax_entropy(prediction, target)
        return values, lambda weights: weighted_slopes(slopes, weights)

    return Loss(per_sample)


@maker
def binary_cross_entropy_with_logits() -> Loss[Matrix, Matrix | Labels]:
    """`max(z, 0) - t z + log(1 + exp(-|z|))`: `binary_cross_entropy` after `sigmoid`, exactly.

    Takes logits (samples, outputs), and targets from 0 to 1 of the same shape and dtype or, with
    one output, labels 0 and 1 (samples,). The loss of a sample is the mean over its outputs.
    """
    name = "binary_cross_entropy_with_logits()"

    def per_sample(prediction: Matrix, target: Matrix | Labels) -> PerSample[Matrix]:
        rows = require_binary_targets(name, prediction, target)
        values, slopes = sigmoid_entropy(prediction, rows)
        return values, lambda weights: weighted_slopes(slopes, weights)

    return Loss(per_sample)
