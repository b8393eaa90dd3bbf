"""Columns: what a data set keeps, and what a batch of it is."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import FLOATS, bits, spread

import purenn as nn
from purenn.arrays import ByteImages, FloatDtype, Indices, Labels, Matrix, narrowed

ROWS: Matrix = np.arange(12.0).reshape(4, 3)
PIXELS: ByteImages = np.arange(48, dtype=np.uint8).reshape(4, 3, 2, 2) * 5
PICK: Indices = np.array([2, 0, 2])

dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=str)


def test_rows_give_rows() -> None:
    column = nn.Rows(ROWS)
    assert (len(column), column.shape) == (4, (3,))
    assert column.take(PICK).tolist() == ROWS[PICK].tolist()
    assert column.take(range(1, 3)).tolist() == ROWS[1:3].tolist()
    assert column.take(range(2, 9)).tolist() == ROWS[2:].tolist()
    assert column.select(PICK).array.tolist() == ROWS[PICK].tolist()


@pytest.mark.parametrize("run", [range(0, 4, 2), range(3, -1, -1), range(3, 0, -2)])
def test_a_run_with_gaps_or_backwards_is_not_taken_for_one_without(run: range) -> None:
    assert nn.Rows(ROWS).take(run).tolist() == ROWS[list(run)].tolist()
    assert nn.ScaledBytes(PIXELS).take(run).shape == (len(run), 3, 2, 2)


@pytest.mark.parametrize(
    "array",
    [
        ROWS,
        ROWS.astype(np.float32),
        ROWS.astype(">f8"),
        ROWS.astype(">f4"),
        ROWS.astype(np.int8),
        ROWS.astype(">u8"),
        np.asfortranarray(ROWS),
        spread(ROWS),
        ROWS[::-1, ::-1],
    ],
    ids=lambda array: f"{array.dtype.str}{array.strides}",
)
def test_rows_are_kept_in_order_whatever_their_layout_in_memory(array: Matrix) -> None:
    kept = nn.Rows(array).array
    assert kept.tolist() == array.tolist()
    assert kept.dtype == array.dtype.newbyteorder("=")
    assert kept.dtype.isnative
    assert kept.flags.c_contiguous
    assert not kept.flags.writeable


def test_rows_are_copied_if_anybody_can_write_to_them_and_shared_otherwise() -> None:
    mine = ROWS.copy()
    view = mine[:]
    view.setflags(write=False)
    for array in (mine, view):
        assert not np.shares_memory(nn.Rows(array).array, mine)
    mine.setflags(write=False)
    assert np.shares_memory(nn.Rows(mine).array, mine)
    assert mine.tolist() == ROWS.tolist()


def test_huge_integers_are_kept_exactly() -> None:
    huge: Labels = np.array([2**64 - 1, 2**63], np.uint64)
    assert nn.Rows(huge).take(np.array([1, 0])).tolist() == [2**63, 2**64 - 1]


@dtypes
def test_bytes_are_scaled_to_0_and_1(dtype: FloatDtype) -> None:
    column = nn.ScaledBytes(PIXELS, dtype=dtype)
    expected = np.multiply(PIXELS, dtype.type(1.0 / 255.0), dtype=dtype)
    assert (len(column), column.shape) == (4, (3, 2, 2))
    assert bits(column.take(PICK)) == bits(expected[PICK])
    assert bits(column.take(range(1, 3))) == bits(expected[1:3])
    assert column.take(range(4)).max() == pytest.approx(235 / 255)
    assert not column.take(PICK).flags.writeable


@dtypes
def test_the_scale_is_a_plain_number_whatever_it_was(dtype: FloatDtype) -> None:
    column = nn.ScaledBytes(PIXELS, scale=np.float64(2.0), dtype=dtype)
    assert bits(column.take(range(4))) == bits(2.0 * PIXELS.astype(dtype))


def test_selected_bytes_keep_their_scale_and_dtype() -> None:
    column = nn.ScaledBytes(PIXELS, scale=0.5, dtype=FLOATS[1])
    part = column.select(PICK)
    assert part.pixels.tolist() == PIXELS[PICK].tolist()
    assert bits(part.take(range(3))) == bits(column.take(PICK))


def test_bytes_stay_bytes_and_read_only() -> None:
    mine = PIXELS.copy()
    column = nn.ScaledBytes(mine)
    mine[...] = 0
    assert column.pixels.tolist() == PIXELS.tolist()
    assert column.pixels.dtype == np.uint8
    assert not column.pixels.flags.writeable


def test_turned_bytes_are_read_in_order() -> None:
    turned = narrowed(PIXELS.transpose(0, 2, 1, 3), PIXELS)
    assert nn.ScaledBytes(turned, scale=1.0).take(range(4)).tolist() == turned.tolist()
