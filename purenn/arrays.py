"""The types of arrays, by rank and dtype, and what makes an array immutable.

`numpy.typing.NDArray` hides the rank; these do not. Every array that purenn returns is read-only:
`array.copy()` gives a writable one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard, TypeVar

import numpy as np

from purenn.errors import DtypeError, ShapeError

if TYPE_CHECKING:
    import typing_extensions
    from typing_extensions import TypeIs

Float = np.float32 | np.float64
Integer = np.int8 | np.int16 | np.int32 | np.int64 | np.uint8 | np.uint16 | np.uint32 | np.uint64
Element = Float | Integer | np.bool

Array = np.ndarray[tuple[int, ...], np.dtype[Float]]
AnyArray = np.ndarray[tuple[int, ...], np.dtype[Element]]
Vector = np.ndarray[tuple[int], np.dtype[Float]]
Matrix = np.ndarray[tuple[int, int], np.dtype[Float]]
Images = np.ndarray[tuple[int, int, int, int], np.dtype[Float]]  # sample, row, column, channel
ByteImages = np.ndarray[tuple[int, int, int, int], np.dtype[np.uint8]]
Labels = np.ndarray[tuple[int], np.dtype[Integer]]
Indices = np.ndarray[tuple[int], np.dtype[np.int64]]
Mask = np.ndarray[tuple[int], np.dtype[np.bool]]  # of the samples to select, for each sample

Shape = tuple[int, ...]
Leaves = tuple[Array, ...]
FloatDtype = np.dtype[Float]

FLOAT32: np.dtype[np.float32] = np.dtype(np.float32)
FLOAT64: np.dtype[np.float64] = np.dtype(np.float64)
FLOATS = (FLOAT32, FLOAT64)

N = TypeVar("N", bound=AnyArray)

# Arrays of any rank; a matrix, or images, where nothing else says which.
if TYPE_CHECKING:
    A = typing_extensions.TypeVar("A", bound=Array, default=Matrix)
    AnyImages = typing_extensions.TypeVar("AnyImages", bound=Array, default=Images)
else:
    A = TypeVar("A", bound=Array)
    AnyImages = TypeVar("AnyImages", bound=Array)


def read_only(array: N) -> N:
    """Make an array that nobody else holds read-only, without a copy."""
    array.setflags(write=False)
    return array


def typed_like(array: AnyArray, like: N) -> N:
    """`array`, with the static type of `like`: NumPy's own types lose the rank."""
    if _has_type_of(array, like):
        return array
    raise DtypeError("purenn", f"expected a NumPy array, got {type(array).__name__}.")


def _has_type_of(array: object, like: N) -> TypeGuard[N]:
    return isinstance(array, np.ndarray)


class Block(np.ndarray[tuple[int, ...], np.dtype[Element]]):
    """Memory that purenn recycles. Only views of it are handed out, as plain arrays."""


class Packed(tuple[Array, ...]):  # noqa: SLOT001  a tuple cannot have slots
    """Leaves in a few pieces of memory, in which an update writes them.

    Args:
        flats: the pieces, as writable vectors that nobody outside of kernels gets.
        columns: each in a tuple of its own.
    """

    flats: list[Vector]
    columns: list[Leaves]

    def __reduce__(self) -> tuple[type, tuple[tuple[Array, ...]]]:
        return tuple, (tuple(self),)


def is_immutable(array: AnyArray) -> bool:
    """Whether nobody can write to the array, neither directly nor through its base.

    A writable view that was made before the array became read-only cannot be seen from here.
    """
    if array.flags.writeable:
        return False
    base: object = array.base
    if base is None or type(base) is Block:
        return True
    return is_immutable(base) if isinstance(base, np.ndarray) else isinstance(base, bytes)


def immutable(array: N) -> N:
    """The array itself if nobody can write to it, and a read-only copy otherwise."""
    if is_immutable(array):
        return array
    return read_only(typed_like(np.array(array, order="C"), array))


def is_plain(array: object) -> TypeIs[AnyArray]:
    """Whether this is an array of NumPy's own class: masks of others would be ignored."""
    return type(array) is np.ndarray


