"""The article's nets, first weights and batches, from its one legacy random stream.

The stream is drawn from in this order: the spirals, the weights of run 1, those of run 2, those of
run 3, and then one permutation for each epoch of run 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise
from math import sqrt

import attrs
import numpy as np

import purenn as nn
from article.data import article_spirals
from purenn.data import Batches, arranged_batches
from purenn.layers import sigmoid, softmax
from purenn.optimizers import Norm, Velocity, report_global_norm
from purenn.tree import EMPTY

SEED = 1
SLOPE = 0.01
BATCH_SIZE = 128  # of run 3

# Nothing in these runs draws from a key: all their randomness is the stream's.
UNUSED_KEY = nn.Key(0)

SpiralParams = tuple[nn.Linear, nn.Empty, nn.Linear, nn.Empty, nn.Linear, nn.Empty]
FashionParams = tuple[
    nn.Linear, nn.Empty, nn.Linear, nn.Empty, nn.Linear, nn.Empty, nn.Linear, nn.Empty
]
Clipped = tuple[Norm, nn.Empty, Velocity]


def linear_layers(normals: Sequence[nn.Matrix]) -> list[nn.Linear]:
    """Layers of standard normal numbers (inputs, outputs), biases zero.

    Weights have He's variance for leaky rectifiers, but in the last layer LeCun's, which the
    article calls xavier.
    """
    passed = [(1.0 + SLOPE**2) / 2.0] * (len(normals) - 1) + [1.0]
    return [
        nn.Linear(normal * sqrt(1.0 / (share * len(normal))), np.zeros(normal.shape[1]))
        for normal, share in zip(normals, passed, strict=True)
    ]


def spiral_net() -> nn.Layer[SpiralParams, nn.Matrix, nn.Matrix]:
    """2-128-64-1, and the probability of arm 1."""
    first = nn.linear(128) >> nn.leaky_relu(SLOPE) >> nn.linear(64) >> nn.leaky_relu(SLOPE)
    return first >> nn.linear(1) >> sigmoid()


def fashion_net() -> nn.Layer[FashionParams, nn.Matrix, nn.Matrix]:
    """784-784-256-128-10, and the probabilities of the classes."""
    first = nn.linear(784) >> nn.leaky_relu(SLOPE) >> nn.linear(256) >> nn.leaky_relu(SLOPE)
    return first >> nn.linear(128) >> nn.leaky_relu(SLOPE) >> nn.linear(10) >> softmax()


def clipped_optimizer(rate: float) -> nn.Optimizer[Clipped]:
    """Every entry of the gradient is clipped to [-1, 1]."""
    return nn.descend(report_global_norm() >> nn.clip_by_value(1.0) >> nn.momentum(0.9), rate)


def fashion_epochs(
    train: nn.Dataset[nn.Matrix, nn.Labels], stream: np.random.RandomState, epochs: int
) -> list[Batches[nn.Matrix, nn.Labels]]:
    """The batches of each epoch, whose last is smaller; drawn from a copy of the stream."""
    stream = deepcopy(stream)
    orders = [stream.permutation(len(train)) for _ in range(epochs)]
    return [arranged_batches(train, BATCH_SIZE, UNUSED_KEY, order) for order in orders]


@attrs.frozen(eq=False)
class Opening:
    """All that is drawn before training: points, first parameters, and the stream after them."""

    spirals: nn.Dataset[nn.Matrix, nn.Matrix]
    exploding: SpiralParams
    clipped: SpiralParams
    fashion: FashionParams
    stream: np.random.RandomState


def opening() -> Opening:
    """The stream that `np.random.seed(1)` starts, up to the first permutation."""
    stream = np.random.RandomState(SEED)

    def normals(*sizes: int) -> list[nn.Matrix]:
        return [stream.standard_normal(shape) for shape in pairwise(sizes)]

    points, arms = article_spirals(stream.random_sample(500), stream.standard_normal((500, 2)))
    one, two, three = linear_layers(normals(2, 128, 64, 1))
    exploding = one, EMPTY, two, EMPTY, three, EMPTY
    one, two, three = linear_layers(normals(2, 128, 64, 1))
    clipped = one, EMPTY, two, EMPTY, three, EMPTY
    one, two, three, four = linear_layers(normals(784, 784, 256, 128, 10))
    fashion = one, EMPTY, two, EMPTY, three, EMPTY, four, EMPTY
    return Opening(nn.dataset(points, arms), exploding, clipped, fashion, stream)
