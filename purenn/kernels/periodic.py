"""Waves of numbers: cosines of each column at several frequencies, and linear maps of them.

Waves are (columns, samples, frequencies), so that a linear map for each column is a product of
stacks of matrices.
"""

from __future__ import annotations

from math import pi

import numpy as np

from purenn.arrays import FLOAT64, Matrices, Matrix, read_only
from purenn.kernels.elementwise import scalar
from purenn.kernels.memory import empty
from purenn.kernels.ops import Ops


def angles(x: Matrix, frequency: Matrix, phase: Matrix) -> Matrices:
    """`2 pi x frequency + phase`; where that overflows, a large number."""
    found = empty((x.shape[1], x.shape[0], frequency.shape[1]), x.dtype)
    most = scalar(float(np.finfo(x.dtype).max) / 2.0, x.dtype)
    with np.errstate(over="ignore"):
        np.multiply(x.T[:, :, np.newaxis], _turns(frequency), found)
    found.clip(-most, most, found)
    return np.add(found, phase[:, np.newaxis], found)


def _turns(frequency: Matrix) -> Matrices:
    return (frequency * scalar(2.0 * pi, frequency.dtype))[:, np.newaxis]


def mapped(ops: Ops, wave: Matrices, weight: Matrices, bias: Matrix, x: Matrix) -> Matrix:
    """A linear map of the waves of each column, one after the other, and then `x` itself."""
    columns, samples, _ = wave.shape
    width = bias.size
    y = empty((samples, width + columns), x.dtype)
    maps = y[:, :width].reshape(samples, columns, bias.shape[1])
    np.add(ops.products(wave, weight).swapaxes(0, 1), bias, maps)
    y[:, width:] = x
    return read_only(y)


def pulled(
    ops: Ops, angle: Matrices, wave: Matrices, weight: Matrices, x: Matrix, dy: Matrix
) -> tuple[Matrices, tuple[Matrix, Matrix, Matrices, Matrix]]:
    """The cotangents of the angles, and those of frequency, phase, weight and bias."""
    columns, samples, _ = wave.shape
    maps = dy[:, :-columns].reshape(samples, columns, weight.shape[2]).swapaxes(0, 1)
    turned = empty(angle.shape, angle.dtype)
    ops.sin(angle, turned)
    np.negative(turned, turned)
    np.multiply(turned, ops.products(maps, weight.swapaxes(1, 2)), turned)
    phase = _sums(turned)
    by_x = ops.products(x.T[:, np.newaxis], turned)[:, 0] * scalar(2.0 * pi, x.dtype)
    grads = ops.products(wave.swapaxes(1, 2), maps)
    return turned, (read_only(by_x), phase, read_only(grads), _sums(maps))


def _sums(stack: Matrices) -> Matrix:
    return read_only(np.add.reduce(stack, axis=1, dtype=FLOAT64).astype(stack.dtype))


def input_cotangent(ops: Ops, angle_cotangent: Matrices, frequency: Matrix, dy: Matrix) -> Matrix:
    """The cotangent of x: through its waves and as it is."""
    columns, samples, count = angle_cotangent.shape
    turns = _turns(frequency).reshape(columns, count, 1)
    through = ops.products(angle_cotangent, turns)[:, :, 0].T
    return read_only(np.add(through, dy[:, -columns:], empty((samples, columns), dy.dtype)))