def require_array(subject: str, array: object, dtype: str = "np.float32") -> None:
    """Check that `array` is a plain NumPy array."""
    if not is_plain(array):
        raise DtypeError(
            subject,
            f"expected a NumPy array, got {type(array).__name__}. {_cure(array, dtype)}".rstrip(),
        )


def _cure(value: object, dtype: str) -> str:
    if isinstance(value, np.ma.MaskedArray):
        return "Fill in its masked entries with x.filled(value)."
    if isinstance(value, np.ndarray):
        return "Convert it with np.asarray(x), which copies nothing."
    if hasattr(value, "toarray"):
        return "Convert it with x.toarray()."
    if hasattr(value, "to_numpy"):
        return f"Convert it with x.to_numpy(dtype={dtype})."
    if isinstance(value, list | tuple | int | float):
        return f"Convert it with np.array(x, {dtype})."
    return ""


def is_floats(array: object) -> bool:
    """Whether this is a plain array of float32 or float64 in the machine's byte order."""
    return is_plain(array) and array.dtype in FLOATS


def require_floats(subject: str, array: object) -> None:
    """Check that `array` is a plain array of float32 or float64 with a batch axis."""
    if is_floats(array) and isinstance(array, np.ndarray):
        shape: Shape = array.shape
        if shape and (len(shape) < 2 or 0 not in shape[1:]):
            return
    _refuse(subject, array)


def _refuse(subject: str, array: object) -> None:
    require_array(subject, array)
    if isinstance(array, np.ndarray):
        if array.dtype not in FLOATS:
            raise DtypeError(
                subject,
                f"expected float32 or float64, got {array.dtype}. "
                "Convert it with x.astype(np.float32).",
            )
        raise ShapeError(
            subject,
            f"expected (samples, features, ...), each axis but the first of size ≥ 1, got the "
            f"shape {array.shape}.",
        )


def require_samples(subject: str, array: object, axes: tuple[str, ...], cure: str) -> None:
    """Check that `array` is a batch of floats whose samples have these axes."""
    if is_floats(array) and isinstance(array, np.ndarray):
        shape: Shape = array.shape
        if len(shape) == 1 + len(axes) and 0 not in shape[1:]:
            return
    require_floats(subject, array)
    if isinstance(array, np.ndarray):
        sample = f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"
        raise ShapeError(
            subject,
            f"expected samples of shape {sample}, got {array.shape[1:]}. {cure}".rstrip(),
        )


def require_integers(name: str, array: object) -> None:
    """Check that labels are a plain vector of integers."""
    require_array(name, array, "np.int64")
    if not isinstance(array, np.ndarray):
        return
    if array.dtype.kind not in "iu":
        raise DtypeError(
            name,
            f"expected integer labels, got {array.dtype}. Convert them with "
            "labels.astype(np.int64).",
        )
    if array.ndim != 1:
        cure = " Drop an axis: labels[:, 0]." if array.shape[1:] == (1,) else ""
        raise ShapeError(name, f"expected labels of shape (samples,), got {array.shape}.{cure}")


def vector(array: Vector) -> Vector:
    """A vector as a leaf of parameters: checked and read-only. A writable array is copied."""
    return array if _is_leaf(array, 1) else _leaf(array, "a vector", 1)


def matrix(array: Matrix) -> Matrix:
    """A matrix as a leaf of parameters: checked and read-only. A writable array is copied."""
    return array if _is_leaf(array, 2) else _leaf(array, "a matrix", 2)


def _is_leaf(array: AnyArray, rank: int) -> bool:
    """Whether an array is as `_leaf` would give it: a short cut for what kernels make."""
    return (
        type(array) is np.ndarray
        and array.ndim == rank
        and array.dtype in FLOATS
        and array.size > 0
        and (array.base is None or type(array.base) is Block)
        and not array.flags.writeable
    )


def _leaf(array: N, kind: str, rank: int) -> N:
    subject = f"{kind} of parameters"
    require_floats(subject, array)
    if array.ndim != rank or not array.size:
        raise ShapeError(subject, f"expected {kind} of size ≥ 1, got the shape {array.shape}.")
    return immutable(array)
