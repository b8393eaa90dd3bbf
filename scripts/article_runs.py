"""The article's three runs, from its one legacy random stream: nets, data and optimizers.

The stream is drawn from in this order: the spirals, the weights of run 1, those of run 2, those of
run 3, and then one permutation for each epoch of run 3.
"""

from __future__ import annotations

from math import sqrt

import attrs
import numpy as np

from purenn import (
    EMPTY,
    Batches,
    Dataset,
    Empty,
    Key,
    Labels,
    Linear,
    Loss,
    Matrix,
    Norm,
    Optimizer,
    Serial,
    Vector,
    Velocity,
    arranged_batches,
    binary_cross_entropy,
    brier,
    clip_by_value,
    cross_entropy,
    dataset,
    global_norm_report,
    leaky_relu,
    learning_rate,
    linear,
    momentum,
    reporting,
    sigmoid,
    softmax,
)
from purenn.datasets.legacy import LegacyStream
from purenn.datasets.spirals import article_spirals

SEED = 1
SLOPE = 0.01
EXPLODING_EPOCHS = 500
CLIPPED_EPOCHS = 200
FASHION_EPOCHS = 20
BATCH_SIZE = 128

EXPLODING_RATE = 0.007
CLIPPED_RATE = 0.01
FASHION_RATE = 0.001

# Nothing in these runs draws from a key: all their randomness is the stream's.
UNUSED_KEY = Key(0)

SpiralParams = tuple[Linear, Empty, Linear, Empty, Linear, Empty]
SpiralNet = Serial[Matrix, Matrix, Linear, Empty, Linear, Empty, Linear, Empty]
FashionParams = tuple[Linear, Empty, Linear, Empty, Linear, Empty, Linear, Empty]
FashionNet = Serial[Matrix, Matrix, Linear, Empty, Linear, Empty, Linear, Empty, Linear, Empty]

UnclippedState = tuple[Norm, Velocity, Empty]
ClippedState = tuple[Norm, Empty, Velocity, Empty]


def he_leaky(stream: LegacyStream, inputs: int, outputs: int) -> tuple[Linear, LegacyStream]:
    """A linear layer before a leaky rectifier: He's variance, biases zero, in float64."""
    return _drawn(stream, inputs, outputs, sqrt(2.0 / ((1.0 + SLOPE**2) * inputs)))


def lecun(stream: LegacyStream, inputs: int, outputs: int) -> tuple[Linear, LegacyStream]:
    """The last linear layer: LeCun's variance, which the article calls xavier."""
    return _drawn(stream, inputs, outputs, sqrt(1.0 / inputs))


def _drawn(
    stream: LegacyStream, inputs: int, outputs: int, deviation: float
) -> tuple[Linear, LegacyStream]:
    normal, stream = stream.normal((inputs, outputs))
    weight: Matrix = normal * deviation
    bias: Vector = np.zeros(outputs)
    return Linear(weight, bias), stream


def spiral_net() -> SpiralNet:
    """2-128-64-1, and the probability of arm 1."""
    return (
        linear(128)
        >> leaky_relu(SLOPE)
        >> linear(64)
        >> leaky_relu(SLOPE)
        >> linear(1)
        >> sigmoid()
    )


def spiral_params(stream: LegacyStream) -> tuple[SpiralParams, LegacyStream]:
    """Its first parameters, and the stream after them."""
    first, stream = he_leaky(stream, 2, 128)
    second, stream = he_leaky(stream, 128, 64)
    last, stream = lecun(stream, 64, 1)
    return (first, EMPTY, second, EMPTY, last, EMPTY), stream


def spiral_loss() -> Loss[Matrix, Matrix | Labels]:
    """The mean binary cross-entropy is reported, and its sum's gradient is followed."""
    return reporting(binary_cross_entropy(), descent=binary_cross_entropy(reduction="sum"))


def unclipped_optimizer(rate: float) -> Optimizer[UnclippedState]:
    """Run 1: no clipping."""
    return Optimizer(global_norm_report() >> momentum(0.9) >> learning_rate(rate))


def clipped_optimizer(rate: float) -> Optimizer[ClippedState]:
    """Runs 2 and 3: every entry of the gradient is clipped to [-1, 1]."""
    return Optimizer(
        global_norm_report() >> clip_by_value(1.0) >> momentum(0.9) >> learning_rate(rate)
    )


def fashion_net() -> FashionNet:
    """784-784-256-128-10, and the probabilities of the classes."""
    return (
        linear(784)
        >> leaky_relu(SLOPE)
        >> linear(256)
        >> leaky_relu(SLOPE)
        >> linear(128)
        >> leaky_relu(SLOPE)
        >> linear(10)
        >> softmax()
    )


def fashion_params(stream: LegacyStream) -> tuple[FashionParams, LegacyStream]:
    """Its first parameters, and the stream after them."""
    first, stream = he_leaky(stream, 784, 784)
    second, stream = he_leaky(stream, 784, 256)
    third, stream = he_leaky(stream, 256, 128)
    last, stream = lecun(stream, 128, 10)
    return (first, EMPTY, second, EMPTY, third, EMPTY, last, EMPTY), stream


def fashion_loss() -> Loss[Matrix, Matrix | Labels]:
    """What the published code does: cross-entropy is printed, the Brier score is descended on.

    Its cross-entropy hands S - y to the softmax as if that were the gradient with respect to S,
    and the softmax multiplies by its Jacobian once more. That makes it the gradient of the Brier
    score, half the squared distance of S from y, summed over the batch.
    """
    return reporting(cross_entropy(), descent=brier(epsilon=1e-7, reduction="sum"))


def fashion_epochs(
    train: Dataset[Matrix, Labels], stream: LegacyStream, epochs: int
) -> tuple[Batches[Matrix, Labels], ...]:
    """The batches of each epoch; the last of an epoch is smaller."""
    found: list[Batches[Matrix, Labels]] = []
    for _ in range(epochs):
        order, stream = stream.permutation(len(train))
        found.append(arranged_batches(train, BATCH_SIZE, UNUSED_KEY, order))
    return tuple(found)


def average_loss(loss_sum: float, samples: int) -> float:
    """The loss of an epoch as the article has it: over the number of *full* batches."""
    return loss_sum / (samples // BATCH_SIZE)


@attrs.frozen(eq=False)
class Opening:
    """What comes before any training: all that is drawn from the stream, in its order.

    Args:
        spirals: the points and their arms.
        exploding: the first parameters of run 1.
        clipped: those of run 2.
        fashion: those of run 3.
        stream: what is left for run 3's permutations.
    """

    spirals: Dataset[Matrix, Matrix]
    exploding: SpiralParams
    clipped: SpiralParams
    fashion: FashionParams
    stream: LegacyStream


def opening() -> Opening:
    """The stream that `np.random.seed(1)` starts, up to the first permutation."""
    points, arms, stream = article_spirals(LegacyStream.seeded(SEED))
    exploding, stream = spiral_params(stream)
    clipped, stream = spiral_params(stream)
    fashion, stream = fashion_params(stream)
    return Opening(dataset(points, arms), exploding, clipped, fashion, stream)
