"""Softmax and its logarithm along rows, through log-sum-exp, and their cotangents."""

from __future__ import annotations

import numpy as np

from purenn.arrays import Matrix, seal
from purenn.kernels.memory import empty_like


def row_sums(x: Matrix) -> Matrix:
    """The sum of each row, (rows, 1)."""
    sums: Matrix = np.add.reduce(x, axis=1, keepdims=True)
    return sums


def below_row_maximum(x: Matrix) -> Matrix:
    """Each row less its maximum, so that the exponential of none overflows. Writable."""
    largest: Matrix = np.maximum.reduce(x, axis=1, keepdims=True)
    shifted = empty_like(x)
    np.subtract(x, largest, shifted)
    return shifted


def softmax(x: Matrix) -> Matrix:
    """`exp(x) / sum(exp(x))` along each row."""
    y = below_row_maximum(x)
    np.exp(y, y)
    np.divide(y, row_sums(y), y)
    return seal(y)


def softmax_cotangent(y: Matrix, dy: Matrix) -> Matrix:
    """`y * (dy - sum(dy * y))`: the Jacobian of each row times `dy`, without the Jacobian."""
    dx = empty_like(dy)
    np.multiply(dy, y, dx)
    np.subtract(dy, row_sums(dx), dx)
    np.multiply(y, dx, dx)
    return seal(dx)


def log_softmax(x: Matrix) -> Matrix:
    """`x - log(sum(exp(x)))` along each row."""
    y = below_row_maximum(x)
    exponentials = empty_like(x)
    np.exp(y, exponentials)
    np.subtract(y, np.log(row_sums(exponentials)), y)
    return seal(y)


def log_softmax_cotangent(y: Matrix, dy: Matrix) -> Matrix:
    """`dy - exp(y) * sum(dy)`."""
    dx = empty_like(dy)
    np.exp(y, dx)
    np.multiply(dx, row_sums(dy), dx)
    np.subtract(dy, dx, dx)
    return seal(dx)
