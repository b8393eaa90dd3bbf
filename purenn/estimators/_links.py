"""What the outputs of a net stand for: the predictions made of them, and when these are wrong."""

from __future__ import annotations

import numpy as np

from purenn import losses
from purenn.arrays import Labels, Matrix, Vector, is_labels
from purenn.errors import OptionError
from purenn.expressions import maker
from purenn.layers import Layer, block, exponential, frozen, identity, lsuv, sigmoid, softmax
from purenn.losses import Loss, PerSample
from purenn.portability import portable
from purenn.tree import Empty

Link = Layer[Empty, Matrix, Matrix]

# Their outputs, or means, are those of the layer or loss in this place of their arguments.
WRAPPERS: dict[object, int] = {
    **dict.fromkeys((block, frozen, lsuv, portable, losses.summed, losses.ignoring), 0),
    **dict.fromkeys((losses.weighted, losses.class_weighted), 0),
    losses.reporting: 1,
}

# What makes predictions of the outputs that these take; all others take predictions.
LINKS: dict[object, Link] = {
    **dict.fromkeys((losses.mean_squared_error, losses.huber, losses.quantile), identity()),
    losses.poisson: exponential(),
    **dict.fromkeys((losses.binary_cross_entropy_with_logits, losses.sigmoid_focal), sigmoid()),
    **dict.fromkeys(
        (losses.softmax_cross_entropy, losses.softmax_focal, losses.kullback_leibler), softmax()
    ),
}


def _maker_of(value: object) -> object:
    """What made a loss, a layer or the last layer of a chain, inside of all wrappers."""
    if isinstance(value, Layer) and len(value) > 1:
        return _maker_of(value.parts[-1])
    call = value.origin or value.expression if isinstance(value, Layer | Loss) else None
    if call is None or call.maker not in WRAPPERS:
        return None if call is None else call.maker
    return _maker_of(call.arguments[WRAPPERS[call.maker]])


def gives_probabilities(layer: object, loss: object) -> bool:
    """Whether a model ends with softmax or sigmoid, or a layer of one's own that does the same."""
    takers = losses.binary_cross_entropy, losses.brier, losses.cross_entropy
    return _maker_of(layer) in (softmax, sigmoid) or _maker_of(loss) in takers


def link_of(loss: object) -> Link:
    """The mean that a loss stands for: the rate of `poisson`, whose outputs are its logarithm."""
    return LINKS.get(_maker_of(loss), identity())


def require_match(model: object, loss: object, *, has_labels: bool = False) -> None:
    """Check that a loss of logits gets logits, and is one of several labels if there are any."""
    if gives_probabilities(model, loss):
        if link_of(loss) in (sigmoid(), softmax()):
            cure = "Leave out the last layer of the model, or take a loss of probabilities."
            raise OptionError(f"loss: {loss!r} takes logits, the model gives probabilities. {cure}")
    elif has_labels and LINKS.get(_maker_of(loss), sigmoid()) != sigmoid():
        expected = f"{loss!r} takes no logits of several labels, which rows of 0 and 1 are"
        cure = "Take binary_cross_entropy_with_logits(), or give each row one label."
        raise OptionError(f"loss: {expected}. {cure}")


@maker
def error_rate(threshold: float = 0.0) -> Loss[Matrix, Labels | Matrix]:
    """The share of wrong labels, with the weights that losses have.

    A label is wrong if another output is the largest; labels of 0 and 1 if they are not on the side
    of the threshold where their output is.
    """

    def per_sample(prediction: Matrix, target: Labels | Matrix) -> PerSample[Matrix]:
        if is_labels(target):
            wrong: Vector = prediction.argmax(axis=1) != target
        else:
            wrong = ((prediction > threshold) != (target > 0.5)).mean(axis=1)
        return wrong.astype(prediction.dtype), lambda weights: np.zeros_like(prediction)

    return Loss(per_sample)
