"""Classifiers whose number of layers is known only when the program runs.

The parameters of the hidden layers are those of a stack: `tuple[tuple[Linear, Empty], ...]`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from purenn import (
    Empty,
    Initializer,
    Linear,
    Matrix,
    Primitive,
    Serial,
    glorot_normal,
    he_normal,
    leaky_relu,
    lecun_normal,
    linear,
    relu,
    sigmoid,
    stack,
    tanh,
)

Activation = Literal["leaky-relu", "relu", "tanh", "sigmoid"]
Output = Primitive[Empty, Matrix, Matrix]
Hidden = tuple[tuple[Linear, Empty], ...]
ClassifierParams = tuple[Hidden, Linear, Empty]
Classifier = Serial[Matrix, Matrix, Hidden, Linear, Empty]

SLOPE = 0.01


def classifier(
    hidden: Sequence[int], activation: Activation, outputs: int, output: Output
) -> Classifier:
    """Hidden layers of these widths, each with its activation, and a last layer.

    Args:
        hidden: how many units each hidden layer has; none makes a linear model.
        activation: what follows each hidden layer. Weights are drawn to suit it.
        outputs: how many numbers come out of the last linear layer.
        output: what is made of them: `identity()` leaves logits, `softmax()` gives probabilities.
    """
    function, weight = ACTIVATIONS[activation]
    blocks = [linear(width, weight=weight()) >> function() for width in hidden]
    return stack(*blocks) >> linear(outputs, weight=lecun_normal()) >> output


ACTIVATIONS: dict[Activation, tuple[Callable[[], Output], Callable[[], Initializer]]] = {
    "leaky-relu": (lambda: leaky_relu(SLOPE), lambda: he_normal(slope=SLOPE)),
    "relu": (relu, he_normal),
    "tanh": (tanh, glorot_normal),
    "sigmoid": (sigmoid, glorot_normal),
}
