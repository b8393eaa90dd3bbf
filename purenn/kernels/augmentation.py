"""Changes of the samples of a batch, each by numbers of its own, and mixtures of samples."""

from __future__ import annotations

import numpy as np

from purenn.arrays import A, Array, FloatDtype, Images, Indices, Labels, Mask, Matrix, read_only
from purenn.kernels.elementwise import scalar, times, times_plus
from purenn.kernels.entropies import label_places
from purenn.kernels.gather import take
from purenn.kernels.memory import empty, empty_like

Box = tuple[int, int, int, int]  # from row and column to row and column
Boxes = np.ndarray[tuple[int, int], np.dtype[np.int64]]  # one a row


def flip(images: Images, flipped: Mask) -> Images:
    """These images mirrored, left to right, and the others as they are."""
    y = empty_like(images)
    for image, out, is_flipped in zip(images, y, flipped.tolist(), strict=True):
        np.copyto(out, image[:, ::-1] if is_flipped else image)
    return read_only(y)


def shift(images: Images, down: Indices, right: Indices) -> Images:
    """Each image moved by a number of pixels, fewer than it has; what comes in is 0."""
    y = empty_like(images)
    y.fill(0.0)
    rows, columns = images.shape[1], images.shape[2]
    for image, out, i, j in zip(images, y, down.tolist(), right.tolist(), strict=True):
        seen = image[max(-i, 0) : rows - max(i, 0), max(-j, 0) : columns - max(j, 0)]
        out[max(i, 0) : rows - max(-i, 0), max(j, 0) : columns - max(-j, 0)] = seen
    return read_only(y)


def erase(images: Images, boxes: Boxes, value: float) -> Images:
    """Each image with one value in its `Box`."""
    y = empty_like(images)
    np.copyto(y, images)
    for out, (top, left, bottom, right) in zip(y, boxes.tolist(), strict=True):
        out[top:bottom, left:right] = value
    return read_only(y)


def normal(like: Array, rng: np.random.Generator) -> Array:
    """Standard normal numbers in the shape and dtype of an array.

    Drawn in float64, for the far ones among NumPy's float32 depend on the C library's `log1pf`.
    """
    return read_only(rng.standard_normal(like.shape).astype(like.dtype, copy=False))


def add_noise(x: A, deviation: float, rng: np.random.Generator) -> A:
    """`x` and normal numbers of this standard deviation."""
    y = empty_like(x)
    np.multiply(normal(x, rng), scalar(deviation, x.dtype), y)
    np.add(y, x, y)
    return read_only(y)


def blend(x: A, partners: Indices, share: float) -> A:
    """`share * x + (1 - share) * x[partners]`."""
    others = times(take(x, partners), scalar(1.0 - share, x.dtype))
    return times_plus(x, scalar(share, x.dtype), others)


def paste(images: Images, partners: Indices, box: Box) -> Images:
    """Each image with the box of its partner."""
    top, left, bottom, right = box
    y = empty_like(images)
    np.copyto(y, images)
    y[:, top:bottom, left:right] = images[partners, top:bottom, left:right]
    return read_only(y)


def label_rows(labels: Labels, classes: int, dtype: FloatDtype) -> Matrix:
    """Rows with 1 at the label and 0 elsewhere."""
    rows = empty((labels.shape[0], classes), dtype)
    rows.fill(0.0)
    rows.reshape(-1)[label_places(rows, labels)] = 1.0
    return read_only(rows)
