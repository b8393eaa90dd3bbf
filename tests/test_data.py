"""Data sets: batches are a function of key and epoch; columns are kept, gathered, never copied."""

from __future__ import annotations

import math
from collections.abc import Callable
from mmap import mmap
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from contracts import Bits, bits, copies, dtypes, spread
from counting import memory_of
from hypothesis import strategies as st
from properties import given
from refusals import evaluate

from purenn import Dataset, Key, dataset, shuffled_batches
from purenn.arrays import AnyArray, Array, ByteImages, FloatDtype, Indices, Labels, Matrix
from purenn.data import Batch, Batches, Pair, Rows, ScaledBytes, arranged_batches, batches_in_order
from purenn.data.splitting import split
from purenn.errors import DataError
from purenn.losses import balanced_weights
from purenn.tree import walk

Data = Dataset[Matrix, Labels]
Run = Batches[Matrix, Labels]

sizes, batch_sizes = st.integers(1, 60), st.integers(1, 70)


def numbered(count: int, features: int = 2) -> Data:
    """Samples that carry their own number, as input and as target."""
    inputs: Matrix = np.arange(float(features * count)).reshape(count, features)
    return dataset(inputs, np.arange(count))


def seen(batches: Run) -> list[int]:
    return [int(label) for batch in batches for label in batch.targets]


def batch_bits(batches: Run) -> list[tuple[Bits, Bits, Key]]:
    return [(bits(batch.inputs), bits(batch.targets), batch.key) for batch in batches]


