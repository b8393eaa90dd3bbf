"""The opening of the article's run 3, written a second time: plain NumPy, published formulas."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import attrs
import numpy as np

from purenn.datasets import FashionMnist

Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Vector = np.ndarray[tuple[int], np.dtype[np.float64]]


@attrs.define(eq=False)
class Layer:
    """Parameters, and what moves them, changed in place as published code does."""

    weight: Matrix
    bias: Vector
    weight_velocity: Matrix | float = 0.0
    bias_velocity: Vector | float = 0.0

    def update(self, below: Matrix, grad: Matrix) -> None:
        """SGD: clip, momentum 0.9, rate 0.001."""
        self.weight_velocity = 0.9 * self.weight_velocity + np.clip(below.T @ grad, -1, 1)
        self.bias_velocity = 0.9 * self.bias_velocity + np.clip(grad.sum(axis=0), -1, 1)
        self.weight -= 0.001 * self.weight_velocity
        self.bias -= 0.001 * self.bias_velocity


def net() -> tuple[list[Layer], np.random.RandomState]:
    """The layers drawn from the legacy stream behind the spirals and the weights of runs 1 and 2.

    They have He's variance for leaky rectifiers, and 1 / inputs in the last layer.
    """
    stream = np.random.RandomState(1)
    stream.rand(500)
    for shape in ((500, 2), *((2, 128), (128, 64), (64, 1)) * 2):
        stream.randn(*shape)
    leaky = 2 / (1 + 0.01**2)
    sizes = ((784, 784, leaky), (784, 256, leaky), (256, 128, leaky), (128, 10, 1.0))
    return [Layer(stream.randn(m, n) * sqrt(gain / m), np.zeros(n)) for m, n, gain in sizes], stream


def training_part(data: FashionMnist) -> tuple[Matrix, Matrix]:
    """Four fifths of all images, scaled by their own extremes, and one-hot labels.

    `train_test_split(test_size=0.2, random_state=42)` shuffles the rows by a legacy stream of that
    seed and puts the first fifth aside for testing.
    """
    pixels = np.concatenate([data.train_images, data.test_images]).reshape(-1, 784).astype(float)
    labels = np.concatenate([data.train_labels, data.test_labels])
    train = np.random.RandomState(42).permutation(len(labels))[len(labels) // 5 :]
    lowest, highest = pixels[train].min(axis=0), pixels[train].max(axis=0)
    ranges = np.where(highest > lowest, highest - lowest, 1.0)
    return (pixels[train] - lowest) / ranges, np.eye(10)[labels[train]]


def first_epoch(data: FashionMnist) -> Iterator[float]:
    """The loss of each batch of the first epoch."""
    (layers, stream), (images, targets) = net(), training_part(data)
    order = stream.permutation(len(images))
    for start in range(0, len(order), 128):
        rows = order[start : start + 128]
        yield descend(layers, images[rows], targets[rows])


def descend(layers: list[Layer], images: Matrix, target: Matrix) -> float:
    """One step; gives the loss before it."""
    inputs = [images]
    for layer in layers:
        z = inputs[-1] @ layer.weight + layer.bias
        inputs.append(z if layer is layers[-1] else np.where(z > 0, z, 0.01 * z))
    powers = np.exp(inputs[-1] - np.max(inputs.pop(), axis=1, keepdims=True))
    probabilities = powers / np.sum(powers, axis=1, keepdims=True)
    clipped = np.clip(probabilities, 1e-7, 1 - 1e-7)
    grad = clipped - target
    grad = probabilities * (grad - np.sum(grad * probabilities, axis=1, keepdims=True))
    for layer, below in zip(reversed(layers), reversed(inputs), strict=True):
        slopes = (grad @ layer.weight.T) * np.where(below > 0, 1.0, 0.01)
        layer.update(below, grad)
        grad = slopes
    return float(np.mean(-np.sum(target * np.log(clipped), axis=1)))
