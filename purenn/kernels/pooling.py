"""Pooling of images: the maximum or the average of each window, and their cotangents.

A pass over a few samples for each element of a window takes less time than copying the windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, prod

import numpy as np

from purenn.arrays import FloatDtype, Images, Matrix, read_only
from purenn.kernels.constants import scalar
from purenn.kernels.elementwise import times
from purenn.kernels.memory import empty, empty_like
from purenn.kernels.windows import Span, Tap, Windows, blocks, cover, uncover

BOOL = np.dtype(np.bool)

Sizes = tuple[int, int, int, int]
Parts = Iterator[tuple[Tap, Images]]  # what comes to each element of all windows


def maximum(x: Images, windows: Windows) -> Images:
    """The maximum of each window, with -infinity beyond the images."""
    y = empty((x.shape[0], *windows.count, x.shape[3]), x.dtype)
    for block in blocks(x.shape[0], prod(x.shape[1:])):
        _reduce(np.maximum, cover(x[block], windows, -inf), windows, y[block])
    return read_only(y)


def _reduce(reduction: np.ufunc, covered: Images, windows: Windows, out: Images) -> None:
    """Write the maximum or the sum of each window to `out`."""
    first, *others = windows.taps()
    out[...] = covered[first]
    for tap in others:
        reduction(out, covered[tap], out=out)


def maximum_cotangent(x: Images, y: Images, dy: Images, windows: Windows) -> Images:
    """`dy` at the first element of each window, in C order, that is its maximum."""

    def parts(block: Span) -> Parts:
        covered, largest, slopes = cover(x[block], windows, -inf), y[block], dy[block]
        free, found = empty(largest.shape, BOOL), empty(largest.shape, BOOL)
        part = empty(largest.shape, dy.dtype)
        free[...] = True
        for tap in windows.taps():
            np.equal(covered[tap], largest, found)
            np.logical_and(found, free, found)
            np.greater(free, found, free)
            np.multiply(found, slopes, part)
            yield tap, part

    return _spread(parts, windows, x.shape, dy.dtype)


def average(x: Images, windows: Windows) -> Images:
    """The mean of each window, of those elements that are in the image."""
    y = empty((x.shape[0], *windows.count, x.shape[3]), x.dtype)
    share, more = _shares(windows, x.shape[1], x.shape[2], x.dtype)
    for block in blocks(x.shape[0], prod(x.shape[1:])):
        covered, means = cover(x[block], windows), y[block]
        scaled = empty_like(covered)
        with np.errstate(over="ignore", invalid="ignore"):
            np.multiply(covered, share, scaled)  # so that no sum of large numbers overflows
            _reduce(np.add, scaled, windows, means)
            np.multiply(means, more, means)
    return read_only(y)


def average_cotangent(shape: Sizes, dy: Images, windows: Windows) -> Images:
    """`dy` divided among the elements of each window over images of that shape."""
    share, more = _shares(windows, shape[1], shape[2], dy.dtype)

    def parts(block: Span) -> Parts:
        part = empty_like(dy[block])
        np.multiply(dy[block], more * share, part)
        for tap in windows.taps():
            yield tap, part

    return _spread(parts, windows, shape, dy.dtype)


def global_average(x: Images) -> Matrix:
    """The mean of each channel over all pixels."""
    pixels = x.reshape(x.shape[0], -1, x.shape[3])
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = times(pixels, scalar(1.0 / pixels.shape[1], x.dtype))
        y: Matrix = np.add.reduce(scaled, axis=1)
    return read_only(y)


def global_average_cotangent(shape: Sizes, dy: Matrix) -> Images:
    """`dy` divided among the pixels of images of that shape."""
    dx = empty(shape, dy.dtype)
    part = dy * scalar(1.0 / prod(shape[1:3]), dy.dtype)
    dx[...] = part[:, np.newaxis, np.newaxis]
    return read_only(dx)


def _spread(
    parts: Callable[[Span], Parts], windows: Windows, shape: Sizes, dtype: FloatDtype
) -> Images:
    """The cotangent of images of that shape: the sum of what comes to each pixel."""
    dx = empty(shape, dtype)
    covered = (windows.extent(0), windows.extent(1), shape[3])
    is_tiled = windows.size == windows.stride
    is_whole = covered == shape[1:] and windows.start == (0, 0)
    for block in blocks(shape[0], prod(shape[1:])):
        to = dx[block]
        sums = to if is_whole else empty((len(to), *covered), dtype)
        if not is_tiled:
            sums[...] = 0.0
        for tap, part in parts(block):
            if is_tiled:
                sums[tap] = part
            else:
                np.add(sums[tap], part, sums[tap])
        if not is_whole:
            uncover(sums, windows, to)
    return read_only(dx)


def _shares(windows: Windows, height: int, width: int, dtype: FloatDtype) -> tuple[float, Images]:
    """1 / size, and by how much more each window divides that reaches beyond the image."""
    whole = np.ones((1, height, width, 1), dtype)
    inside = empty((1, *windows.count, 1), dtype)
    _reduce(np.add, cover(whole, windows), windows, inside)
    size = float(prod(windows.size))
    return 1.0 / size, size / inside
