"""Pooling of images: the maximum or the average of each window, and their cotangents.

A pass over a few samples for each element of a window takes less time than copying the windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import inf, isfinite, nan, prod

import numpy as np

from purenn.arrays import A, Array, FloatDtype, G, Images, Matrix, Span, read_only
from purenn.kernels.elementwise import scalar, times
from purenn.kernels.memory import empty
from purenn.kernels.norms import place_sums
from purenn.kernels.threads import shared
from purenn.kernels.windows import Pair, Tap, Windows, blocks, cover, uncover

BOOL = np.dtype(np.bool)

# Elements from which on one search takes less time than passes, if a window is the whole image.
MANY = 32

Sizes = tuple[int, int, int, int]
Parts = Iterator[tuple[Tap, Images]]  # what comes to each element of all windows


def maximum(x: Images, windows: Windows) -> Images:
    """The maximum of each window, with -infinity beyond the images."""
    y = empty((x.shape[0], *windows.count, x.shape[3]), x.dtype)

    def write(block: Span) -> None:
        _reduce(np.maximum, cover(x[block], windows, -inf), windows, y[block])

    shared(write, blocks(x.shape[0], prod(x.shape[1:])))
    return read_only(y)


def _reduce(reduction: np.ufunc, covered: Images, windows: Windows, out: Images) -> Images:
    """The maximum or the sum of each window, in `out`."""
    first, *others = windows.taps()
    found = covered[first]
    for tap in others:
        found = reduction(found, covered[tap], out=out)
    if not others:
        out[...] = found
    return out


def maximum_cotangent(x: Images, y: Images, dy: Images, windows: Windows) -> Images:
    """`dy` at the first element of each window, in C order, that is its maximum."""
    if windows.count == (1, 1) and windows.size == x.shape[1:3] and prod(windows.size) >= MANY:
        return _at_maximum(x, y, dy)

    def parts(block: Span) -> Parts:
        covered, largest, slopes = cover(x[block], windows, nan), y[block], dy[block]
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


def _at_maximum(x: Images, y: Images, dy: Images) -> Images:
    """`maximum_cotangent` for a window that is the whole image, as over all of a text."""
    dx: Images = np.zeros(x.shape, x.dtype)
    are_largest = np.equal(x, y).reshape(len(x), prod(x.shape[1:3]), x.shape[3])
    first = are_largest.argmax(1, keepdims=True)
    slopes = dy.reshape(first.shape) * np.take_along_axis(are_largest, first, 1)
    np.put_along_axis(dx.reshape(are_largest.shape), first, slopes, 1)
    return read_only(dx)


def average(x: Images, windows: Windows) -> Images:
    """The mean of each window, of those elements that are in the image."""
    y = empty((x.shape[0], *windows.count, x.shape[3]), x.dtype)
    share = _shares(windows, x.shape[1], x.shape[2], x.dtype)

    def write(block: Span) -> None:
        sums = partial(_reduce, np.add, windows=windows, out=y[block])
        _scaled_sums(sums, cover(x[block], windows), prod(windows.size), share)

    shared(write, blocks(x.shape[0], prod(x.shape[1:])))
    return read_only(y)


def _scaled_sums(sums: Callable[[A], G], x: A, terms: int, share: Array) -> G:
    """The sums times the share of each term, where no sum of large numbers overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        y = sums(x)
        if not isfinite(np.add.reduce(y, axis=None)):
            power = scalar(2.0 ** terms.bit_length(), x.dtype)
            y, share = sums(times(x, 1 / power)), share * power
        np.multiply(y, share, y)
    return y


def average_cotangent(shape: Sizes, dy: Images, windows: Windows) -> Images:
    """`dy` divided among the elements of each window over images of that shape."""
    share = _shares(windows, shape[1], shape[2], dy.dtype)

    def parts(block: Span) -> Parts:
        part = times(dy[block], share)
        for tap in windows.taps():
            yield tap, part

    return _spread(parts, windows, shape, dy.dtype)


def sums(x: Images, size: Pair) -> Images:
    """The sum of each window of that size, where windows lie side by side."""
    if 1 not in size:  # so no sum is long, and passes are fewer
        x, size = sums(x, (size[0], 1)), (1, size[1])
    count = x.shape[1] // size[0], x.shape[2] // size[1]
    y = empty((x.shape[0], *count, x.shape[3]), x.dtype)
    windows = Windows(size, size, (0, 0), count)
    for block in blocks(x.shape[0], prod(x.shape[1:])):
        _reduce(np.add, x[block], windows, y[block])
    return read_only(y)


def global_average(x: Images) -> Matrix:
    """The mean of each channel over all pixels."""
    pixels = prod(x.shape[1:3])
    places = x.reshape(x.shape[0], pixels, x.shape[3])
    return read_only(_scaled_sums(place_sums, places, pixels, scalar(1.0 / pixels, x.dtype))[:, 0])


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
    is_whole = covered == shape[1:] and windows.start == (0, 0)
    is_tiled = windows.size == windows.stride

    def write(block: Span) -> None:
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

    shared(write, blocks(shape[0], prod(shape[1:])))
    return read_only(dx)


def _shares(windows: Windows, height: int, width: int, dtype: FloatDtype) -> Array:
    """One over the number of elements of each window that are in the image."""
    whole = np.ones((1, height, width, 1), dtype)
    inside = empty((1, *windows.count, 1), dtype)
    _reduce(np.add, cover(whole, windows), windows, inside)
    size = prod(windows.size)
    return scalar(1.0 / size, dtype) if inside.min() == size else np.reciprocal(inside)
