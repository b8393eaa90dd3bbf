"""What makes an array immutable, and what narrows its type."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import FLOATS, bits, spread
from refusals import refused

import purenn as nn
from purenn.arrays import (
    Array,
    Matrix,
    freeze,
    frozen_matrix,
    frozen_vector,
    narrowed,
    require_float,
    seal,
)
from purenn.kernels import constants

ROWS: Matrix = np.arange(6.0).reshape(2, 3)


def locked(array: Array) -> Array:
    array.setflags(write=False)
    return array


def test_sealing_makes_the_array_itself_read_only() -> None:
    mine = ROWS.copy()
    assert seal(mine) is mine
    with pytest.raises(ValueError, match="read-only"):
        mine[0, 0] = 1.0


def test_freezing_copies_what_anybody_can_write_to() -> None:
    mine = ROWS.copy()
    views = [mine, mine[:], locked(mine[:]), locked(locked(mine[:])[:]), locked(mine.T)]
    copies = [freeze(view) for view in views]
    before = [bits(copy) for copy in copies]
    mine[...] = 9.0
    assert [bits(copy) for copy in copies] == before
    assert not any(copy.flags.writeable for copy in copies)
    assert mine.flags.writeable


def test_freezing_shares_what_nobody_can_write_to() -> None:
    mine = locked(ROWS.copy())
    for view in (mine, mine[:1], mine.T[1:]):
        assert freeze(view) is view


def test_freezing_copies_what_lies_in_memory_that_is_not_an_arrays() -> None:
    memory = bytearray(ROWS.tobytes())
    view: Array = np.frombuffer(memory)
    copy = freeze(locked(view))
    memory[:8] = b"\0" * 7 + b"\1"
    assert copy.tolist() == ROWS.ravel().tolist()


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_frozen_copies_are_in_c_order_and_keep_their_dtype(dtype: np.dtype[np.float32]) -> None:
    for array in (np.asfortranarray(ROWS.astype(dtype)), spread(ROWS.astype(dtype))):
        copy = freeze(array)
        assert copy.flags.c_contiguous
        assert copy.dtype == dtype
        assert copy.tolist() == ROWS.tolist()


def test_leaves_are_checked_for_their_rank() -> None:
    with refused(nn.ShapeError, "takes an array of 1 axes and its input has the shape (2, 3)."):
        require_float("A vector", ROWS, 1)
    assert frozen_matrix(ROWS).shape == (2, 3)
    assert frozen_vector(np.ones(3)).shape == (3,)


def test_what_is_no_plain_array_is_not_narrowed() -> None:
    masked = np.ma.masked_array(ROWS, mask=True)
    with refused(nn.DtypeError, "purenn takes plain NumPy arrays, and a MaskedArray came."):
        narrowed(ROWS, masked)
    assert narrowed(ROWS, ROWS) is ROWS


def test_the_constants_that_kernels_share_cannot_be_changed() -> None:
    for shared in (constants.scalar(0.5, FLOATS[0]), constants.unit_rows(3, FLOATS[0])):
        assert not shared.flags.writeable
    assert constants.unit_rows(2, FLOATS[0]).tolist() == [[1.0, 0.0], [0.0, 1.0]]
