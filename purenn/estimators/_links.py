"""What the outputs of a net stand for: the predictions made of them, and when these are wrong."""

from __future__ import annotations

import numpy as np

from purenn import losses
from purenn.arrays import Labels, Matrix, Vector, is_labels
from purenn.errors import OptionError
from purenn.expressions import maker
from purenn.layers import Layer, exponential, identity, relu, sigmoid, softmax, softplus
from purenn.losses import Loss, PerSample
from purenn.training._logits import LOGITS, call_of
from purenn.tree import Empty

Link = Layer[Empty, Matrix, Matrix]

# What makes predictions of the outputs that these take; all others take predictions.
LINKS: dict[object, Link] = {
    **dict.fromkeys((losses.mean_squared_error, losses.mean_absolute_error), identity()),
    **dict.fromkeys((losses.huber, losses.quantile), identity()),
    losses.poisson: exponential(),
    **dict.fromkeys(LOGITS[sigmoid], sigmoid()),
    **dict.fromkeys(LOGITS[softmax], softmax()),
}


def gives_probabilities(layer: object, loss: object) -> bool:
    """Whether a model ends with softmax or sigmoid, or a layer of one's own that does the same."""
    takers = losses.binary_cross_entropy, losses.brier, losses.cross_entropy
    return call_of(layer).maker in LOGITS or call_of(loss).maker in takers


def link_of(loss: object) -> Link:
    """The mean that a loss stands for: the rate of `poisson`, whose outputs are its logarithm."""
    return LINKS.get(call_of(loss).maker, identity())


def cannot_be_standardized(model: object, loss: object) -> bool:
    """Whether the outputs of a model, or what they stand for, are never below 0."""
    is_above = call_of(model).maker in (exponential, relu, softplus)
    return is_above or link_of(loss) != identity() or gives_probabilities(model, loss)


def require_of_labels(model: object, loss: object) -> None:
    """Check that a loss takes logits of several labels, or the model gives probabilities."""
    is_of_labels = LINKS.get(call_of(loss).maker, sigmoid()) == sigmoid()
    if not (is_of_labels or gives_probabilities(model, loss)):
        expected = f"{loss!r} takes no logits of several labels, which rows of 0 and 1 are"
        cure = "Take binary_cross_entropy_with_logits(), or give each row one label."
        raise OptionError(f"loss: {expected}. {cure}")


@maker
def error_rate(threshold: float = 0.0) -> Loss[Matrix, Labels | Matrix]:
    """The share of wrong labels, with the weights that losses have.

    A label is wrong if another output is the largest; labels of 0 and 1 if they are not on the side
    of the threshold where their output is. The rate of outputs that are NaN is NaN.
    """

    def per_sample(prediction: Matrix, target: Labels | Matrix) -> PerSample[Matrix]:
        if is_labels(target):
            wrong: Vector = prediction.argmax(axis=1) != target
        else:
            wrong = ((prediction > threshold) != (target > 0.5)).mean(axis=1)
        rates: Vector = wrong.astype(prediction.dtype)
        np.copyto(rates, np.nan, where=np.isnan(prediction).any(axis=1))
        return rates, lambda weights: np.zeros_like(prediction)

    return Loss(per_sample)
