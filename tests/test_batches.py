"""Batches: every sample once, the last smaller batch kept, a function of key and epoch alone."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import Bits, bits
from hypothesis import strategies as st
from properties import given

import purenn as nn
from purenn.arrays import Indices, Labels, Matrix

Data = nn.Dataset[Matrix, Labels]
Run = nn.Batches[Matrix, Labels]

sizes = st.integers(1, 60)
batch_sizes = st.integers(1, 70)
epochs = st.integers(0, 1000)
keys = st.builds(nn.Key, st.integers(0, 2**40))


def numbered(count: int) -> Data:
    """Samples that carry their own number, as input and as target."""
    inputs: Matrix = np.arange(float(2 * count)).reshape(count, 2)
    labels: Labels = np.arange(count)
    return nn.dataset(inputs, labels)


def seen(batches: Run) -> list[int]:
    return [int(label) for batch in batches for label in batch.targets]


def batch_bits(batches: Run) -> list[tuple[Bits, Bits, nn.Key]]:
    return [(bits(batch.inputs), bits(batch.targets), batch.key) for batch in batches]


# --- an epoch ------------------------------------------------------------------------------------


@given(sizes, batch_sizes, keys, epochs)
def test_an_epoch_visits_every_sample_once_in_batches_of_one_size_but_the_last(
    count: int, size: int, key: nn.Key, epoch: int
) -> None:
    batches = nn.shuffled_batches(numbered(count), size, key, epoch)
    assert sorted(seen(batches)) == list(range(count))
    lengths = [len(batch.targets) for batch in batches]
    assert lengths[:-1] == [size] * (count // size - (count % size == 0))
    assert lengths[-1] == count % size or lengths[-1] == size
    assert len(batches) == len(lengths) == -(-count // size)


@given(sizes, batch_sizes, keys, epochs)
def test_inputs_stay_with_their_targets(count: int, size: int, key: nn.Key, epoch: int) -> None:
    for batch in nn.shuffled_batches(numbered(count), size, key, epoch):
        np.testing.assert_array_equal(batch.inputs[:, 0], 2 * batch.targets)


@given(sizes, batch_sizes, keys, epochs)
def test_an_epoch_is_a_function_of_key_and_number_alone(
    count: int, size: int, key: nn.Key, epoch: int
) -> None:
    data = numbered(count)
    first = batch_bits(nn.shuffled_batches(data, size, key, epoch))
    other = nn.shuffled_batches(data, size, key, epoch + 1)
    assert len(other) == len(first)
    same_key = nn.Key(key.seed)
    again = nn.shuffled_batches(numbered(count), size, same_key, epoch)
    assert batch_bits(again) == first == batch_bits(again)


def test_the_order_does_not_depend_on_the_batch_size() -> None:
    data, key = numbered(50), nn.Key(3)
    orders = [seen(nn.shuffled_batches(data, size, key, 4)) for size in (1, 7, 50, 99)]
    assert orders == [orders[0]] * 4


def test_epochs_and_keys_shuffle_differently() -> None:
    data = numbered(50)
    orders = [
        tuple(seen(nn.shuffled_batches(data, 8, nn.Key(seed), epoch)))
        for seed in range(3)
        for epoch in range(3)
    ]
    assert len(set(orders)) == 9
    assert list(range(50)) not in map(list, orders)


def test_every_batch_of_every_epoch_has_a_key_of_its_own() -> None:
    data = numbered(50)
    found = [b.key for epoch in range(4) for b in nn.shuffled_batches(data, 8, nn.Key(0), epoch)]
    assert len(set(found)) == len(found) == 28


# --- a sequence ----------------------------------------------------------------------------------


@given(sizes, batch_sizes, st.integers(-80, 80), st.integers(-80, 80))
def test_a_slice_is_the_same_batches(count: int, size: int, start: int, stop: int) -> None:
    batches = nn.shuffled_batches(numbered(count), size, nn.Key(1), 2)
    whole = batch_bits(batches)
    assert batch_bits(batches[start:]) == whole[start:]
    assert batch_bits(batches[start:stop]) == whole[start:stop]
    assert batch_bits(batches[::-2]) == whole[::-2]
    assert batch_bits(batches[1:][start:]) == whole[1:][start:]
    assert len(batches[start:stop]) == len(whole[start:stop])


@given(sizes, batch_sizes)
def test_items_are_the_batches_that_iteration_gives(count: int, size: int) -> None:
    batches = nn.shuffled_batches(numbered(count), size, nn.Key(1), 2)
    whole = batch_bits(batches)
    for index in range(-len(whole), len(whole)):
        batch = batches[index]
        assert (bits(batch.inputs), bits(batch.targets), batch.key) == whole[index]
    for index in (len(whole), -len(whole) - 1):
        with pytest.raises(IndexError):
            batches[index]


def test_it_can_be_iterated_again_even_while_it_is_being_iterated() -> None:
    batches = nn.shuffled_batches(numbered(5), 2, nn.Key(1), 2)
    pairs = [(bits(a.inputs), bits(b.inputs)) for a in batches for b in batches]
    inputs = [bits(batch.inputs) for batch in batches]
    assert pairs == [(a, b) for a in inputs for b in inputs]


def test_batches_cannot_be_written_to_and_keep_their_values() -> None:
    inputs: Matrix = np.arange(40_000.0).reshape(20, 2000)
    labels: Labels = np.arange(20)
    data = nn.dataset(inputs, labels)
    kept = list(nn.shuffled_batches(data, 6, nn.Key(1), 0))
    before = [bits(batch.inputs) for batch in kept]
    list(nn.shuffled_batches(data, 6, nn.Key(1), 1))
    assert [bits(batch.inputs) for batch in kept] == before
    assert not any(batch.inputs.flags.writeable or batch.targets.flags.writeable for batch in kept)


# --- orders of one's own -------------------------------------------------------------------------


@given(sizes, batch_sizes)
def test_batches_in_order_are_the_samples_as_they_stand(count: int, size: int) -> None:
    batches = nn.batches_in_order(numbered(count), size, nn.Key(0))
    assert seen(batches) == list(range(count))
    assert [batch.key for batch in batches] == list(nn.Key(0).split(len(batches)))
    assert seen(batches[1:]) == list(range(count))[size:]


def test_batches_in_order_are_views() -> None:
    data = numbered(10)
    batch = nn.batches_in_order(data, 4, nn.Key(0))[1]
    rows = data.inputs
    assert isinstance(rows, nn.Rows)
    assert np.shares_memory(batch.inputs, rows.array)
    assert not batch.inputs.flags.writeable


def test_an_order_of_ones_own_may_leave_out_and_repeat() -> None:
    order: Indices = np.array([3, 3, 0, 4])
    batches = nn.arranged_batches(numbered(5), 3, nn.Key(0), order)
    assert [batch.targets.tolist() for batch in batches] == [[3, 3, 0], [4]]
    order[0] = 1
    assert seen(batches) == [3, 3, 0, 4]
    for code in ("u1", "i2", ">i8", "u8"):
        other: Indices = np.array([2, 1], np.dtype(code))
        assert seen(nn.arranged_batches(numbered(5), 1, nn.Key(0), other)) == [2, 1]


# --- data sets -----------------------------------------------------------------------------------


def test_a_selection_is_a_data_set_of_these_samples_in_this_order() -> None:
    part = numbered(10).select(np.array([7, 2, 2]))
    assert len(part) == 3
    assert seen(nn.batches_in_order(part, 2, nn.Key(0))) == [7, 2, 2]
    assert seen(nn.batches_in_order(part.select(np.array([0])), 2, nn.Key(0))) == [7]


def test_a_data_set_does_not_see_what_becomes_of_the_arrays_it_was_made_of() -> None:
    inputs: Matrix = np.ones((2, 2))
    labels: Labels = np.array([0, 1])
    data = nn.dataset(inputs, labels)
    inputs[...], labels[...] = 9.0, 9
    batch = nn.batches_in_order(data, 2, nn.Key(0))[0]
    assert batch.inputs.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert batch.targets.tolist() == [0, 1]


def test_data_sets_and_batches_print_what_they_hold() -> None:
    data = numbered(10)
    assert repr(data) == "<10 samples of (2,) with targets ()>"
    batches = nn.batches_in_order(data, 4, nn.Key(0))
    assert repr(batches) == "<3 batches of 4 from <10 samples of (2,) with targets ()>>"
