"""Elementwise activations and their cotangents, each from the activation's own output `y`.

Masks are arithmetic (a comparison written as 0.0 or 1.0): `np.where` branches on every element,
and costs ten times as much where the signs are random.
"""

from __future__ import annotations

import numpy as np

from purenn.arrays import FLOAT32, Matrix, seal
from purenn.kernels.constants import scalar
from purenn.kernels.memory import empty_like


def relu(x: Matrix) -> Matrix:
    """`max(x, 0)`."""
    y = empty_like(x)
    np.maximum(x, scalar(0.0, x.dtype), out=y)
    return seal(y)


def relu_cotangent(y: Matrix, dy: Matrix) -> Matrix:
    """`dy` where the unit is active, and 0 elsewhere."""
    dx = empty_like(dy)
    np.greater(y, scalar(0.0, y.dtype), dx)
    np.multiply(dx, dy, dx)
    return seal(dx)


def leaky_relu(x: Matrix, slope: float) -> Matrix:
    """`max(x, slope * x)`, for a slope from 0 to 1."""
    y = empty_like(x)
    np.multiply(x, scalar(slope, x.dtype), y)
    np.maximum(x, y, out=y)
    return seal(y)


def leaky_relu_cotangent(y: Matrix, dy: Matrix, slope: float) -> Matrix:
    """`dy` where the unit is active, and `slope * dy` elsewhere."""
    dx = empty_like(dy)
    np.greater(y, scalar(0.0, y.dtype), dx)
    np.maximum(dx, scalar(slope, y.dtype), out=dx)
    np.multiply(dx, dy, dx)
    return seal(dx)


def sigmoid(x: Matrix) -> Matrix:
    """`1 / (1 + exp(-x))`, where the exponent stops just short of overflow."""
    y = empty_like(x)
    lowest = -88.0 if x.dtype == FLOAT32 else -709.0
    np.maximum(x, scalar(lowest, x.dtype), out=y)
    np.negative(y, y)
    np.exp(y, y)
    np.add(y, scalar(1.0, x.dtype), y)
    np.divide(scalar(1.0, x.dtype), y, y)
    return seal(y)


def sigmoid_cotangent(y: Matrix, dy: Matrix) -> Matrix:
    """`dy * y * (1 - y)`."""
    dx = empty_like(dy)
    np.subtract(scalar(1.0, y.dtype), y, dx)
    np.multiply(dx, y, dx)
    np.multiply(dx, dy, dx)
    return seal(dx)


def tanh(x: Matrix) -> Matrix:
    """The hyperbolic tangent."""
    y = empty_like(x)
    np.tanh(x, y)
    return seal(y)


def tanh_cotangent(y: Matrix, dy: Matrix) -> Matrix:
    """`dy * (1 - y²)`."""
    dx = empty_like(dy)
    np.multiply(y, y, dx)
    np.subtract(scalar(1.0, y.dtype), dx, dx)
    np.multiply(dx, dy, dx)
    return seal(dx)
