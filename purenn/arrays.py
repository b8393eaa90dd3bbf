"""The types of arrays, by rank and dtype, and what makes an array immutable.

`numpy.typing.NDArray` hides the rank; these do not. Every array that purenn returns is read-only,
except those of the estimators; `array.copy()` gives a writable one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard, TypeVar

import numpy as np

from purenn.errors import DtypeError

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
Matrices = np.ndarray[tuple[int, int, int], np.dtype[Float]]  # a stack of them
Images = np.ndarray[tuple[int, int, int, int], np.dtype[Float]]  # sample, row, column, channel
ByteImages = np.ndarray[tuple[int, int, int, int], np.dtype[np.uint8]]
Labels = np.ndarray[tuple[int], np.dtype[Integer]]
Sequences = np.ndarray[tuple[int, int], np.dtype[Integer]]  # of symbols
Indices = np.ndarray[tuple[int], np.dtype[np.int64]]
Mask = np.ndarray[tuple[int], np.dtype[np.bool]]  # of the samples to select, for each sample

Shape = tuple[int, ...]
Leaves = tuple[Array, ...]
FloatDtype = np.dtype[Float]

FLOAT32: np.dtype[np.float32] = np.dtype(np.float32)
FLOAT64: np.dtype[np.float64] = np.dtype(np.float64)
FLOATS = (FLOAT32, FLOAT64)

N = TypeVar("N", bound=AnyArray)
# Of any type: mostly P of parameters, S of states, X of inputs, Y of outputs, T of targets.
K = TypeVar("K")
P = TypeVar("P")
Q = TypeVar("Q")
R = TypeVar("R")
S = TypeVar("S")
T = TypeVar("T")
W = TypeVar("W")
X = TypeVar("X")
Y = TypeVar("Y")
Z = TypeVar("Z")

# Arrays of any rank; a matrix, or images, where nothing else says which.
if TYPE_CHECKING:
    A = typing_extensions.TypeVar("A", bound=Array, default=Matrix)
    G = typing_extensions.TypeVar("G", bound=Array, default=Matrix)
    AnyImages = typing_extensions.TypeVar("AnyImages", bound=Array, default=Images)
    Span = slice[int | None, int | None, int | None]  # which Python 3.11 cannot subscript
else:
    A = TypeVar("A", bound=Array)
    G = TypeVar("G", bound=Array)
    AnyImages = TypeVar("AnyImages", bound=Array)
    Span = slice


def read_only(array: N) -> N:
    """Make an array that nobody else holds read-only, without a copy."""
    array.setflags(write=False)
    return array


def view(array: N) -> N:
    """The same numbers, read-only."""
    return read_only(typed_like(array.view(), array))


def typed_like(array: AnyArray, like: N) -> N:
    """`array`, with the static type of `like`: NumPy's own types lose the rank."""
    if _has_type_of(array, like):
        return array
    raise DtypeError("purenn", f"expected a NumPy array, got {type(array).__name__}.")


def _has_type_of(array: object, like: N) -> TypeGuard[N]:
    return isinstance(array, np.ndarray)


class Recycled(np.ndarray[tuple[int], np.dtype[np.uint8]]):
    """Memory that purenn recycles. Only plain arrays in it are handed out, from `start` on."""

    start: int


class Packed(tuple[Array, ...]):  # noqa: SLOT001  a tuple cannot have slots
    """Leaves in a few pieces of memory, in which an update writes them."""

    flats: list[Vector]  # the pieces, writable: nobody outside of kernels gets them
    columns: list[Leaves]  # each of these in a tuple of its own

    def __reduce__(self) -> tuple[type, tuple[tuple[Array, ...]]]:
        return tuple, (tuple(self),)


def is_immutable(array: AnyArray) -> bool:
    """Whether nobody can write to the array, neither directly nor through its base.

    A writable view that was made before the array became read-only cannot be detected.
    """
    if array.flags.writeable:
        return False
    base: object = array.base
    if base is None or type(base) is Recycled:
        return True
    return is_immutable(base) if isinstance(base, np.ndarray) else isinstance(base, bytes)


def immutable(array: N) -> N:
    """The array itself if nobody can write to it, and a read-only copy otherwise."""
    return array if is_immutable(array) else _copied(array)


def laid_out(array: N) -> N:
    """`immutable`, and in C order, as loaded from files: products in others have other bits."""
    return immutable(array) if array.flags.c_contiguous else _copied(array)


def _copied(array: N) -> N:
    return read_only(typed_like(np.array(array, order="C"), array))


def are_alike(some: object, others: Leaves | list[Array]) -> TypeGuard[Leaves]:
    """Whether these are leaves with the same shapes and dtypes as others."""
    if not isinstance(some, tuple | list) or len(some) != len(others):
        return False
    for x, y in zip(some, others, strict=True):
        if not isinstance(x, np.ndarray) or x.shape != y.shape or x.dtype != y.dtype:
            return False
    return True


def is_plain(array: object) -> TypeIs[AnyArray]:
    """Whether this is an array of NumPy's own class: masks of others would be ignored."""
    return type(array) is np.ndarray


def is_labels(target: object) -> TypeIs[Labels]:
    """Whether a target is a vector, and so one label for each sample."""
    return isinstance(target, np.ndarray) and target.ndim == 1