@given(sizes, batch_sizes, st.integers(0, 2**40), st.integers(0, 1000))
def test_an_epoch_is_every_sample_once(count: int, size: int, seed: int, epoch: int) -> None:
    batches, again = (shuffled_batches(numbered(count), size, Key(seed), epoch) for _ in range(2))
    assert sorted(seen(batches)) == list(range(count))
    lengths = [len(batch.targets) for batch in batches]
    assert lengths == [size] * (count // size) + [count % size] * (count % size > 0)
    assert len(batches) == len(lengths)
    for batch in batches:
        np.testing.assert_array_equal(batch.inputs[:, 0], 2 * batch.targets)
    assert batch_bits(again) == batch_bits(batches) == batch_bits(again)


def test_orders_and_keys_differ_by_epoch_and_key_but_orders_not_by_batch_size() -> None:
    data, key = numbered(50), Key(0)
    epochs = [shuffled_batches(data, 8, Key(seed), e) for seed in range(3) for e in range(3)]
    assert len({tuple(range(50)), *(tuple(seen(epoch)) for epoch in epochs)}) == 10
    assert [seen(shuffled_batches(data, n, key, 0)) for n in (1, 99)] == [seen(epochs[0])] * 2
    found = [batch.key for epoch in epochs for batch in epoch]
    assert len({*found, key, *(key.child("layer", n) for n in range(9)), *key.split(9)}) == 63 + 19
    assert epochs[1][1].key == key.child("epoch", 1).child("batch", 1)


@given(sizes, batch_sizes, st.integers(-80, 80), st.integers(-80, 80))
def test_slices_are_the_same_batches(count: int, size: int, start: int, stop: int) -> None:
    batches = shuffled_batches(numbered(count), size, Key(1), 2)
    whole = batch_bits(batches)
    for part in (slice(start, None), slice(start, stop), slice(None, None, -2)):
        assert batch_bits(batches[part]) == whole[part]
        assert len(batches[part]) == len(whole[part])
    assert batch_bits(batches[1:][start:]) == whole[1:][start:]
    for index in range(-len(whole), len(whole)):
        assert bits(batches[index].inputs) == whole[index][0]
    for index in (len(whole), -len(whole) - 1):
        with pytest.raises(IndexError):
            batches[index]


def test_batches_can_be_iterated_while_they_are_iterated_and_keep_their_values() -> None:
    batches = shuffled_batches(numbered(20, 2000), 6, Key(1), 2)
    kept = [batch.inputs for batch in batches]
    before = [*map(bits, kept)]
    nested = [(bits(a.inputs), bits(b.inputs)) for a in batches for b in batches]
    assert nested == [(a, b) for a in before for b in before]
    assert [*map(bits, kept)] == before
    assert not any(inputs.flags.writeable for inputs in kept)


def test_batches_in_order_are_views_of_the_samples_as_they_stand() -> None:
    data = numbered(10)
    batches = batches_in_order(data, 4, Key(3))
    assert seen(batches) == list(range(10))
    assert [batch.key for batch in batches] == [Key(3).child("batch", n) for n in range(3)]
    assert repr(batches) == "<3 batches of 4 from <10 samples of (2,) with targets ()>>"
    assert repr(data.inputs) == "<10 samples of (2,)>"
    assert isinstance(data.inputs, Rows)
    assert np.shares_memory(batches[1].inputs, data.inputs.array)
    assert not batches[1].inputs.flags.writeable
    of_bytes = "Batches(numbered(300), np.int8(100), Key(0), None, range(3))"
    found = evaluate(f"[len(batch.targets) for batch in {of_bytes}]", globals())
    assert found == [100] * 3  # multiples of a size in int8 would overflow


def test_orders_and_selections_may_leave_out_and_repeat() -> None:
    order: Indices = np.array([3, 3, 0, 4])
    batches = arranged_batches(numbered(5), 3, Key(0), order)
    order[0] = 1
    assert [batch.targets.tolist() for batch in batches] == [[3, 3, 0], [4]]
    for code in ("u1", "i2", ">i8", "u8"):
        other: Indices = np.array([2, 1], np.dtype(code))
        assert seen(arranged_batches(numbered(5), 1, Key(0), other)) == [2, 1]
    mask = np.array([True, False, False, True, True])
    assert seen(arranged_batches(numbered(5), 2, Key(0), mask)) == [0, 3, 4]
    part = numbered(10).select(np.array([7, 2, 2]))
    assert (len(part), seen(batches_in_order(part, 2, Key(0)))) == (3, [7, 2, 2])
    assert seen(batches_in_order(part.select(np.array([True, False, True])), 2, Key(0))) == [7, 2]
    for _ in range(999):  # as in active learning, whose pool shrinks from round to round
        part = part.select(np.array([1, 2, 0]))
    assert seen(batches_in_order(part, 2, Key(0))) == [7, 2, 2]
    assert part.inputs.take(range(0)).shape == (0, *part.example.shape[1:])
    assert part.example.tolist() == [[14.0, 15.0]]


def test_data_sets_do_not_see_what_becomes_of_their_arrays_nor_do_their_copies() -> None:
    inputs: Matrix = np.ones((2, 2))
    labels: Labels = np.array([0, 1])
    data = dataset(inputs, (labels, inputs[:, 0]))
    inputs[...], labels[...] = 9.0, 9
    for same in (data, *copies(data)):
        batch = batches_in_order(same, 2, Key(0))[0]
        found = [part.tolist() for part in (batch.inputs, *batch.targets)]
        assert found == [[[1.0, 1.0], [1.0, 1.0]], [0, 1], [1.0, 1.0]]
        arrays = [leaf for _, leaf in walk(same, np.ndarray)]
        assert [array.flags.writeable for array in arrays] == [False] * 3
    batches = shuffled_batches(data, 2, Key(0), 0)
    orders = [twin.order for twin in copies(batches)]
    parts = [twin.inputs for twin in copies(batches[0])]
    assert not any(array is None or array.flags.writeable for array in (*orders, *parts))


def test_an_array_that_comes_twice_as_in_autoencoders_is_kept_once() -> None:
    rows: Matrix = np.ones((2, 2))
    found = [leaf for _, leaf in walk(dataset((rows, rows[:, 0]), rows), np.ndarray)]
    assert [leaf is found[0] for leaf in found] == [True, False, True]


# --- columns -------------------------------------------------------------------------------------

ROWS: Matrix = np.arange(12.0).reshape(4, 3)
PIXELS: ByteImages = np.arange(48, dtype=np.uint8).reshape(4, 3, 2, 2) * 5
PICK: Indices = np.array([2, 0, 2])
RUNS = [range(1, 3), range(2, 4), range(0, 4, 2), range(3, -1, -1), range(3, 0, -2), range(-2, 2)]


@pytest.mark.parametrize("code", ["f8", "f4", ">f8", ">f4", "i1", "u1", ">u8"])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, spread])
@pytest.mark.parametrize("rows", [ROWS, ROWS[:, 0]])
def test_rows_keep_order(rows: Array, code: str, layout: Callable[[AnyArray], AnyArray]) -> None:
    array = layout(rows.astype(code))
    array.setflags(write=False)
    column = Rows(array)
    assert (len(column), column.shape) == (4, rows.shape[1:])
    assert bits(column.array) == bits(rows.astype(array.dtype.newbyteorder("=")))
    assert (column.array.flags.c_contiguous, column.array.flags.writeable) == (True, False)
    for run in RUNS:
        assert bits(column.take(run)) == bits(column.array[list(run)])
    assert bits(column.take(-PICK)) == bits(column.array[-PICK])
    for beyond in (range(3, 5), range(0, 8, 4), 2 * PICK, -5 * PICK):
        with pytest.raises(IndexError, match="out of bounds"):
            column.take(beyond)
    for taken in (column.take(PICK), column.select(PICK).take(range(3))):
        assert (bits(taken), taken.flags.writeable) == (bits(column.array[PICK]), False)


def test_large_integers_stay_as_they_are() -> None:
    huge = np.array([2**64 - 1, 2**63], np.uint64)
    assert Rows(huge).take(np.array([1, 0])).tolist() == [2**63, 2**64 - 1]


