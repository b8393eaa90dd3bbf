"""What makes an array immutable, and what keeps its static type."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import bits, spread

from purenn.array_checks import matrix, vector
from purenn.arrays import FLOAT32, Array, Matrix, immutable, read_only, typed_like
from purenn.kernels import elementwise, entropies, memory

ROWS: Matrix = np.arange(6.0).reshape(2, 3)


def locked(array: Array) -> Array:
    array.setflags(write=False)
    return array


def test_what_anybody_can_write_to_is_copied() -> None:
    mine = ROWS.copy()
    views = [mine, mine[:], locked(mine[:]), locked(locked(mine[:])[:]), locked(mine.T)]
    views += [np.asfortranarray(ROWS.astype(FLOAT32)), spread(mine)]
    rows = [typed_like(view, ROWS) for view in views[:4]]
    copies = (*map(immutable, views), *map(matrix, rows))
    before = bits(copies)
    assert before == bits((*views, *rows))
    mine[...] = 9.0
    assert bits(copies) == before
    assert not any(copy.flags.writeable for copy in copies)
    assert all(copy.flags.c_contiguous for copy in copies)
    assert mine.flags.writeable
    owned = bytearray(ROWS.tobytes())
    copy = immutable(locked(np.frombuffer(owned)))
    owned[:8] = b"\0" * 7 + b"\1"
    assert copy.tolist() == ROWS.ravel().tolist()


def test_what_nobody_can_write_to_is_shared() -> None:
    mine, recycled = locked(ROWS.copy()), locked(memory.empty((64, 1024), FLOAT32))
    for view in (mine, mine[:1], mine.T[1:], np.frombuffer(ROWS.tobytes()), recycled, recycled[1:]):
        assert immutable(view) is view
    assert read_only(mine) is matrix(typed_like(mine, ROWS)) is mine


def test_vectors_matrices_and_shared_constants_are_read_only() -> None:
    assert typed_like(ROWS, ROWS[:1]) is ROWS
    shared = (elementwise.scalar(0.5, FLOAT32), entropies.row_starts(3, 4))
    for array in (matrix(ROWS), vector(ROWS[0]), read_only(ROWS.copy()), *shared):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 1
    assert ROWS.flags.writeable
    assert [array.tolist() for array in shared] == [0.5, [0, 4, 8]]
