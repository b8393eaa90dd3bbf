"""Columns of a data set: what the inputs, or the targets, of a batch are taken from.

`Rows` keeps an array as it is. `ScaledBytes` keeps bytes, a quarter of the memory, and scales
them while a batch is gathered.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import numpy as np

from purenn import checks
from purenn.arrays import (
    FLOAT32,
    FLOATS,
    ByteImages,
    FloatDtype,
    Images,
    Indices,
    Shape,
    Whole,
    freeze,
    narrowed,
)
from purenn.errors import DataError, DtypeError, ShapeError
from purenn.kernels.gather import scale_bytes, take

X = TypeVar("X", covariant=True)
A = TypeVar("A", bound=Whole)

Selection = Indices | range


class Column(ABC, Generic[X]):
    """A row for each sample; `X` is what a batch of them is."""

    @abstractmethod
    def __len__(self) -> int: ...

    @property
    @abstractmethod
    def shape(self) -> Shape:
        """The shape of one sample, without the batch axis."""

    @abstractmethod
    def take(self, selection: Selection) -> X:
        """The rows with these indices, or of this run of them, as a read-only batch.

        Indices are to be in range: `Batches` and `Dataset.select` check theirs once and for all.
        """

    @abstractmethod
    def select(self, indices: Indices) -> Column[X]:
        """The column of these rows alone."""


def _native(array: A) -> A:
    """The array in C order and the machine's own byte order."""
    return narrowed(np.ascontiguousarray(array, array.dtype.newbyteorder("=")), array)


def _require_content(array: Whole) -> None:
    if array.dtype.kind not in "iu" and array.dtype.newbyteorder("=") not in FLOATS:
        raise DtypeError(
            "A data set", f"takes float32, float64 or integer arrays, and {array.dtype} came."
        )
    if not array.ndim or not array.size:
        raise DataError(f"A data set needs samples, and an array of shape {array.shape} came.")
    finite = np.isfinite(array)
    if not finite.all():
        sample = np.argwhere(~finite)[0]
        raise DataError(
            f"A data set holds finite numbers only, and sample {sample[0]} has "
            f"{array[tuple(sample)]}. Remove such samples or fill in their values."
        )


def _frozen_rows(array: A) -> A:
    if not isinstance(array, np.ndarray) or type(array) is not np.ndarray:
        raise DtypeError(
            "A data set",
            f"takes plain NumPy arrays, and a {type(array).__name__} came. "
            "Convert it with np.asarray.",
        )
    _require_content(array)
    return freeze(_native(array))


class Rows(Column[A]):
    """An array whose first axis counts the samples.

    A writable array is copied; pass one with `setflags(write=False)` to share it.

    Raises:
        DtypeError: it is no array of float32, float64 or integers.
        DataError: it is empty, or holds NaN or infinity.
    """

    def __init__(self, array: A) -> None:
        self._array = _frozen_rows(array)

    def __len__(self) -> int:
        return self._array.shape[0]

    @property
    def array(self) -> A:
        """All rows."""
        return self._array

    @property
    def shape(self) -> Shape:
        """The shape of one sample."""
        return self._array.shape[1:]

    def take(self, selection: Selection) -> A:
        """These rows; a run of them without gaps is a view."""
        return _taken(self._array, selection)

    def select(self, indices: Indices) -> Rows[A]:
        """The column of these rows alone."""
        return Rows(take(self._array, indices))


def _taken(array: A, selection: Selection) -> A:
    if not isinstance(selection, range):
        return take(array, selection)
    if selection.step != 1:
        return take(array, np.arange(selection.start, selection.stop, selection.step))
    return narrowed(array[selection.start : selection.stop], array)


class ScaledBytes(Column[Images]):
    """Images kept as bytes, (samples, rows, columns, channels), and given as `bytes * scale`.

    Args:
        pixels: uint8. A writable array is copied.
        scale: the default brings bytes into [0, 1].
        dtype: float32 or float64, of the batches.

    Raises:
        DtypeError: the pixels are not uint8, or `dtype` is no float.
        ShapeError: there are not four axes.
        DataError: there are no images.
    """

    def __init__(
        self, pixels: ByteImages, scale: float = 1.0 / 255.0, dtype: FloatDtype = FLOAT32
    ) -> None:
        _require_pixels(pixels)
        if dtype not in FLOATS:
            raise DtypeError("ScaledBytes", f"gives float32 or float64, not {dtype}.")
        self._pixels = _frozen_rows(pixels)
        self._scale = checks.finite("The scale of ScaledBytes", scale)
        self._dtype = np.dtype(dtype)

    def __len__(self) -> int:
        return self._pixels.shape[0]

    @property
    def pixels(self) -> ByteImages:
        """All images as they are kept."""
        return self._pixels

    @property
    def shape(self) -> Shape:
        """The shape of one sample."""
        return self._pixels.shape[1:]

    def take(self, selection: Selection) -> Images:
        """These images, scaled."""
        return scale_bytes(_taken(self._pixels, selection), self._scale, self._dtype)

    def select(self, indices: Indices) -> ScaledBytes:
        """The column of these images alone."""
        return ScaledBytes(take(self._pixels, indices), self._scale, self._dtype)


def _require_pixels(pixels: object) -> None:
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        kind = pixels.dtype if isinstance(pixels, np.ndarray) else f"a {type(pixels).__name__}"
        raise DtypeError("ScaledBytes", f"takes uint8 and its pixels are {kind}.")
    if pixels.ndim != 4:
        raise ShapeError(
            "ScaledBytes",
            f"takes (samples, rows, columns, channels) and its pixels are {pixels.shape}.",
        )