@dtypes
def test_bytes_are_scaled_while_they_are_gathered(dtype: FloatDtype) -> None:
    for scale, factor in ((1 / 255, 1 / 255), (np.float64(2.0), 2.0)):
        column = ScaledBytes(PIXELS, scale=scale, dtype=dtype)
        expected = np.multiply(PIXELS, dtype.type(factor), dtype=dtype)
        assert (len(column), column.shape) == (4, (3, 2, 2))
        for taken in (column.take(PICK), column.select(PICK).take(range(3))):
            assert (bits(taken), taken.flags.writeable) == (bits(expected[PICK]), False)
        for run in RUNS:
            assert bits(column.take(run)) == bits(expected[list(run)])
    assert bits(ScaledBytes(PIXELS).take(PICK)) == bits(PIXELS[PICK] * np.float32(1 / 255))
    turned: ByteImages = PIXELS.transpose(0, 2, 1, 3)
    assert ScaledBytes(turned, scale=1.0).take(range(4)).tolist() == turned.tolist()


def test_pairs_stay_together() -> None:
    names: Indices = np.array([2, 0, 2, 2])
    data = dataset(Pair(Rows(ROWS), Rows(-ROWS)), Pair(Rows(names), Rows(np.arange(4.0))))
    assert (data.inputs.shape, data.targets.shape) == (((3,), (3,)), ((), ()))
    assert [part.shape for part in data.example] == [(1, 3), (1, 3)]
    for source in (data, data.select(np.array([3, 2, 1, 0]))):
        for batch in shuffled_batches(source, 3, Key(0), 0):
            (left, right), (labels, weights) = batch.inputs, batch.targets
            np.testing.assert_array_equal(left, -right)
            np.testing.assert_array_equal(left, ROWS[weights.astype(int)])
            np.testing.assert_array_equal(labels, names[weights.astype(int)])


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("code", ["f4", ">f8"])
def test_what_is_not_finite_is_found_in_any_piece(code: str, bad: float) -> None:
    rows = np.zeros((30_000, 2, 50), code)
    for sample in (0, 10_484, 10_485, 29_999):  # a piece has 10,485 of float32
        rows[sample, 1, 49] = bad
        with pytest.raises(DataError, match=f"got {bad} in sample {sample}[.] Remove such samples"):
            Rows(rows)
        rows[sample, 1, 49] = 0.0
    assert len(Rows(rows)) == 30_000


def test_copies_of_memory_maps_are_copied_as_others_are(tmp_path: Path) -> None:
    np.save(tmp_path / "map.npy", np.arange(16, dtype=np.uint8).reshape(4, 2, 2, 1))
    mapped = np.load(tmp_path / "map.npy", mmap_mode="r")
    for made in (mapped.copy(), mapped[[0, 1, 2, 3]], mapped.copy()[:]):
        column = Rows(made)
        images = ScaledBytes(made)
        made[:] = 0
        assert bits(column.take(range(4))) == bits(mapped[:])
        assert bits(images.pixels) == bits(mapped[:])
    assert np.shares_memory(Rows(mapped[1:]).array, mapped)
    for subok in (True, False):
        windows = np.lib.stride_tricks.sliding_window_view(mapped, 2, 0, subok=subok)
        assert np.shares_memory(Rows(windows).array, mapped)
    written = np.asarray(np.load(tmp_path / "map.npy", mmap_mode="r+"))
    assert not np.shares_memory(Rows(written).array, written)
    shared = np.ndarray(4, np.float64, mmap(-1, 32))  # for other processes to write to
    shared.setflags(write=False)
    assert not np.shares_memory(Rows(shared).array, shared)


def test_labels_and_orders_may_be_memory_maps(tmp_path: Path) -> None:
    labels: Indices = np.arange(8) % 2
    np.save(tmp_path / "map.npy", labels)
    mapped: Indices = np.load(tmp_path / "map.npy", mmap_mode="r")
    assert balanced_weights(mapped) == (1.0, 1.0)
    data = dataset(mapped, mapped)
    assert bits(split(data, 0.5, Key(0), mapped)) == bits(split(data, 0.5, Key(0), labels))
    assert bits(data.select(mapped)) == bits(data.select(labels))


@pytest.mark.parametrize("offset", [0, 3])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("code", ["<f4", ">f4"])
def test_memory_maps_are_not_copied(code: str, order: str, offset: int, tmp_path: Path) -> None:
    content = np.arange(60_000 * 64, dtype=code).reshape(60_000, 64)
    layout: Literal["C", "F"] = "F" if order == "F" else "C"
    (tmp_path / "map").write_bytes(b"\0" * offset + content.tobytes(layout))
    mapped = np.memmap(tmp_path / "map", content.dtype, "r", offset, content.shape, layout)
    batches: list[Batch[AnyArray, AnyArray]] = []

    def read() -> None:
        data: Dataset[AnyArray, AnyArray] = dataset(mapped, np.arange(60_000))
        assert isinstance(data.inputs, Rows)
        assert np.shares_memory(data.inputs.array, mapped)
        part = data.select(np.array([5, 3]))
        batches.append(shuffled_batches(data, 100, Key(0), 0)[0])
        batches.append(batches_in_order(data, 100, Key(0))[7])
        batches.append(batches_in_order(part, 2, Key(0))[0])

    assert memory_of(read) < content.nbytes / 5
    for batch in batches:
        assert (type(batch.inputs), batch.inputs.flags.writeable) == (np.ndarray, False)
        assert bits(batch.inputs) == bits(content[batch.targets].astype(np.float32))
