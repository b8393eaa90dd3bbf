"""Windows that slide over images, and the part of the images that they cover."""

from __future__ import annotations

import attrs

from purenn.arrays import Images, Span
from purenn.kernels.blocks import even_step, spans
from purenn.kernels.memory import empty

Pair = tuple[int, int]
Tap = tuple[Span, Span, Span]

# Elements, of all that is computed with at once, that fit into the second cache.
BLOCK = 2**18


@attrs.frozen
class Windows:
    """Where windows lie, with rows first and then columns in each pair.

    The first window begins at `start`, which is negative if it reaches beyond the image.
    """

    size: Pair
    stride: Pair
    start: Pair
    count: Pair

    def extent(self, axis: int) -> int:
        """How many rows (0) or columns (1) there are from the first to the last window's end."""
        return (self.count[axis] - 1) * self.stride[axis] + self.size[axis]

    def inside(self, axis: int, length: int) -> tuple[Span, Span]:
        """What the windows cover of an image of that length, and where it lies in their cover."""
        start = self.start[axis]
        first = max(0, -start)
        last = max(first, min(self.extent(axis), length - start))
        return slice(first + start, last + start), slice(first, last)

    def by_axis(self, height: int) -> tuple[Windows, Windows]:
        """Windows along the rows of images of that height, and then down what these give."""
        size, stride, start, count = self.size, self.stride, self.start, self.count
        across = (1, size[1]), (1, stride[1]), (0, start[1]), (height, count[1])
        down = (size[0], 1), (stride[0], 1), (start[0], 0), count
        return Windows(*across), Windows(*down)

    def taps(self) -> list[Tap]:
        """Each element of a window, in C order: where it lies in the cover, for all windows."""
        rows, columns = (
            [slice(i, i + (count - 1) * stride + 1, stride) for i in range(size)]
            for size, stride, count in zip(self.size, self.stride, self.count, strict=True)
        )
        return [(slice(None), row, column) for row in rows for column in columns]


def blocks(samples: int, elements: int) -> list[Span]:
    """Equal numbers of samples of that many elements, at most `BLOCK` unless one has more."""
    return spans(samples, even_step(samples, max(1, BLOCK // max(1, elements))))


def cover(x: Images, windows: Windows, fill: float = 0.0) -> Images:
    """What the windows cover, with `fill` beyond the images; `x` itself if that is all of it."""
    shape = (x.shape[0], windows.extent(0), windows.extent(1), x.shape[3])
    if shape == x.shape and windows.start == (0, 0) and x.flags.c_contiguous:
        return x
    (from_row, row), (from_column, column) = (windows.inside(k, x.shape[1 + k]) for k in (0, 1))
    covered = empty(shape, x.dtype)
    covered[:, : row.start] = fill
    covered[:, row.stop :] = fill
    covered[:, row, : column.start] = fill
    covered[:, row, column.stop :] = fill
    covered[:, row, column] = x[:, from_row, from_column]
    return covered


def uncover(covered: Images, windows: Windows, x: Images) -> None:
    """Write to `x` what the windows cover of it, and 0 elsewhere."""
    (to_row, row), (to_column, column) = (windows.inside(k, x.shape[1 + k]) for k in (0, 1))
    x[...] = 0.0
    x[:, to_row, to_column] = covered[:, row, column]
