"""Softmax and its logarithm along the last axis, through log-sum-exp, and their cotangents."""

from __future__ import annotations

import numpy as np

from purenn.arrays import A, Array, read_only
from purenn.kernels.memory import empty_like


def row_sums(x: Array) -> Array:
    """The sum along the last axis, which is kept with size 1."""
    sums: Array = np.add.reduce(x, axis=-1, keepdims=True)
    return sums


def below_row_maximum(x: A) -> A:
    """Each row less its maximum, so that the exponential of none overflows. Writable."""
    largest: Array = np.maximum.reduce(x, axis=-1, keepdims=True)
    shifted = empty_like(x)
    with np.errstate(over="ignore", invalid="ignore"):  # what is so far below has exponential 0
        np.subtract(x, largest, shifted)
    return shifted


def softmax(x: A) -> A:
    """`exp(x) / sum(exp(x))` along each row."""
    y = below_row_maximum(x)
    np.exp(y, y)
    np.divide(y, row_sums(y), y)
    return read_only(y)


def softmax_cotangent(y: A, dy: A) -> A:
    """`y * (dy - sum(dy * y))`: the Jacobian of each row times `dy`, without the Jacobian."""
    dx = empty_like(dy)
    np.multiply(dy, y, dx)
    np.subtract(dy, row_sums(dx), dx)
    np.multiply(y, dx, dx)
    return read_only(dx)


def log_softmax(x: A) -> A:
    """`x - log(sum(exp(x)))` along each row."""
    y = below_row_maximum(x)
    exponentials = empty_like(x)
    np.exp(y, exponentials)
    np.subtract(y, np.log(row_sums(exponentials)), y)
    return read_only(y)


def log_softmax_cotangent(y: A, dy: A) -> A:
    """`dy - exp(y) * sum(dy)`."""
    dx = empty_like(dy)
    np.exp(y, dx)
    np.multiply(dx, row_sums(dy), dx)
    np.subtract(dy, dx, dx)
    return read_only(dx)
