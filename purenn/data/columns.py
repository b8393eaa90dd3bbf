"""Columns of a data set: what the inputs, or the targets, of a batch are taken from.

`Rows` keeps an array as it is, a memory map as well. `ScaledBytes` keeps bytes, a quarter of the
memory, and scales them while a batch is gathered. `Pair` puts two columns side by side.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import (
    FLOAT32,
    FLOATS,
    AnyArray,
    ByteImages,
    FloatDtype,
    Images,
    Indices,
    N,
    Shape,
    immutable,
    read_only,
    require_array,
    typed_like,
)
from purenn.data.orders import checked_order
from purenn.errors import DataError, DtypeError, ShapeError
from purenn.kernels.gather import scale_bytes, take
from purenn.tree import Node

X = TypeVar("X", covariant=True)
Y = TypeVar("Y", covariant=True)

Selection = Indices | range

# Arrays are searched for NaN and infinity in pieces of so many bytes.
PIECE = 2**22


class Column(ABC, Generic[X]):
    """A row for each sample; `X` is what a batch of them is."""

    __slots__ = ()

    @abstractmethod
    def __len__(self) -> int: ...

    @property
    @abstractmethod
    def shape(self) -> object:
        """The shape of one sample, without the batch axis."""

    @abstractmethod
    def take(self, selection: Selection) -> X:
        """The rows with these indices, or of this run of them, as a read-only batch.

        Indices are in range: `Batches` and `Dataset.select` check theirs.
        """

    @abstractmethod
    def select(self, indices: Indices) -> Column[X]:
        """The column of these rows alone."""


def _rows(array: N) -> N:
    if isinstance(array, np.memmap):
        return read_only(typed_like(_content(array.view(np.ndarray)), array))
    require_array("A data set", array)
    native = _content(array)
    if native.flags.c_contiguous and native.dtype.isnative:
        return immutable(typed_like(native, array))
    copied = np.ascontiguousarray(native, native.dtype.newbyteorder("="))
    return read_only(typed_like(copied, array))


def _content(array: AnyArray) -> AnyArray:
    if array.dtype.kind not in "iu" and array.dtype.newbyteorder("=") not in FLOATS:
        cure = " Convert it with x.astype(np.int64)." if array.dtype.kind == "b" else ""
        raise DtypeError(
            "A data set", f"expected float32, float64 or integers, got {array.dtype}.{cure}"
        )
    if not array.ndim or not array.size:
        raise DataError(f"A data set has at least one sample, got an array of shape {array.shape}.")
    _require_finite(array)
    return array


def _require_finite(array: AnyArray) -> None:
    if array.dtype.kind != "f":
        return
    rows = max(1, PIECE // max(1, array[:1].nbytes))
    for start in range(0, len(array), rows):
        finite = np.isfinite(array[start : start + rows])
        if not finite.all():
            place = np.argwhere(~finite)[0]
            sample = start + int(place[0])
            raise DataError(
                f"A data set has finite numbers only, got {array[(sample, *place[1:])]} in sample "
                f"{sample}. Remove such samples or fill in their values."
            )


@attrs.frozen(eq=False, repr=False)
class Rows(Node, Column[N]):
    """An array whose first axis counts the samples.

    A writable array is copied; one made read-only by `setflags(write=False)` is shared, and so is a
    memory map (`numpy.load(path, mmap_mode="r")`), of which only the rows of a batch are ever read
    into memory, after one look for NaN. Whoever holds a writable view of a shared array, or writes
    to the mapped file, still changes the data.

    Raises:
        DtypeError: it is not an array of float32, float64 or integers.
        DataError: it is empty, or has NaN or infinity.
    """

    array: N = attrs.field(converter=_rows)

    def __len__(self) -> int:
        return self.array.shape[0]

    @property
    def shape(self) -> Shape:
        """The shape of one sample."""
        return self.array.shape[1:]

    def take(self, selection: Selection) -> N:
        """These rows; a run of them without gaps is a view."""
        return _taken(self.array, selection)

    def select(self, indices: Indices) -> Rows[N]:
        """The column of these rows alone."""
        return Rows(_gathered(self.array, checked_order(indices, len(self))))


def _taken(array: N, selection: Selection) -> N:
    if not isinstance(selection, range):
        return _native(_gathered(array, selection))
    if selection.step != 1:
        return _taken(array, np.array(selection))
    view = array[selection.start : selection.stop]
    return _native(read_only(typed_like(view, array)))


def _gathered(array: N, indices: Indices) -> N:
    if array.flags.c_contiguous and array.flags.aligned:
        return take(array, indices)
    # NumPy's take would first copy the whole of such a memory map.
    return read_only(typed_like(array[indices], array))


def _native(batch: N) -> N:
    if batch.flags.c_contiguous and batch.dtype.isnative:
        return batch
    copied = np.ascontiguousarray(batch, batch.dtype.newbyteorder("="))
    return read_only(typed_like(copied, batch))


def _float_dtype(dtype: FloatDtype) -> FloatDtype:
    return checks.float_dtype("ScaledBytes", dtype)


def _scale(value: float) -> float:
    return checks.number("The scale of ScaledBytes", value)


def _pixels(array: ByteImages) -> ByteImages:
    plain = _rows(array)
    if plain.dtype != np.uint8:
        raise DtypeError("ScaledBytes", f"expected uint8, got {plain.dtype}.")
    if plain.ndim != 4:
        raise ShapeError(
            "ScaledBytes",
            f"expected (samples, rows, columns, channels), got {plain.shape}. Add an axis for one "
            "channel: x[..., np.newaxis].",
        )
    return plain


@attrs.frozen(eq=False, repr=False)
class ScaledBytes(Node, Column[Images]):
    """Images kept as bytes, (samples, rows, columns, channels), and given as `bytes * scale`.

    Args:
        pixels: uint8. A writable array is copied.
        scale: the default brings bytes into [0, 1].
        dtype: float32 or float64, of the batches.

    Raises:
        DtypeError: the pixels are not uint8.
        ShapeError: there are not four axes.
        DataError: there are no images.
        OptionError: the dtype is not a float, or the scale not finite.
    """

    pixels: ByteImages = attrs.field(converter=_pixels)
    scale: float = attrs.field(default=1.0 / 255.0, converter=_scale)
    dtype: FloatDtype = attrs.field(default=FLOAT32, converter=_float_dtype)

    def __len__(self) -> int:
        return self.pixels.shape[0]

    @property
    def shape(self) -> Shape:
        """The shape of one sample."""
        return self.pixels.shape[1:]

    def take(self, selection: Selection) -> Images:
        """These images, scaled."""
        return scale_bytes(_taken(self.pixels, selection), self.scale, self.dtype)

    def select(self, indices: Indices) -> ScaledBytes:
        """The column of these images alone."""
        order = checked_order(indices, len(self))
        return ScaledBytes(_gathered(self.pixels, order), self.scale, self.dtype)


@attrs.frozen(eq=False, repr=False)
class Pair(Node, Column[tuple[X, Y]]):
    """Two columns side by side, for models of two inputs and for targets with weights.

    Raises:
        DataError: they have different lengths.
    """

    first: Column[X]
    second: Column[Y]

    def __attrs_post_init__(self) -> None:
        require_equal_length("the first column", self.first, "the second", self.second)

    def __len__(self) -> int:
        return len(self.first)

    @property
    def shape(self) -> tuple[object, object]:
        """The shapes of one sample in both."""
        return self.first.shape, self.second.shape

    def take(self, selection: Selection) -> tuple[X, Y]:
        """These rows of both."""
        return self.first.take(selection), self.second.take(selection)

    def select(self, indices: Indices) -> Pair[X, Y]:
        """The pair of these rows alone."""
        return Pair(self.first.select(indices), self.second.select(indices))


def require_equal_length(
    one: str, first: Column[object], other: str, second: Column[object]
) -> None:
    """Check that two columns have a row for each sample."""
    for name, column in ((one, first), (other, second)):
        if not isinstance(column, Column):
            raise DataError(
                f"expected a column as {name}, got {checks.described(column)}. "
                "Use dataset(inputs, targets) for arrays."
            )
    if len(first) != len(second):
        raise DataError(
            f"expected as many samples in {one} as in {other}, got {len(first)} and {len(second)}."
        )
