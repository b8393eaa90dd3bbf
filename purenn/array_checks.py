"""Checks of arrays: that they are plain NumPy arrays, of floats or integers, of a given rank."""

from __future__ import annotations

from typing import SupportsFloat

import numpy as np

from purenn import arrays
from purenn.arrays import FLOATS, AnyArray, Array, N, Vector, immutable, is_plain
from purenn.errors import DtypeError, LabelError, ShapeError

# How one gets an array of what holds arrays.
HELD = dict.fromkeys(
    ("Part", "Rows", "ScaledBytes", "Standardized"), " Give x.take(range(len(x)))."
)
HELD |= {"Batch": " Give batch.inputs.", "Dataset": " Give data.inputs, to init data.example."}
KINDS = "x[..., np.newaxis] of channels, x[:, np.newaxis] for series, x[np.newaxis] for one image"


def require_array(subject: str, array: object, dtype: str = "np.float32") -> AnyArray:
    """The array itself, if it is a plain NumPy array; with no `dtype`, any would do."""
    if is_plain(array):
        return array
    cure = HELD.get(type(array).__name__, "")
    first: object = next(iter(array), 0) if isinstance(array, list | tuple | range) else ""
    if isinstance(array, np.ma.MaskedArray):
        cure = " Fill in its masked entries with x.filled(value)."
    elif isinstance(array, np.ndarray):
        cure = " Convert it with np.asarray(x), which copies nothing."
    elif hasattr(array, "toarray"):
        cure = " Convert it with x.toarray()."
    elif hasattr(array, "__array__"):  # of pandas, polars, PyTorch, JAX
        given = "x.detach()" if hasattr(array, "requires_grad") else "x"
        cure = f" Convert it with np.asarray({given}, {dtype})."
    elif isinstance(array, list | tuple) and any(isinstance(one, np.ndarray) for one in array):
        cure = " Give one array, np.stack(x) or x[0], or pairs where they are taken: (a, (b, c))."
    elif callable(array):
        cure = " Call it."
    elif isinstance(first, SupportsFloat | list | tuple | None) or isinstance(array, float):
        cure = f" Convert it with np.array(x, {dtype})."
        if isinstance(array, tuple) and all(isinstance(one, int | None) for one in array):
            cure += f" In place of a shape, samples first, give np.zeros(shape, {dtype})."
    problem = f"expected a NumPy array, got {type(array).__name__}."
    raise DtypeError(subject, problem + cure.replace(", )", ")"))


def real(subject: str, found: object) -> Array:
    """A leaf, such as a function gives, if it is real, as an array that nobody writes to."""
    array: Array = immutable(np.asarray(found))
    if array.dtype.kind not in "fiub":
        raise DtypeError(subject, f"expected leaves of real numbers, got {array.dtype}.")
    return array


def require_floats(subject: str, array: object, least_rank: int = 1) -> None:
    """Check that `array` is a batch of float32 or float64, of at least that rank."""
    found = array if is_plain(array) else require_array(subject, array)
    if found.dtype not in FLOATS:
        is_wide = found.dtype.kind == "f" and found.dtype.itemsize > 4  # such as >f8
        wanted = f"x.astype(np.{arrays.FLOAT64 if is_wide else arrays.FLOAT32})"
        cures = dict.fromkeys("bifO", wanted) | {"c": "np.concatenate([x.real, x.imag], -1)"}
        cures["u"] = "x / np.float32(255)" if found.dtype == np.uint8 else wanted  # of pixels
        cure = f" Convert it with {cures[kind]}." if (kind := found.dtype.kind) in cures else ""
        raise DtypeError(subject, f"expected float32 or float64, got {found.dtype}.{cure}")
    if found.ndim < least_rank or 0 in found.shape[1:]:
        expected = "(samples, ..., features), each axis but the first of size ≥ 1"
        raise ShapeError(subject, f"expected {expected}, got the shape {found.shape}.")


def require_images(subject: str, x: AnyArray) -> None:
    """Check that `x` is a batch (samples, rows, columns, channels)."""
    if x.ndim != 4:
        cure = f" Add an axis: {KINDS}." * (x.ndim == 3)
        expected = "samples of shape (rows, columns, channels)"
        raise ShapeError(subject, f"expected {expected}, got {x.shape[1:]}.{cure}")


def require_integers(subject: str, array: object) -> None:
    """Check that labels are a vector of integers, plain or in a memory map."""
    found = array if isinstance(array, np.memmap) else require_array(subject, array, "np.int64")
    if found.dtype.kind not in "iu":
        cure = " Convert them with labels.astype(np.int64)." * (found.dtype.kind != "c")
        if isinstance(next(found.flat, None), str | bytes):
            cure = " Number them with np.unique(labels, return_inverse=True)[1]."
        raise DtypeError(subject, f"expected integer labels, got {found.dtype}.{cure}")
    if found.ndim != 1:
        cure = " Of one-hot rows, take labels.argmax(axis=1)." * (found.ndim == 2)
        cure = " Drop an axis: labels[:, 0]." if found.shape[1:] == (1,) else cure
        raise ShapeError(subject, f"expected labels of shape (samples,), got {found.shape}.{cure}")


def require_indices(subject: str, array: AnyArray, count: int, cure: str = "") -> None:
    """Check that `array` is a vector of integers from 0 to below `count`."""
    require_integers(subject, array)
    # Negative integers are huge as unsigned ones.
    if np.maximum.reduce(array.astype(np.uint64), initial=0) >= count:
        wrong = array[(array < 0) | (array >= count)][0]
        raise LabelError(f"{subject}: expected integers from 0 to {count - 1}, got {wrong}.{cure}")


def vector(array: Vector) -> Vector:
    """A vector as a leaf of parameters: checked and read-only. A writable array is copied."""
    return _leaf(array, "a vector", 1)


def matrix(array: arrays.Matrix) -> arrays.Matrix:
    """A matrix as a leaf of parameters, like `vector`."""
    return _leaf(array, "a matrix", 2)


def matrices(array: arrays.Matrices) -> arrays.Matrices:
    """A stack of matrices as a leaf of parameters, like `vector`."""
    return _leaf(array, "a 3-D array", 3)


def filters(array: arrays.Images) -> arrays.Images:
    """The weight of a convolution as a leaf of parameters, like `vector`."""
    return _leaf(array, "a 4-D array", 4)


def _leaf(array: N, kind: str, rank: int) -> N:
    if type(array) is np.ndarray and array.ndim == rank and array.dtype in FLOATS and array.size:
        is_own = array.base is None and not array.flags.writeable  # as most are: a short cut
        return array if is_own else immutable(array)
    subject = f"{kind} of parameters"
    given: object = array
    if isinstance(given, int):  # as in other libraries
        cure = "Layers are made by functions in lowercase, such as linear(5)."
        raise DtypeError(subject, f"expected a NumPy array, got {given}. {cure}")
    require_floats(subject, array, 0)
    raise ShapeError(subject, f"expected {kind} of size ≥ 1, got the shape {array.shape}.")
