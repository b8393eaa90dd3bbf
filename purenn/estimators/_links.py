"""What makes predictions of the outputs of a net."""

from __future__ import annotations

from purenn.arrays import Matrix
from purenn.layers import Layer, block, exponential, frozen, identity, lsuv, sigmoid, softmax
from purenn.losses import Loss, binary_cross_entropy_with_logits, poisson, sigmoid_focal
from purenn.portability import portable
from purenn.tree import Empty

Link = Layer[Empty, Matrix, Matrix]

# Whose outputs are those of the layer that they are given.
WRAPPERS = (block, frozen, lsuv, portable)


def gives_probabilities(layer: object) -> bool:
    """Whether a model ends with softmax or sigmoid."""
    if not isinstance(layer, Layer):
        return False
    last = layer.parts[-1]
    call = last.expression if isinstance(last, Layer) else None
    if call is not None and call.maker in WRAPPERS:
        return gives_probabilities(call.arguments[0])
    return last in (softmax(), sigmoid())


def link_of(loss: object) -> Link:
    """The mean that a loss stands for: the rate of `poisson`, whose outputs are its logarithm."""
    call = loss.expression if isinstance(loss, Loss) else None
    maker = call.maker if call else None
    if maker is portable and call:
        return link_of(call.arguments[0])
    if maker is poisson:
        return exponential()
    return sigmoid() if maker in (binary_cross_entropy_with_logits, sigmoid_focal) else identity()
