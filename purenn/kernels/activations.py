"""Activations and their cotangents, each from the activation's own output `y`.

Softmax and its logarithm go along the last axis, through log-sum-exp.

Masks are arithmetic: `np.where` branches on every element, and costs ten times as much where the
signs are random. Bounds are set by `clip`: `np.maximum` with a scalar takes three times as long.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, inf, log2

import numpy as np

from purenn.arrays import A, Array, FloatDtype, Vector, read_only
from purenn.kernels.elementwise import clipped, scalar, times, times_plus
from purenn.kernels.memory import empty_like
from purenn.kernels.ops import Function, Ops

# The maxima of rows as short as this, each in one piece, are found twice as fast in a transposed
# copy.
SHORT = 32


def relu(x: A) -> A:
    """`max(x, 0)`."""
    return read_only(clipped(x, 0.0, inf))


def relu_cotangent(y: A, dy: A) -> A:
    """`dy` where the unit is active, and 0 elsewhere."""
    dx = empty_like(dy)
    np.greater(y, scalar(0.0, y.dtype), dx)
    np.multiply(dx, dy, dx)
    return read_only(dx)


def leaky_relu(x: A, slope: float) -> A:
    """`max(x, slope * x)`, for a slope from 0 to 1."""
    y, factor = empty_like(x), scalar(slope, x.dtype)
    if factor:
        np.multiply(x, factor, y)
    else:  # 0 * inf is NaN
        np.copysign(factor, x, y)
    np.maximum(x, y, out=y)
    return read_only(y)


def leaky_relu_cotangent(y: A, dy: A, slope: float) -> A:
    """`dy` where the unit is active, and `slope * dy` elsewhere.

    The factor is `y` clipped to [slope * e, e] and divided by e, a power of two so small (1e-36 for
    a slope of 0.01 in float32) that an active unit lies below it only after an underflow.
    """
    low, edge, inverse = _edge(slope, y.dtype)
    dx = y.clip(low, edge, empty_like(dy))
    np.multiply(dx, inverse, dx)
    np.multiply(dx, dy, dx)
    return read_only(dx)


@lru_cache(maxsize=64)
def _edge(slope: float, dtype: FloatDtype) -> tuple[Array, Array, Array]:
    """`slope * e`, e and 1 / e: the least power of two for which all have every digit.

    A slope below 1e-18 need not have all of them, since e would be large, and 0 has none.
    """
    digits = 2.0 ** ceil(-log2(max(slope, 1e-18))) if dtype.type(slope) else 1.0
    edge = float(np.finfo(dtype).tiny) * digits
    return scalar(slope * edge, dtype), scalar(edge, dtype), scalar(1.0 / edge, dtype)


def prelu(x: A, slope: Vector) -> A:
    """`x` where it is positive and `slope * x` elsewhere, for a slope of each feature."""
    return times_plus(clipped(x, -inf, 0.0), slope, clipped(x, 0.0, inf))


def prelu_cotangent(x: A, dy: A, slope: Vector) -> A:
    """`dy` where the unit is active, and `slope * dy` elsewhere."""
    dx, active = empty_like(dy), empty_like(dy)
    np.less_equal(x, scalar(0.0, x.dtype), dx)
    np.greater(x, scalar(0.0, x.dtype), active)
    np.multiply(dx, slope, dx)
    np.add(dx, active, dx)
    np.multiply(dx, dy, dx)
    return read_only(dx)


def applied(function: Function, x: A) -> A:
    """The function of each element."""
    y = empty_like(x)
    function(x, y)
    return read_only(y)


def sigmoid_cotangent(y: A, dy: A) -> A:
    """`dy * y * (1 - y)`."""
    dx = empty_like(dy)
    np.subtract(scalar(1.0, y.dtype), y, dx)
    np.multiply(dx, y, dx)
    np.multiply(dx, dy, dx)
    return read_only(dx)


def exponential_cotangent(y: A, dy: A) -> A:
    """`dy * y`."""
    with np.errstate(over="ignore", invalid="ignore"):
        return times(dy, y)


def tanh_cotangent(y: A, dy: A) -> A:
    """`dy * (1 - y²)`."""
    dx = empty_like(dy)
    np.multiply(y, y, dx)
    np.subtract(scalar(1.0, y.dtype), dx, dx)
    np.multiply(dx, dy, dx)
    return read_only(dx)


def row_sums(x: Array) -> Array:
    """The sum along the last axis, which is kept with size 1."""
    return np.add.reduce(x, axis=-1, keepdims=True)


def _below_row_maximum(x: A) -> A:
    """Each row less its maximum, so that the exponential of none overflows. Writable."""
    if x.shape[-1] <= SHORT and x.strides[-1] == x.itemsize:
        columns = x.transpose(-1, *range(x.ndim - 1)).copy()
        largest = np.maximum.reduce(columns, axis=0)[..., np.newaxis]
    else:
        largest = np.maximum.reduce(x, axis=-1, keepdims=True)
    shifted = empty_like(x)
    with np.errstate(over="ignore", invalid="ignore"):  # what is so far below has exponential 0
        np.subtract(x, largest, shifted)
    return shifted


def exponentials(ops: Ops, x: A) -> tuple[A, A, Array, Array]:
    """Each row less its maximum, then `exp` of that, the sum of the row, and its logarithm."""
    shifted, found = _below_row_maximum(x), empty_like(x)
    ops.exp(shifted, found)
    sums = row_sums(found)
    logs = empty_like(sums)
    ops.log(sums, logs)
    return shifted, found, sums, logs


def exp_of_minus_abs(ops: Ops, x: A) -> A:
    """`exp(-|x|)`, from 0 to 1. Writable."""
    y = empty_like(x)
    np.abs(x, y)
    np.negative(y, y)
    ops.exp(y, y)
    return y


def softmax(ops: Ops, x: A) -> A:
    """`exp(x) / sum(exp(x))` along each row."""
    y = _below_row_maximum(x)
    ops.exp(y, y)
    np.divide(y, row_sums(y), y)
    return read_only(y)


def softmax_cotangent(y: A, dy: A) -> A:
    """`y * (dy - sum(dy * y))`: the Jacobian of each row times `dy`, without the Jacobian."""
    dx = empty_like(dy)
    np.multiply(dy, y, dx)
    np.subtract(dy, row_sums(dx), dx)
    np.multiply(y, dx, dx)
    return read_only(dx)


def log_softmax(ops: Ops, x: A) -> A:
    """`x - log(sum(exp(x)))` along each row."""
    y, _, _, logs = exponentials(ops, x)
    np.subtract(y, logs, y)
    return read_only(y)


def log_softmax_cotangent(ops: Ops, y: A, dy: A) -> A:
    """`dy - exp(y) * sum(dy)`."""
    dx = empty_like(dy)
    ops.exp(y, dx)
    np.multiply(dx, row_sums(dy), dx)
    np.subtract(dy, dx, dx)
    return read_only(dx)
