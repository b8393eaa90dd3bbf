"""Columns of a data set, from which batches take their inputs and targets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from mmap import mmap
from typing import Generic, TypeVar

import attrs
import numpy as np

from purenn import array_checks, arrays, checks
from purenn.arrays import FLOAT32, FLOATS, ByteImages, FloatDtype, Images, Indices, Mask, N
from purenn.errors import DataError, DtypeError, OptionError
from purenn.kernels.gather import native, rows, scale_bytes
from purenn.kernels.reductions import first_nonfinite
from purenn.tree import Node

X = TypeVar("X", covariant=True)
T = TypeVar("T", covariant=True)

Selection = Indices | range


class Column(ABC, Generic[X]):
    """A column of a data set: a row for each sample. `X` is a batch of rows.

    A column of your own, such as one that reads files on demand, needs `__len__` and `take`.
    """

    __slots__ = ()

    @abstractmethod
    def __len__(self) -> int: ...

    def __repr__(self) -> str:
        return f"<{len(self)} samples of {self.shape}>"

    @property
    def shape(self) -> object:
        """The shape of one sample, without the batch axis; of each array of a tuple."""
        return sample_shape(self.take(range(1)))

    def pieces(self, size: int) -> Iterator[X]:
        """All rows, `size` at a time."""
        if not len(self):
            raise DataError(f"{type(self).__name__}: expected at least one sample, got none.")
        for start in range(0, len(self), size):
            yield self.take(range(start, min(start + size, len(self))))

    @abstractmethod
    def take(self, selection: Selection) -> X:
        """A read-only batch of the rows at a vector of indices, as in NumPy, or in a range."""

    def select(self, indices: Indices | Mask) -> Part[X]:
        """The column of these rows alone."""
        return Part(self, indices)


def sample_shape(batch: object) -> object:
    """The shape of one sample of a batch; of a tuple of batches the tuple of their shapes."""
    if isinstance(batch, tuple):
        return tuple(map(sample_shape, batch))
    return batch.shape[1:] if isinstance(batch, np.ndarray) else ()


def _rows(array: N) -> N:
    """The array as a column keeps it: a memory map as it is, all else immutable and in C order."""
    is_memmap = isinstance(array, np.memmap)
    plain = arrays.typed_like(array.view(np.ndarray), array) if is_memmap else array
    require_any("A data set", plain)
    kind = plain.dtype.kind
    if kind not in "iu" and plain.dtype.newbyteorder("=") not in FLOATS:
        cures = {"b": "int64", "O": "float32", "f": "float32" if plain.itemsize == 2 else "float64"}
        is_cured = kind in cures and not is_memmap  # of which this would be a copy
        cure = f" Convert it with x.astype(np.{cures[kind]})." if is_cured else ""
        expected = "expected float32, float64 or integers"
        raise DtypeError("A data set", f"{expected}, got {plain.dtype}.{cure}")
    if not plain.ndim or not plain.size:
        expected = "at least one sample, and none that is empty"
        raise DataError(f"A data set: expected {expected}, got an array of shape {plain.shape}.")
    if kind == "f" and (place := first_nonfinite(plain)):
        got = f"{plain[place]} in sample {place[0]}. Remove such samples or fill in their values."
        raise DataError(f"A data set: expected finite numbers, got {got}")
    if (is_memmap or not plain.flags.writeable) and _is_mapped(array):
        return arrays.read_only(plain)
    return arrays.immutable(native(plain))


def _is_mapped(array: object) -> bool:
    """Whether an array lies in a file. Copies of a memory map do not, but are of its class.

    Shared memory does not either, though it is an mmap: it is for others to write to.
    """
    base: object = getattr(array, "base", None)
    is_map = isinstance(array, np.memmap) and isinstance(base, mmap)
    return is_map or (base is not None and _is_mapped(base))


def require_any(subject: str, array: object) -> arrays.AnyArray:
    """`require_array`, whose cure is an array of integers where the value holds integers."""
    if _are_texts(array):
        cure = "Number them with np.unique(x, return_inverse=True)[1]."
        raise DtypeError(subject, f"expected numbers, got texts. {cure}")
    dtype = "np.int64" if _is_integers(array) else "np.float32"
    return array_checks.require_array(subject, array, dtype)


def _are_texts(value: object) -> bool:
    """Whether a list, or an array of any library with one axis, begins with a text."""
    shape: object = getattr(value, "shape", (0,) if isinstance(value, list | tuple) else ())
    if not isinstance(shape, tuple) or len(shape) != 1 or not isinstance(value, Iterable):
        return False
    return isinstance(next(iter(value), None), str | bytes)


def _is_integers(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_integers, value))
    dtype: object = getattr(value, "dtype", "")  # of any library: int64, torch.uint8, Int64
    return isinstance(value, int) or "int" in str(dtype).lower()


def checked_order(order: Indices | Mask, samples: int) -> Indices:
    """Indices from 0 to `samples - 1`, read-only; of a mask those of its true entries."""
    if not isinstance(order, np.memmap):
        array_checks.require_array("An order of samples", order, "")
    is_mask = order.dtype.kind == "b" and order.shape == (samples,)
    found = np.flatnonzero(order) if is_mask else order
    if found.ndim != 1 or found.dtype.kind not in "iu" or not found.size:
        expected = f"expected at least one index, or a mask of shape ({samples},) with a true entry"
        raise OptionError(f"An order of samples: {expected}, got {checks.described(order)}.")
    indices = found.astype(np.int64, copy=False)
    # Negative indices are huge as unsigned ones.
    if np.maximum.reduce(indices.view(np.uint64)) >= samples:
        expected = f"indices from 0 to {samples - 1}, got {found.min()} to {found.max()}"
        raise OptionError(f"An order of samples: expected {expected}.")
    return arrays.immutable(indices)


@attrs.frozen(eq=False, repr=False)
class Rows(Node, Column[N]):
    """An array of finite float32 or float64, or of integers, whose first axis counts the samples.

    A writable array, or a view of one, is copied; one made read-only by `setflags(write=False)` is
    shared if it is in C order and native byte order, and so is any memory map (`numpy.load(path,
    mmap_mode="r")`) or read-only view of one, of which only the rows of a batch are read into
    memory. Writing to a shared array or to the mapped file changes the data.
    """

    array: N = attrs.field(converter=_rows)

    def __len__(self) -> int:
        return self.array.shape[0]

    def take(self, selection: Selection) -> N:
        """These rows; a view if the selection is a range of step 1."""
        return rows(self.array, selection)


def _pixels(array: ByteImages) -> ByteImages:
    plain = _rows(array)
    if plain.dtype != np.uint8:
        raise DtypeError("ScaledBytes", f"expected uint8, got {plain.dtype}.")
    array_checks.require_images("ScaledBytes", plain)
    return plain


@attrs.frozen(eq=False, repr=False)
class ScaledBytes(Node, Column[Images]):
    """Images kept as bytes, a quarter of the memory, and given as `bytes * scale`.

    The default scale brings bytes into [0, 1].

    Args:
        pixels: uint8, (samples, rows, columns, channels). A writable array is copied.
        scale: a finite number other than 0, which neither vanishes nor overflows in the dtype.
        dtype: float32 or float64, of the batches.
    """

    pixels: ByteImages = attrs.field(converter=_pixels)
    scale: float = 1.0 / 255.0
    dtype: FloatDtype = FLOAT32

    def __attrs_post_init__(self) -> None:
        name = "The scale of ScaledBytes"
        object.__setattr__(self, "scale", checks.number(name, self.scale))
        if not self.scale:
            raise OptionError(f"{name}: expected a number other than 0, got {self.scale!r}.")
        object.__setattr__(self, "dtype", checks.float_dtype("ScaledBytes", self.dtype))
        checks.fits(name, self.scale, self.dtype)
        checks.fits(f"{name}, times 255", 255.0 * self.scale, self.dtype)

    def __len__(self) -> int:
        return self.pixels.shape[0]

    def take(self, selection: Selection) -> Images:
        """These images, scaled."""
        return scale_bytes(rows(self.pixels, selection), self.scale, self.dtype)


@attrs.frozen(eq=False, repr=False)
class Pair(Node, Column[tuple[X, T]]):
    """Two columns of one length, for models of two inputs and for targets with weights."""

    first: Column[X] = attrs.field(validator=checks.of(Column))
    second: Column[T] = attrs.field(validator=checks.of(Column))

    def __attrs_post_init__(self) -> None:
        if len(self.first) != len(self.second):
            expected = "inputs and targets, or the parts of a pair, with the same number of samples"
            got = f"{len(self.first)} and {len(self.second)}"
            raise DataError(f"A data set: expected {expected}, got {got}.")
        if not len(self.first):
            raise DataError("A data set: expected at least one sample, got none.")

    def __len__(self) -> int:
        return len(self.first)

    def take(self, selection: Selection) -> tuple[X, T]:
        """These rows of both."""
        return self.first.take(selection), self.second.take(selection)


@attrs.frozen(eq=False, repr=False)
class Part(Node, Column[X]):
    """Some rows of a column, by indices or a mask, which are copied only batch by batch."""

    column: Column[X] = attrs.field(validator=checks.of(Column))
    order: Indices | Mask

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "order", checked_order(self.order, len(self.column)))

    def __len__(self) -> int:
        return len(self.order)

    def take(self, selection: Selection) -> X:
        """These rows of the part."""
        is_quick = arrays.is_plain(selection) and selection.dtype.kind in "iu"
        if is_quick:  # the column checks it: with `rows` batches took a third longer
            return self.column.take(self.order[np.asarray(selection)])
        return self.column.take(rows(self.order, selection).astype(np.int64, copy=False))

    def select(self, indices: Indices | Mask) -> Part[X]:
        """The column of these rows alone: a part of a part of a part would take ever longer."""
        return Part(self.column, self.order[checked_order(indices, len(self))])
