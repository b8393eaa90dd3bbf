"""How mypy prints the types of arrays, so that the expected errors can name them in short.

Each line gives the name that stands in the other files for what mypy prints here.
"""

from __future__ import annotations

import numpy as np

from purenn.arrays import Array, ByteImages, FloatDtype, Images, Indices, Labels, Matrix, Vector


def names(
    array: Array,
    byte_images: ByteImages,
    dtype: FloatDtype,
    images: Images,
    indices: Indices,
    int32: np.dtype[np.int32],
    labels: Labels,
    matrix: Matrix,
    vector: Vector,
) -> None:
    """One assignment for each name."""
    a: None = array  # Array
    b: None = byte_images  # ByteImages
    c: None = dtype  # FloatDtype
    d: None = images  # Images
    e: None = int32  # dtype[int32]
    f: None = labels  # Labels
    g: None = matrix  # Matrix
    h: None = vector  # Vector
    i: None = indices  # Indices
