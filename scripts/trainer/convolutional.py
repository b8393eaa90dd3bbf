"""Convolutional nets for images of 28 × 28 pixels."""

from __future__ import annotations

from purenn import Empty, Layer, Linear, Matrix, batch_norm, dropout, relu, residual
from purenn.arrays import Images
from purenn.initializers import he_normal
from purenn.layers import BatchNorm, Block, Conv, block, conv, global_average_pool, linear, max_pool

Unit = Block[tuple[Conv, BatchNorm, Empty]]
Small = tuple[Unit, Empty, Unit, Block[Unit], Empty, Unit, Block[Unit], Empty, Empty, Linear]
Large = tuple[
    Unit, Empty, Unit, Block[Unit], Empty, Unit, Block[Unit], Block[Unit], Empty, Empty, Linear
]


def unit(features: int) -> Layer[Unit, Images, Images]:
    """A convolution, batch normalization and ReLU."""
    return block(conv(features, 3, weight=he_normal()) >> batch_norm() >> relu())


def cnn_small(dropped: float, classes: int) -> Layer[Small, Images, Matrix]:
    """Five convolutions at 28 × 28, 14 × 14 and 7 × 7 pixels: 97,802 numbers for 10 classes."""
    high = unit(24) >> max_pool(2) >> unit(40) >> residual(unit(40)) >> max_pool(2)
    units = high >> unit(72) >> residual(unit(72))
    return units >> global_average_pool() >> dropout(dropped) >> linear(classes)


def cnn(dropped: float, classes: int) -> Layer[Large, Images, Matrix]:
    """Six wider convolutions: 279,978 numbers for 10 classes."""
    high = unit(32) >> max_pool(2) >> unit(64) >> residual(unit(64)) >> max_pool(2)
    units = high >> unit(96) >> residual(unit(96)) >> residual(unit(96))
    return units >> global_average_pool() >> dropout(dropped) >> linear(classes)
