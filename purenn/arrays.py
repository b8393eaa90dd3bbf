"""The types of arrays, by rank and dtype, and what makes an array immutable.

`numpy.typing.NDArray` hides the rank; these do not. Every array that purenn hands out is
read-only: `array.copy()` gives one that can be written to.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from purenn.errors import DtypeError, ShapeError

Float = np.float32 | np.float64
Integer = np.int8 | np.int16 | np.int32 | np.int64 | np.uint8 | np.uint16 | np.uint32 | np.uint64

Element = Float | Integer | np.bool

Array = np.ndarray[tuple[int, ...], np.dtype[Float]]
Whole = np.ndarray[tuple[int, ...], np.dtype[Element]]  # of whatever rank and dtype
Vector = np.ndarray[tuple[int], np.dtype[Float]]
Matrix = np.ndarray[tuple[int, int], np.dtype[Float]]
Images = np.ndarray[tuple[int, int, int, int], np.dtype[Float]]  # sample, row, column, channel
ByteMatrix = np.ndarray[tuple[int, int], np.dtype[np.uint8]]
ByteImages = np.ndarray[tuple[int, int, int, int], np.dtype[np.uint8]]
Labels = np.ndarray[tuple[int], np.dtype[Integer]]
Indices = np.ndarray[tuple[int], np.dtype[np.int64]]

Shape = tuple[int, ...]
Leaves = tuple[Array, ...]
FloatDtype = np.dtype[Float]

FLOAT32: np.dtype[np.float32] = np.dtype(np.float32)
FLOAT64: np.dtype[np.float64] = np.dtype(np.float64)

AnyArray = TypeVar("AnyArray", bound=Whole)


def seal(array: AnyArray) -> AnyArray:
    """Make an array that nobody else holds read-only, without a copy."""
    array.setflags(write=False)
    return array


def narrowed(array: Whole, like: AnyArray) -> AnyArray:
    """`array`, known to be of the type of `like`: NumPy's own types lose it.

    Raises:
        DtypeError: it is not.
    """
    if isinstance(array, type(like)):
        return array
    raise DtypeError("purenn", f"takes plain NumPy arrays, and a {type(like).__name__} came.")


class Block(np.ndarray[tuple[int, ...], np.dtype[Element]]):
    """Memory that purenn recycles. It is never handed out itself, only views of it are."""


def _is_frozen(array: Whole) -> bool:
    """Whether nobody can write to the array, neither directly nor through its base."""
    if array.flags.writeable:
        return False
    base: object = array.base
    if base is None or type(base) is Block:
        return True
    return isinstance(base, np.ndarray) and _is_frozen(base)


def freeze(array: AnyArray) -> AnyArray:
    """The array itself if it is read-only for good, and otherwise a copy that is."""
    if _is_frozen(array):
        return array
    return seal(narrowed(np.array(array, order="C"), array))


FLOATS = (FLOAT32, FLOAT64)


def require_float(subject: str, array: object, rank: int) -> None:
    """Check that `array` is a float32 or float64 array of that rank, in the machine's byte order.

    Subclasses of NumPy's array are refused: a masked array would be read without its mask.

    Raises:
        DtypeError: it is no array, or one of another dtype.
        ShapeError: it has another rank, or no features.
    """
    if (
        isinstance(array, np.ndarray)
        and type(array) is np.ndarray
        and array.ndim == rank
        and array.dtype in FLOATS
        and array.shape[-1]
    ):
        return
    _refuse(subject, array, rank)


def _refuse(subject: str, array: object, rank: int) -> None:
    if not isinstance(array, np.ndarray) or type(array) is not np.ndarray:
        raise DtypeError(subject, f"takes a plain NumPy array, and a {type(array).__name__} came.")
    if array.dtype not in FLOATS:
        raise DtypeError(
            subject,
            f"takes float32 or float64 and its input is {array.dtype}. "
            "Convert it with x.astype(np.float32).",
        )
    if array.ndim != rank:
        raise ShapeError(
            subject, f"takes an array of {rank} axes and its input has the shape {array.shape}."
        )
    raise ShapeError(
        subject, f"takes at least one feature and its input has the shape {array.shape}."
    )


def require_sizes(subject: str, shape: object) -> None:
    """Check that `shape` is a tuple of whole numbers of at least 1.

    Raises:
        ShapeError: it is none.
    """
    if not isinstance(shape, tuple) or not all(map(_is_size, shape)):
        raise ShapeError(
            subject, f"takes as shape a tuple of whole numbers of at least 1, and {shape!r} came."
        )


def require_sample(subject: str, shape: Shape, axes: tuple[str, ...], advice: str) -> None:
    """Check that `shape` is that of one sample with these axes.

    Raises:
        ShapeError: it is no tuple of whole numbers of at least 1, or has another rank.
    """
    require_sizes(subject, shape)
    if len(shape) != len(axes):
        expected = f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"
        raise ShapeError(subject, f"takes {expected} samples and its input is {shape}. {advice}")


def _is_size(value: object) -> bool:
    return isinstance(value, int | np.integer) and value is not True and bool(value > 0)


def frozen_vector(array: Vector) -> Vector:
    """A vector as a leaf of parameters: checked, and read-only; see `freeze`."""
    require_float("A vector of parameters", array, 1)
    return freeze(array)


def frozen_matrix(array: Matrix) -> Matrix:
    """A matrix as a leaf of parameters: checked, and read-only; see `freeze`."""
    require_float("A matrix of parameters", array, 2)
    return freeze(array)
