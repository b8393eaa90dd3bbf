"""Convolutions with the same bits on every machine: those of numbers on grids, rounded once.

All sums in them are exact then, and so the same in whatever order they are taken.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from purenn.arrays import FLOAT64, Array, Images, Mask, Matrix, Vector, read_only, typed_like
from purenn.kernels import convolutions as kernels
from purenn.kernels.blocks import cut
from purenn.kernels.convolutions import Filters
from purenn.kernels.portable import grids
from purenn.kernels.portable.grids import Exponents
from purenn.kernels.portable.products import LONGEST
from purenn.kernels.windows import Pair, Windows


def convolve(x: Images, weight: Filters, bias: Vector, windows: Windows) -> Images:
    """As `purenn.kernels.convolutions.convolve`."""
    none: Vector = np.zeros(bias.shape, FLOAT64)
    groups = x.shape[3] // weight.shape[2]
    y = _exact(lambda one, two: kernels.convolve(one, two, none, windows), x, weight, groups)
    with np.errstate(over="ignore", invalid="ignore"):
        return read_only(typed_like(np.add(y, bias, y), x))


def input_cotangent(dy: Images, weight: Filters, windows: Windows, x: Images) -> Images:
    """As `purenn.kernels.convolutions.input_cotangent`."""
    shape_only = typed_like(np.broadcast_to(np.zeros((), FLOAT64), x.shape), x)
    groups = x.shape[3] // weight.shape[2]

    def multiply(one: Images, two: Filters) -> Images:
        return kernels.input_cotangent(one, _turned(two, groups), windows, shape_only)

    return read_only(_exact(multiply, dy, _turned(weight, groups), groups))


def _turned(weight: Array, groups: int) -> Filters:
    """The weight with channels and features exchanged in each group."""
    split = weight.reshape(*weight.shape[:3], groups, -1).swapaxes(2, 4)
    return split.reshape(*split.shape[:3], -1)


def _exact(
    multiply: Callable[[Images, Filters], Images], x: Images, weight: Filters, groups: int
) -> Images:
    """A product of images and a weight, in groups of channels that are summed."""
    size, width = weight.shape[:2], x.shape[3] // groups
    count = prod(size) * width
    images, filters = grids.finite(x), grids.finite(weight)
    # What a sample gives does not depend on the others, nor a group of channels.
    split, up = grids.moderate(images.reshape(*x.shape[:3], groups, width), (1, 2, 4))
    parts, more = grids.moderate(filters.reshape(*weight.shape[:3], groups, -1), (0, 1, 2))
    near = typed_like(split.reshape(x.shape), x)
    small = typed_like(parts.reshape(weight.shape), weight)
    one = grids.on_grid(near, _powers_of_windows(near, size, groups, count), count)
    other = grids.on_grid(small, _powers_of_features(small), count)
    product = grids.multiplied(multiply, one, other)
    shift = up + more
    outputs = (len(shift), 1, 1, groups, product.shape[3] // groups)
    found = grids.shifted(product, np.broadcast_to(shift, outputs).reshape(len(shift), 1, 1, -1))
    y = typed_like(grids.rounded(found, x.dtype), x)
    if not (images is x and filters is weight):
        grids.add_nonfinite(multiply, x, weight, y)
    return y


def weight_cotangent(x: Images, dy: Images, windows: Windows, weight: Filters) -> Filters:
    """As `purenn.kernels.convolutions.weight_cotangent`, in sums over a few samples at a time."""

    def multiply(one: Array, two: Array) -> Array:
        return kernels.weight_cotangent(typed_like(one, x), typed_like(two, dy), windows, weight)

    images, slopes = grids.finite(x), grids.finite(dy)
    near, up = grids.moderate(images, (0, 1, 2))
    small, more = grids.moderate(slopes, (0, 1, 2))
    places = prod(windows.count)
    step = max(1, LONGEST // places)
    total: Array = np.zeros(weight.shape)
    for parts in cut(step, near, small):
        factors = [grids.on_grid(x, _powers_of_features(x), step * places) for x in parts]
        total = total + grids.multiplied(multiply, *factors)
    groups = x.shape[3] // weight.shape[2]
    channels = np.broadcast_to(up, (1, 1, 1, x.shape[3])).reshape(groups, -1).T
    total = grids.shifted(total, channels.repeat(weight.shape[3] // groups, axis=1) + more)
    found = typed_like(grids.rounded(total, weight.dtype), weight)
    if not (images is x and slopes is dy):
        grids.add_nonfinite(multiply, x, dy, found)
    return read_only(found)


def _powers_of_features(x: Array) -> Exponents:
    """Powers of two above the norms over all axes but the last: (1, 1, 1, features)."""
    rows: Matrix = x.reshape(-1, x.shape[3])
    sums = grids.square_sums(rows)[len(rows) :]
    found = grids.above(sums, lambda odd: grids.above_largest(rows[:, odd].T, len(rows)))
    return found.reshape(1, 1, 1, -1)


def _powers_of_windows(x: Images, size: Pair, groups: int, count: int) -> Exponents:
    """Powers of two above the norms of all windows of that size, by sample and group of channels.

    A window of a group has `count` elements.
    """
    split = x.reshape(*x.shape[:3], groups, x.shape[3] // groups)
    height, width = (min(pair) for pair in zip(size, x.shape[1:3], strict=True))
    down, across = x.shape[1] - height + 1, x.shape[2] - width + 1
    sums = np.zeros((len(x), down, across, groups), x.dtype)
    with np.errstate(over="ignore", under="ignore"):
        squares = np.add.reduce(np.square(split), axis=4)
        for row in range(height):
            for column in range(width):
                np.add(sums, squares[:, row : row + down, column : column + across], sums)
    most: Vector = np.maximum.reduce(sums, axis=(1, 2), initial=0.0).reshape(-1)

    def of_largest(odd: Mask) -> Exponents:
        windows = np.moveaxis(split, 3, 1).reshape(len(most), split.size // len(most))
        return grids.above_largest(windows[odd], count)

    found = grids.above(most, of_largest).reshape(-1, 1, 1, groups)
    return found.repeat(x.shape[3] // groups, axis=3)
