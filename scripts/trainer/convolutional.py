"""Convolutional nets for images of 28 × 28 pixels."""

from __future__ import annotations

from purenn import Empty, Layer, Linear, Matrix, batch_norm, dropout, linear, relu, residual
from purenn.arrays import Images
from purenn.layers import BatchNorm, Block, Conv, block, conv, global_average_pool, max_pool

Unit = Block[tuple[Conv, BatchNorm, Empty]]
Head = tuple[Empty, Empty, Linear]
Small = tuple[Unit, Unit, Empty, Unit, Block[Unit], Empty, Empty, Linear]


def unit(features: int, size: int = 3, stride: int = 1) -> Layer[Unit, Images, Images]:
    """A convolution, batch normalization and ReLU."""
    return block(conv(features, size, stride) >> batch_norm() >> relu())


def cnn_small(dropped: float, classes: int) -> Layer[Small, Images, Matrix]:
    """Four convolutions, at 14 × 14 and 7 × 7 pixels: 80,000 parameters."""
    return (
        unit(32, 4, 2)
        >> unit(48)
        >> max_pool(2)
        >> unit(64)
        >> residual(unit(64))
        >> global_average_pool()
        >> dropout(dropped)
        >> linear(classes)
    )


def cnn(dropped: float, classes: int) -> Layer[Small, Images, Matrix]:
    """TBD."""
    return cnn_small(dropped, classes)
