"""What layers of images share: the check of their inputs, and where their windows lie."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Literal

from purenn import array_checks, checks
from purenn.arrays import Images
from purenn.errors import OptionError, ShapeError
from purenn.kernels.windows import Pair, Windows

Padding = Literal["same", "valid"]
Size = int | tuple[int, int]

MOST = 1024  # rows or columns that are added on a side, or take the place of one


def require_images(subject: str, x: Images) -> None:
    """Check that `x` is a batch of images in floats."""
    array_checks.require_floats(subject, x)
    array_checks.require_images(subject, x)


def pair(name: str, value: object, least: int = 1, most: float = inf) -> Pair:
    """One integer for rows and columns alike, or a tuple of one for each."""
    if isinstance(value, tuple) and not checks.is_pair(value):
        got = checks.described(value)
        raise OptionError(f"{name}: expected an integer or a pair of integers, got {got}.")
    rows, columns = value if isinstance(value, tuple) else (value, value)
    return checks.integer(name, rows, least, most), checks.integer(name, columns, least, most)


def by(sizes: Pair) -> str:
    """A size in words."""
    return " × ".join(map(str, sizes))


def sliding(
    name: str, size: Size, stride: Size | None, padding: Padding
) -> tuple[Pair, Callable[[str, Images], Windows]]:
    """The size of windows as a pair, and the function from images to the windows over them.

    A stride of None is the size. With "same" padding there are ceil(length / stride) windows along
    each axis. The rows that are missing are added on both sides, and one more at the end if their
    number is odd.
    """
    sizes = pair(f"The size of {name}", size)
    strides = sizes if stride is None else pair(f"The stride of {name}", stride)
    given: object = padding
    if not isinstance(given, str) or given not in ("same", "valid"):
        cure = "Put pad(...) before the layer for any other."
        got = checks.described(given)
        raise OptionError(f"The padding of {name}: expected 'same' or 'valid', got {got}. {cure}")

    def windows(subject: str, x: Images) -> Windows:
        start, step, count = _along(subject, x, 0, sizes[0], strides[0], padding)
        left, step_across, count_across = _along(subject, x, 1, sizes[1], strides[1], padding)
        return Windows(sizes, (step, step_across), (start, left), (count, count_across))

    return sizes, windows


def _along(
    subject: str, x: Images, axis: int, size: int, stride: int, padding: Padding
) -> tuple[int, int, int]:
    """Where the first window starts along an axis, the stride, and how many windows there are."""
    length = x.shape[1 + axis]
    step = min(stride, length)  # a larger one leads to no second window either
    if padding == "same":
        count = -(-length // step)
        return -(max((count - 1) * step + size - length, 0) // 2), step, count
    name = ("rows", "columns")[axis]
    if size > length:
        got = f"windows of {size} {name} do not fit images of {length}"
        raise ShapeError(subject, f"{got}. Use smaller ones, or put pad(...) before it.")
    left_out = (length - size) % step
    if left_out:
        got = f"windows of {size} {name}, {step} apart, leave out {left_out} of {length}"
        crop = f"(0, -{left_out}), 0" if axis == 0 else f"0, (0, -{left_out})"
        cure = f"Use another stride or padding='same', or crop: pad({crop}) before it."
        raise ShapeError(subject, f"{got}. {cure}")
    return 0, step, (length - size) // step + 1
