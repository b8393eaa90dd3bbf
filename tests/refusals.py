"""How a test says that a call is refused, by class and by wording."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

import purenn as nn

FLOATS = np.arange(6.0).reshape(2, 3)

# What is no float array, though it may look like one, and how an error names it.
NO_FLOAT_ARRAYS: list[tuple[object, str]] = [
    ([[0.0, 1.0, 2.0]], "takes a plain NumPy array, and a list came."),
    (FLOATS.view(np.matrix), "takes a plain NumPy array, and a matrix came."),
    (np.ma.masked_array(FLOATS, mask=True), "takes a plain NumPy array, and a MaskedArray came."),
    (None, "takes a plain NumPy array, and a NoneType came."),
    (np.float64(1.0), "takes a plain NumPy array, and a float64 came."),
]
NO_FLOATS: list[tuple[object, str]] = [
    (FLOATS.astype(np.int64), "int64"),
    (FLOATS.astype(np.uint8), "uint8"),
    (FLOATS.astype(np.bool), "bool"),
    (FLOATS.astype(np.float16), "float16"),
    (FLOATS.astype(np.complex64), "complex64"),
    (FLOATS.astype(np.object_), "object"),
    (FLOATS.astype(np.str_), "<U32"),
    (FLOATS.astype(">f8"), ">f8"),
    (FLOATS.astype(">f4"), ">f4"),
]


@contextmanager
def refused(error: type[nn.PurennError], message: str) -> Iterator[None]:
    """Check that the block raises an error of that very class whose message ends so."""
    with pytest.raises(error, match=re.escape(message) + r"\Z") as caught:
        yield
    assert type(caught.value) is error
