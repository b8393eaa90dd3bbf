"""What a classifier descends on, and what its last layer has to give for that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import attrs
import numpy as np

from models import Output
from purenn import (
    EMPTY,
    Labels,
    Loss,
    Matrix,
    accuracy,
    binary_accuracy,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    brier,
    cross_entropy,
    identity,
    sigmoid,
    softmax,
    softmax_cross_entropy,
)

Target = Matrix | Labels
Multiclass = Literal["softmax-cross-entropy", "cross-entropy", "brier"]
Binary = Literal["binary-cross-entropy-with-logits", "binary-cross-entropy"]
Goal = Literal[Multiclass, Binary]


@attrs.frozen(eq=False)
class Objective:
    """A loss and what belongs to it.

    Args:
        loss: takes what the output layer gives, and integer labels.
        outputs: how many numbers the last linear layer has.
        output: the output layer.
        accuracy: the fraction of right answers.
        probabilities: what the output layer gives, as probabilities of the classes.
    """

    loss: Loss[Matrix, Target]
    outputs: int
    output: Output
    accuracy: Callable[[Matrix, Target], float]
    probabilities: Callable[[Matrix], Matrix]


def objective(name: Goal, classes: int) -> Objective:
    """The objective of that name, for that many classes; the binary ones are for two."""
    if name == "softmax-cross-entropy":
        loss = softmax_cross_entropy()
        return Objective(loss, classes, identity(), accuracy, _by(softmax()))
    if name == "cross-entropy":
        return Objective(cross_entropy(), classes, softmax(), accuracy, _unchanged)
    if name == "brier":
        return Objective(brier(), classes, softmax(), accuracy, _unchanged)
    if name == "binary-cross-entropy":
        return Objective(binary_cross_entropy(), 1, sigmoid(), binary_accuracy(0.5), _both)
    return Objective(
        binary_cross_entropy_with_logits(),
        1,
        identity(),
        binary_accuracy(0.0),
        lambda logits: _both(sigmoid().apply(EMPTY, logits)),
    )


def _by(layer: Output) -> Callable[[Matrix], Matrix]:
    return lambda logits: layer.apply(EMPTY, logits)


def _unchanged(probabilities: Matrix) -> Matrix:
    return probabilities


def _both(second: Matrix) -> Matrix:
    """The probabilities of both classes, from those of the second."""
    both: Matrix = np.concatenate([1.0 - second, second], axis=1)
    return both
