"""What makes predictions of the outputs of a net."""

from __future__ import annotations

from purenn.arrays import Matrix
from purenn.layers import Layer, block, exponential, frozen, identity, lsuv, sigmoid, softmax
from purenn.losses import (
    Loss,
    binary_cross_entropy_with_logits,
    class_weighted,
    ignoring,
    poisson,
    reporting,
    sigmoid_focal,
    summed,
    weighted,
)
from purenn.portability import portable
from purenn.tree import Empty

Link = Layer[Empty, Matrix, Matrix]

# Whose outputs, or means, are those of the layer or loss that they are given.
WRAPPERS = (block, frozen, lsuv, portable, summed, ignoring, weighted, class_weighted)


def gives_probabilities(layer: object) -> bool:
    """Whether a model ends with softmax or sigmoid."""
    if not isinstance(layer, Layer):
        return False
    if len(layer) > 1:
        return gives_probabilities(layer.parts[-1])
    call = layer.origin or layer.expression
    if call is not None and call.maker in WRAPPERS:
        return gives_probabilities(call.arguments[0])
    return call is not None and call.maker in (softmax, sigmoid)


def link_of(loss: object) -> Link:
    """The mean that a loss stands for: the rate of `poisson`, whose outputs are its logarithm."""
    call = loss.origin or loss.expression if isinstance(loss, Loss) else None
    if call is None:
        return identity()
    if call.maker in WRAPPERS:
        return link_of(call.arguments[0])
    if call.maker is reporting:
        return link_of(call.arguments[1])
    if call.maker is poisson:
        return exponential()
    has_logits = call.maker in (binary_cross_entropy_with_logits, sigmoid_focal)
    return sigmoid() if has_logits else identity()
