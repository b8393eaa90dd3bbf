"""Convolutions of images and their cotangents: patches copied side by side, and products.

Of a few samples, what the windows show of each row of pixels is copied, and lies there with the
rows one below the other: a window is one piece of that, and the windows of an output's row are the
rows of a matrix. It is multiplied while it is in the cache, and dropped; the cotangent of the
weight copies it again. Kept for it, it would need the memory of the input times the width of a
window, and to write and read that takes as long as a second copy, or longer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import prod

import numpy as np

from purenn.arrays import FLOAT64, Array, Images, R, Span, Vector, read_only, typed_like
from purenn.kernels import depthwise
from purenn.kernels.blocks import even_step, spans
from purenn.kernels.memory import LINE, empty
from purenn.kernels.processor import has_avx512
from purenn.kernels.products import products
from purenn.kernels.reductions import ROWS
from purenn.kernels.threads import has_room, shared
from purenn.kernels.windows import Windows, cover

# Up to `PRODUCT` multiplications OpenBLAS does not copy matrices first. So a stack of matrices of
# `FEW` rows or more is faster than a single one.
PRODUCT, FEW = 10**6, 48
# With AVX-512 these products are computed in the thread that asks, and so threads may share a stack
# of matrices of at least `SHARED` rows. That gains from `MUCH` multiplications on, where an output
# counts as `OUTPUT`. Elsewhere the threads of BLAS keep the cores busy, unless it has only one.
SHARED, MUCH, OUTPUT = 20, 10**8, 40
# Single products need this many rows to be fast.
MANY = 256
# Elements of patches that fit into the second cache, beside what is made of them.
BLOCK = 2**17

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
        add = depthwise.add_weight_cotangent if _is_depthwise(part, weight) else _add_slopes
        add(part, own, windows, to)
    return read_only(typed_like(sums.astype(dy.dtype), weight))


def _add_slopes(x: Images, dy: Images, windows: Windows, sums: Filters) -> None:
    """Add the sum of all patches times `dy` of one group of channels."""

    def slopes(block: Span, patches: Array) -> Array:
        given = of_windows = _in_order(dy[block], patches)
        if patches.shape[1] > 1:
            of_windows = empty(given.shape, dy.dtype)
            np.copyto(of_windows, given)
        found = products(patches.swapaxes(2, 3), of_windows.reshape(*patches.shape[:3], -1))
        total: Array = np.add.reduce(found, axis=(0, 1))
        return total

    for found in _each(slopes, x, windows, dy.shape[3]):
        np.add(sums, found.reshape(sums.shape), sums)


def input_cotangent(dy: Images, weight: Filters, windows: Windows, x: Images) -> Images:
    """The convolution of `dy` with the flipped weight: faster than adding up windows.

    With stride s there are s² kinds of pixels. Each meets every s-th row and column of the weight.
    """
    dx = empty(x.shape, x.dtype)
    none: Vector = np.zeros(weight.shape[2], x.dtype)
    down, across = (list(_kinds(windows, axis, x.shape[1 + axis])) for axis in (0, 1))
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


def _kinds(windows: Windows, axis: int, length: int) -> Iterator[tuple[Span, Span, int, int]]:
    """Each kind of row: which rows, which rows of the weight, the first of `dy`, how many."""
    size, stride, start = windows.size[axis], windows.stride[axis], windows.start[axis]
    for first in range(min(stride, length)):
        last, tap = divmod(first - start, stride)  # the last window there, and its row
        taps = len(range(tap, size, stride))
        count = len(range(first, length, stride))
        yield slice(first, None, stride), slice(tap, None, stride), last - taps + 1, count


def _is_depthwise(x: Images, weight: Filters) -> bool:
    return weight.shape[2] < x.shape[3]


def _groups(x: Images, weight: Filters) -> list[tuple[Span, Span]]:
    """The channels and the features of each group; all at once if each has one of both."""
    channels, features = x.shape[3], weight.shape[3]
    groups = channels // weight.shape[2]
    if groups == channels == features:
        groups = 1
    inputs, outputs = spans(channels, channels // groups), spans(features, features // groups)
    return list(zip(inputs, outputs, strict=True))


def _correlate(x: Images, weight: Filters, bias: Vector, windows: Windows, out: Images) -> None:
    """The convolution of one group of channels, or of each channel by itself."""
    if _is_depthwise(x, weight):
        depthwise.correlate(x, weight, bias, windows, out)
        return
    matrix = weight.reshape(-1, weight.shape[3])
    # NumPy is slow along rows as short as one of features.
    shift = np.broadcast_to(bias, (*windows.count, bias.size)).copy()

    def write(block: Span, patches: Array) -> None:
        to = _in_order(out[block], patches)
        np.add(products(patches, matrix).reshape(to.shape), shift if to.ndim == 4 else shift[0], to)

    _each(write, x, windows, weight.shape[3])


def _each(work: Callable[[Span, Array], R], x: Images, windows: Windows, features: int) -> list[R]:
    """What the function gives for each few samples and their patches."""
    samples, across, row = x.shape[0], windows.count[1], windows.size[1] * x.shape[3]
    outputs = samples * prod(windows.count) * features
    much = outputs * (windows.size[0] * row + OUTPUT) >= MUCH
    # BLAS has threads for products of matrices and vectors.
    is_shared = (has_avx512() or has_room()) and features > 1 and much
    few = SHARED if is_shared and has_avx512() else FEW  # rows a matrix of a stack has at least
    multiplied = across * windows.size[0] * row * features  # for a row of windows
    step = _step(samples, across, multiplied, windows.extent(0) * across * row, few)

    def one(block: Span) -> R:
        return work(block, _patches(x[block], windows, multiplied, few))

    blocks = spans(samples, step)
    return shared(one, blocks) if is_shared else list(map(one, blocks))


def _in_order(y: Images, patches: Array) -> Array:
    """Outputs in the order of their patches: of a few samples all first rows come first."""
    if patches.shape[1] == 1:
        return y
    return y.reshape(patches.shape[0], -1, *y.shape[1:]).swapaxes(1, 2)


def _patches(x: Images, windows: Windows, multiplied: int, few: int) -> Array:
    """What the windows show of a few samples, as a stack of matrices with a row for each window.

    A row of windows takes `multiplied` multiplications.
    """
    (height, width), (down, across) = windows.size, windows.count
    by_rows, by_columns = windows.stride
    row = width * x.shape[3]
    covered = cover(x, windows)
    rows = covered.shape[1]
    if windows.size == (1, 1):
        # One row of windows would stay a view with gaps.
        seen = np.ascontiguousarray(covered[:, ::by_rows, ::by_columns])
        copied: Array = seen.reshape(-1, 1, row)
        rows = 1
    else:
        # An odd number of cache lines: those of powers of two fall on each other in the cache.
        pitch = (-(-rows * row * x.itemsize // LINE) | 1) * LINE // x.itemsize
        copied = empty((len(x), across, pitch), x.dtype)
        # NumPy copies windows' rows faster as single elements.
        kind = np.dtype((np.void, row * x.itemsize))
        by_sample, by_row, by_column, _ = covered.strides
        shape = (len(x), rows, across)
        seen = np.ndarray(shape, kind, covered, 0, (by_sample, by_row, by_column * by_columns))
        by_sample, by_window, _ = copied.strides
        np.ndarray(shape, kind, copied, 0, (by_sample, kind.itemsize, by_window))[...] = seen
    count, wide, _ = copied.shape
    together = _together(count, wide, multiplied // across * wide, few)
    by_sample, by_window, by_element = copied.strides
    matrices = (count // together, min(rows, down), together * wide, height * row)
    strides = (by_sample * together, row * x.itemsize * by_rows, by_window, by_element)
    return np.ndarray(matrices, x.dtype, copied, 0, strides)


@lru_cache(maxsize=64)
def _step(samples: int, windows: int, work: int, elements: int, few: int) -> int:
    """How many samples are copied at once: some matrices of them, or one with many rows."""
    fitting = BLOCK // elements
    together = min(fitting, _most(windows, work))
    if together * windows >= few:
        return fitting // together * together
    return even_step(samples, max(fitting, -(-MANY // windows)))


@lru_cache(maxsize=64)
def _together(samples: int, windows: int, work: int, few: int) -> int:
    """How many samples share a matrix, where each has `windows` rows and `work` multiplications."""
    for count in range(min(samples, _most(windows, work)), 0, -1):
        if samples % count == 0 and count * windows >= few:
            return count
    return samples


def _most(windows: int, work: int) -> int:
    return min(PRODUCT // work, max(1, ROWS // windows))
