"""The matrix products of a linear layer, forward and backward. This is where the time should go."""

from __future__ import annotations

import numpy as np

from purenn.arrays import Matrix, Vector, seal
from purenn.kernels.memory import empty


def affine(x: Matrix, weight: Matrix, bias: Vector) -> Matrix:
    """`x @ weight + bias`."""
    y = empty((x.shape[0], weight.shape[1]), x.dtype)
    x.dot(weight, y)
    np.add(y, bias, y)
    return seal(y)


def weight_cotangent(x: Matrix, dy: Matrix) -> Matrix:
    """`x.T @ dy`, summed over the batch."""
    cotangent = empty((x.shape[1], dy.shape[1]), x.dtype)
    x.T.dot(dy, cotangent)
    return seal(cotangent)


def bias_cotangent(dy: Matrix) -> Vector:
    """The sum of `dy` over the batch."""
    cotangent = np.empty(dy.shape[1], dy.dtype)
    np.add.reduce(dy, axis=0, out=cotangent)
    return seal(cotangent)


def input_cotangent(dy: Matrix, weight: Matrix) -> Matrix:
    """`dy @ weight.T`."""
    cotangent = empty((dy.shape[0], weight.shape[0]), dy.dtype)
    dy.dot(weight.T, cotangent)
    return seal(cotangent)
