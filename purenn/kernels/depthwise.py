"""Convolutions of each channel by itself, in one pass: sums of products along rows of images."""

from __future__ import annotations

import numpy as np

from purenn.arrays import Array, Images, Span, Vector
from purenn.kernels.threads import shared
from purenn.kernels.windows import Windows, blocks, cover


def correlate(x: Images, weight: Images, bias: Vector, windows: Windows, out: Images) -> None:
    """The product of each window and the weight (rows, columns, 1, channels), plus the bias."""
    wide = np.broadcast_to(weight, (*windows.size, windows.count[1], x.shape[3]))

    def write(block: Span) -> None:
        seen = _seen(x[block], windows)
        factors = wide.reshape(*windows.size, *seen.shape[4:])
        sums = np.einsum("nhij...,ij...->nh...", seen, factors)
        to = out[block]
        np.add(sums.reshape(to.shape), bias, to)

    shared(write, _blocks(x, windows))


def add_weight_cotangent(x: Images, dy: Images, windows: Windows, sums: Images) -> None:
    """Add the sum of all windows times `dy`, block by block of samples, to `sums`."""

    def part(block: Span) -> Array:
        seen = _seen(x[block], windows)
        slopes = dy[block].reshape(*seen.shape[:2], *seen.shape[4:])
        products = np.einsum("nhij...,nh...->ij...", seen, slopes)
        columns = products.reshape(*windows.size, -1, x.shape[3])
        return np.add.reduce(columns, axis=2, keepdims=True)

    for found in shared(part, _blocks(x, windows)):
        np.add(sums, found, sums)


def _blocks(x: Images, windows: Windows) -> list[Span]:
    return blocks(x.shape[0], windows.extent(0) * windows.extent(1) * x.shape[3])


def _seen(x: Images, windows: Windows) -> Array:
    """All windows as a view: (sample, line, row, column, which along the line, channel).

    The last two are one axis if the windows are side by side: long rows are the fastest.
    """
    covered = cover(x, windows)
    samples, rows, columns, channels = covered.strides
    shape = (len(covered), windows.count[0], *windows.size)
    strides = (samples, rows * windows.stride[0], rows, columns)
    along, step = windows.count[1], windows.stride[1]
    if step == 1:
        return np.ndarray((*shape, along * x.shape[3]), x.dtype, covered, 0, (*strides, channels))
    ends = (along, x.shape[3])
    return np.ndarray((*shape, *ends), x.dtype, covered, 0, (*strides, columns * step, channels))
