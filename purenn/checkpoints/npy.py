"""Arrays as the bytes of `.npy` files, version 1.0, which `numpy.load` reads too.

The header is written here, so that equal arrays give equal bytes with every version of NumPy. It
is also compared byte for byte when it is read: no code, no objects, no size but the one expected.
"""

from __future__ import annotations

import math

import numpy as np

from purenn.arrays import Element, Shape, Whole, seal

MAGIC = b"\x93NUMPY\x01\x00"
ALIGNMENT = 64

Dtype = np.dtype[Element]

_KINDS = (
    *(np.bool, np.float32, np.float64),
    *(np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64),
)
# What can be stored, by name.
DTYPES: dict[str, Dtype] = {np.dtype(kind).name: np.dtype(kind) for kind in _KINDS}


def encode(array: Whole) -> bytes:
    """The bytes of a file that holds the array, in C order and little-endian."""
    little = array.dtype.newbyteorder("<")
    return _header(little, array.shape) + array.astype(little, copy=False).tobytes()


def decode(raw: bytes, dtype: Dtype, shape: Shape) -> Whole | None:
    """The array in the bytes of a file, read-only, or None if it is not of this dtype and shape."""
    little = dtype.newbyteorder("<")
    header = _header(little, shape)
    if not raw.startswith(header) or len(raw) != len(header) + size(dtype, shape):
        return None
    entries = np.frombuffer(raw, little, offset=len(header))
    return seal(entries.reshape(shape).astype(dtype))


def size(dtype: Dtype, shape: Shape) -> int:
    """How many bytes the elements take."""
    return math.prod(shape) * dtype.itemsize


def _header(dtype: Dtype, shape: Shape) -> bytes:
    text = f"{{'descr': '{dtype.str}', 'fortran_order': False, 'shape': {shape}, }}"
    used = len(MAGIC) + 2 + len(text) + 1
    padded = text + " " * (-used % ALIGNMENT) + "\n"
    return MAGIC + len(padded).to_bytes(2, "little") + padded.encode()
