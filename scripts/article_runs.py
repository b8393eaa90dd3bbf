"""The article's three runs, from its one legacy random stream: nets, data and optimizers.

The stream is drawn from in this order: the spirals, the weights of run 1, those of run 2, those of
run 3, and then one permutation for each epoch of run 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import sqrt

import attrs
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from purenn import (
    EMPTY,
    Batch,
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
from purenn.arrays import Indices
from purenn.datasets.fashion_mnist import FashionMnist
from purenn.datasets.legacy import LegacyStream

SEED = 1
SLOPE = 0.01
BATCH_SIZE = 128
FASHION_EPOCHS = 20

# Nothing in these runs draws from a key: all their randomness is the stream's.
UNUSED_KEY = Key(0)

SpiralParams = tuple[Linear, Empty, Linear, Empty, Linear, Empty]
SpiralNet = Serial[Matrix, Matrix, Linear, Empty, Linear, Empty, Linear, Empty]
FashionParams = tuple[Linear, Empty, Linear, Empty, Linear, Empty, Linear, Empty]
FashionNet = Serial[Matrix, Matrix, Linear, Empty, Linear, Empty, Linear, Empty, Linear, Empty]

Unclipped = Optimizer[tuple[Norm, Velocity, Empty]]
Clipped = Optimizer[tuple[Norm, Empty, Velocity, Empty]]


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


def exploding_optimizer() -> Unclipped:
    """Run 1: no clipping."""
    return Optimizer(global_norm_report() >> momentum(0.9) >> learning_rate(0.007))


def clipped_optimizer(rate: float) -> Clipped:
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


@attrs.frozen(eq=False)
class Split:
    """Training and test images as rows of pixels, float64 in [0, 1], and where they come from.

    Args:
        train: the samples to train on.
        test: the samples to measure on.
        test_rows: the row of each test sample in the 60,000 training images followed by the
            10,000 test images.
    """

    train: Dataset[Matrix, Labels]
    test: Dataset[Matrix, Labels]
    test_rows: Indices


def split_rows(count: int) -> tuple[Indices, Indices]:
    """The article's choice of training and test rows among that many."""
    rows: Indices = np.arange(count)
    train, test = train_test_split(rows, test_size=0.2, random_state=42)
    return train, test


def article_split(data: FashionMnist) -> Split:
    """A fifth of all images to test on, and pixels scaled by the training images' extremes."""
    labels: Labels = np.concatenate([data.train_labels, data.test_labels])
    images = np.concatenate([data.train_images, data.test_images])
    train, test = split_rows(len(labels))
    pixels: np.ndarray[tuple[int, int], np.dtype[np.float64]] = images.reshape(
        len(images), -1
    ).astype(np.float64)
    scaler = MinMaxScaler()
    scaled = scaler.fit_transform(pixels[train])
    return Split(
        dataset(scaled, labels[train]), dataset(scaler.transform(pixels[test]), labels[test]), test
    )


def permutations(stream: LegacyStream, count: int, epochs: int) -> Iterator[Indices]:
    """The order of the samples in each epoch."""
    for _ in range(epochs):
        order, stream = stream.permutation(count)
        yield order


def epoch_batches(
    train: Dataset[Matrix, Labels], order: Indices
) -> Iterable[Batch[Matrix, Labels]]:
    """The batches of an epoch in that order; the last is smaller."""
    return arranged_batches(train, BATCH_SIZE, UNUSED_KEY, order)
