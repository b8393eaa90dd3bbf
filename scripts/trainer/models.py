"""Classifiers whose layers and loss are known only when the program runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

import attrs
import numpy as np

from purenn import Empty, Labels, Layer, Linear, Loss, Matrix, dropout, linear, maker
from purenn.arrays import Images
from purenn.initializers import Initializer, glorot_normal, he_normal, lecun_normal
from purenn.layers import BatchNorm, Block, Stack, activations, batch_norm, block, identity, stack
from purenn.losses import brier, cross_entropy, softmax_cross_entropy
from purenn.tree import EMPTY

Activation = Literal["leaky-relu", "relu", "gelu", "tanh", "sigmoid"]
Goal = Literal["softmax-cross-entropy", "cross-entropy", "brier"]
P = TypeVar("P")

Plain = Layer[Empty, Matrix, Matrix]  # without parameters
ClassifierParams = tuple[Stack[Block[tuple[Linear, Empty, Empty]]], Linear, Empty]
NormalizedParams = tuple[Stack[Block[tuple[Linear, BatchNorm, Empty, Empty]]], Linear, Empty]

SLOPE = 0.01
ACTIVATIONS: dict[Activation, tuple[Callable[[], Plain], Callable[[], Initializer]]] = {
    "leaky-relu": (lambda: activations.leaky_relu(SLOPE), lambda: he_normal(slope=SLOPE)),
    "relu": (activations.relu, he_normal),
    "gelu": (activations.gelu, he_normal),
    "tanh": (activations.tanh, glorot_normal),
    "sigmoid": (activations.sigmoid, glorot_normal),
}


def classifier(
    hidden: tuple[int, ...], activation: Activation, dropped: float, classes: int, output: Plain
) -> Layer[ClassifierParams, Matrix, Matrix]:
    """Hidden layers, each with an activation, weights that suit it, and dropout; a last layer."""
    (function, weight), noise = ACTIVATIONS[activation], _noise(dropped)
    blocks = [block(linear(width, weight=weight()) >> function() >> noise) for width in hidden]
    return stack(*blocks) >> linear(classes, weight=lecun_normal()) >> output


def normalized_classifier(
    hidden: tuple[int, ...], activation: Activation, dropped: float, classes: int, output: Plain
) -> Layer[NormalizedParams, Matrix, Matrix]:
    """The same with batch normalization before each activation."""
    (function, weight), noise = ACTIVATIONS[activation], _noise(dropped)
    blocks = [
        block(linear(width, weight=weight()) >> batch_norm() >> function() >> noise)
        for width in hidden
    ]
    return stack(*blocks) >> linear(classes, weight=lecun_normal()) >> output


def _noise(dropped: float) -> Plain:
    return dropout(dropped) if dropped else identity()


@attrs.frozen(eq=False)
class Objective:
    """A loss, and the output layer that gives what it takes: logits or probabilities."""

    loss: Loss[Matrix, Matrix | Labels]
    output: Plain

    def probabilities(self, output: Matrix) -> Matrix:
        """What the output layer gives, as probabilities of the classes."""
        softmax = activations.softmax()
        return output if self.output == softmax else softmax.apply(EMPTY, output)


def objective(name: Goal, label_smoothing: float = 0.0) -> Objective:
    """The objective of that name."""
    if name == "softmax-cross-entropy":
        return Objective(softmax_cross_entropy(label_smoothing), identity())
    return Objective(cross_entropy() if name == "cross-entropy" else brier(), activations.softmax())


@maker
def averaged_over_mirror_images(net: Layer[P, Images, Matrix]) -> Layer[P, Images, Matrix]:
    """The net, whose predictions are means over an image and its mirror image."""

    def apply(params: P, x: Images) -> Matrix:
        total = np.add(net.apply(params, x), net.apply(params, x[:, :, ::-1]))
        return np.multiply(total, 0.5, total)

    return Layer(net.init, apply, net.vjp)
