"""Convolutions of images and their cotangents: patches copied side by side, and one product.

The patches of a few samples are copied, multiplied while they are in the cache, and dropped; the
cotangent of the weight copies them again. Kept for it, they would need the memory of the input
times the size of a window, and to write and read that takes as long as a second copy, or longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from purenn.arrays import FLOAT64, Images, Stack, Vector, read_only, typed_like
from purenn.kernels import depthwise
from purenn.kernels.memory import empty
from purenn.kernels.products import products
from purenn.kernels.windows import Span, Windows, blocks, cover

# OpenBLAS does not copy matrices first for products of so many multiplications at most. Therefore a
# stack of matrices is faster than a single one, if each has so many rows.
PRODUCT, ROWS = 10**6, 48
# Rows of windows of fewer bytes are copied faster with all first rows first.
SHORT = 64

Filters = Images  # row, column, channel of a group, feature


def convolve(x: Images, weight: Filters, bias: Vector, windows: Windows) -> Images:
    """The product of each window and the weight, plus the bias, for each group of channels."""
    y = empty((x.shape[0], *windows.count, weight.shape[3]), x.dtype)
    for channels, features in _groups(x, weight):
        part = typed_like(weight[..., features], weight)
        _correlate(x[..., channels], part, bias[features], windows, y[..., features])
    return read_only(y)


def weight_cotangent(x: Images, dy: Images, windows: Windows, weight: Filters) -> Filters:
    """The sum of all patches times `dy`. Sums over blocks of samples are added in float64."""
    sums = np.zeros(weight.shape, FLOAT64)
    for channels, features in _groups(x, weight):
        part, own, to = x[..., channels], dy[..., features], sums[..., features]
        if _is_depthwise(part, weight):
            depthwise.add_weight_cotangent(part, own, windows, to)
            continue
        for block, patches in _patches(part, windows, own.shape[3]):
            slopes = own[block].reshape(*patches.shape[:2], -1)
            found = products(patches.transpose(0, 2, 1), slopes)
            np.add(to, np.add.reduce(found, axis=0).reshape(to.shape), to)
    return read_only(typed_like(sums.astype(dy.dtype), weight))


def input_cotangent(dy: Images, weight: Filters, windows: Windows, x: Images) -> Images:
    """The convolution of `dy` with the flipped weight: faster than adding up windows.

    With stride s there are s² kinds of pixels. Each meets every s-th row and column of the weight.
    """
    dx = empty(x.shape, x.dtype)
    none: Vector = np.zeros(weight.shape[2], x.dtype)
    down, across = (_kinds(windows, axis, x.shape[1 + axis]) for axis in (0, 1))
    for channels, features in _groups(x, weight):
        for rows, row_taps, top, height in down:
            for columns, column_taps, left, width in across:
                to = dx[:, rows, columns, channels]
                part = weight[row_taps, column_taps, :, features][::-1, ::-1]
                if not part.size:
                    to[...] = 0.0
                    continue
                if not _is_depthwise(to, weight):
                    part = part.transpose(0, 1, 3, 2)
                flipped = typed_like(part, weight)
                over = Windows(part.shape[:2], (1, 1), (top, left), (height, width))
                _correlate(dy[..., features], flipped, none, over, to)
    return read_only(dx)


def _kinds(windows: Windows, axis: int, length: int) -> list[tuple[Span, Span, int, int]]:
    """Each kind of row: which rows, which rows of the weight, the first of `dy`, how many."""
    size, stride, start = windows.size[axis], windows.stride[axis], windows.start[axis]
    found: list[tuple[Span, Span, int, int]] = []
    for first in range(min(stride, length)):
        last, tap = divmod(first - start, stride)  # the last window there, and its row
        taps = len(range(tap, size, stride))
        count = len(range(first, length, stride))
        kind = slice(first, None, stride), slice(tap, None, stride)
        found.append((*kind, last - taps + 1, count))
    return found


def _is_depthwise(x: Images, weight: Filters) -> bool:
    return weight.shape[2] < x.shape[3]


def _groups(x: Images, weight: Filters) -> list[tuple[Span, Span]]:
    """The channels and the features of each group; all at once if each has one of both."""
    channels, features = x.shape[3], weight.shape[3]
    groups = channels // weight.shape[2]
    if groups == channels == features:
        groups = 1
    inputs, outputs = channels // groups, features // groups
    return [
        (slice(k * inputs, (k + 1) * inputs), slice(k * outputs, (k + 1) * outputs))
        for k in range(groups)
    ]


def _correlate(x: Images, weight: Filters, bias: Vector, windows: Windows, out: Images) -> None:
    """The convolution of one group of channels, or of each channel by itself."""
    if _is_depthwise(x, weight):
        depthwise.correlate(x, weight, bias, windows, out)
        return
    matrix = weight.reshape(-1, weight.shape[3])
    # NumPy is slow along rows as short as one of features.
    shift = np.broadcast_to(bias, (*windows.count, bias.size)).copy()
    for block, patches in _patches(x, windows, weight.shape[3]):
        to = out[block]
        np.add(products(patches, matrix).reshape(to.shape), shift, to)


def _patches(x: Images, windows: Windows, features: int) -> Iterator[tuple[Span, Stack]]:
    """What the windows show, as stacks of matrices with a row for each window."""
    (height, width), (down, across) = windows.size, windows.count
    row = width * x.shape[3]
    everything = cover(x, windows)
    for block in blocks(x.shape[0], down * across * height * row):
        covered = everything[block]
        count = len(covered) * down * across
        stack = (*_stacked(count, height * row * features), height * row)
        if windows.size == windows.stride == (1, 1):
            patches: Stack = covered.reshape(stack)
        else:
            patches = empty(stack, x.dtype)
            # NumPy copies rows of windows faster as single elements.
            kind = np.dtype((np.void, row * x.itemsize))
            shape = (len(covered), down, across, height)
            samples, rows, columns, _ = covered.strides
            strides = (samples, rows * windows.stride[0], columns * windows.stride[1], rows)
            to = np.ndarray(shape, kind, patches)
            seen = np.ndarray(shape, kind, covered, 0, strides)
            for part in range(height) if kind.itemsize < SHORT else [slice(None)]:
                to[..., part] = seen[..., part]
        yield block, patches


@lru_cache(maxsize=64)
def _stacked(windows: int, work: int) -> tuple[int, int]:
    """How many matrices of how many windows, each of which takes so many multiplications."""
    for rows in range(min(windows, PRODUCT // work), ROWS - 1, -1):
        if windows % rows == 0:
            return windows // rows, rows
    return 1, windows
