"""Data sets, batches, and the batches of an epoch as a value.

The batches of an epoch are a function of the key and the epoch's number alone. They are a
sequence whose items are made when they are read: it can be iterated, indexed and sliced, so that
a run goes on in the middle of an epoch with `batches[position:]`. The last, smaller batch is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar, overload

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import AnyArray, Indices, N, read_only, require_array
from purenn.data.columns import Column, Pair, Rows, require_equal_length
from purenn.data.orders import checked_order, is_order
from purenn.keys import Key
from purenn.tree import Node

X = TypeVar("X", covariant=True)
T = TypeVar("T", covariant=True)
V = TypeVar("V")
W = TypeVar("W")
M = TypeVar("M", bound=AnyArray)
B = TypeVar("B", bound=AnyArray)
C = TypeVar("C", bound=AnyArray)


@attrs.frozen(eq=False)
class Batch(Generic[X, T]):
    """What one training step sees: inputs, their targets, and a key of its own."""

    inputs: X
    targets: T
    key: Key


@attrs.frozen(eq=False, repr=False)
class Dataset(Node, Generic[X, T]):
    """Inputs and their targets, sample by sample.

    Raises:
        DataError: there are more of one than of the other.
    """

    inputs: Column[X]
    targets: Column[T]

    def __attrs_post_init__(self) -> None:
        require_equal_length("the inputs", self.inputs, "the targets", self.targets)

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        return f"<{len(self)} samples of {self.inputs.shape} with targets {self.targets.shape}>"

    @property
    def example(self) -> X:
        """The inputs of the first sample, a batch of one: what `init` of a model looks at."""
        return self.inputs.take(range(1))

    def select(self, indices: Indices) -> Dataset[X, T]:
        """The data set of these samples alone, in this order.

        Args:
            indices: integers from 0 to the number of samples - 1, or a mask: one bool a sample.

        Raises:
            OptionError: an index is out of range, or no sample is left.
        """
        order = checked_order(indices, len(self))
        return Dataset(self.inputs.select(order), self.targets.select(order))


@overload
def column(data: Column[V]) -> Column[V]: ...
@overload
def column(data: tuple[M, B]) -> Pair[M, B]: ...
@overload
def column(data: N) -> Rows[N]: ...
def column(data: object) -> object:
    """An array as a column, a pair of arrays as a pair; a column as it is."""
    if isinstance(data, Column):
        return data
    if isinstance(data, tuple) and len(data) == 2:
        return Pair(column(data[0]), column(data[1]))
    if isinstance(data, np.ndarray):
        return Rows(data)
    require_array("A data set", data)
    return data


@overload
def dataset(inputs: M, targets: B) -> Dataset[M, B]: ...
@overload
def dataset(inputs: M, targets: tuple[N, B]) -> Dataset[M, tuple[N, B]]: ...
@overload
def dataset(inputs: tuple[N, M], targets: B) -> Dataset[tuple[N, M], B]: ...
@overload
def dataset(inputs: tuple[N, M], targets: tuple[B, C]) -> Dataset[tuple[N, M], tuple[B, C]]: ...
@overload
def dataset(inputs: Column[V], targets: B) -> Dataset[V, B]: ...
@overload
def dataset(inputs: Column[V], targets: Column[W]) -> Dataset[V, W]: ...
def dataset(inputs: object, targets: object) -> object:
    """A data set of arrays whose first axes count the samples. Writable arrays are copied.

    Args:
        inputs: an array, a pair of arrays for a model of two inputs, or a column.
        targets: an array, a pair `(targets, weights)`, or a column.

    Raises:
        DtypeError: one is not an array of float32, float64 or integers.
        DataError: one is empty or has NaN or infinity, or their lengths differ.
    """
    return Dataset(column(inputs), column(targets))


@attrs.frozen(eq=False, repr=False)
class Batches(Generic[X, T]):
    """A sequence of batches, made as they are read. Batch i has the key `key.child("batch", i)`.

    Args:
        dataset: where the samples come from.
        batch_size: how many there are in a batch; fewer in the last.
        key: the parent of the batches' keys.
        order: the order of the samples, or None for that of the data set.
        numbers: which batches of the whole there are in this sequence.
    """

    dataset: Dataset[X, T]
    batch_size: int
    key: Key
    order: Indices | None
    numbers: range

    def __attrs_post_init__(self) -> None:
        _require(self.dataset, self.key)
        checks.integer("The batch size", self.batch_size)
        checks.instance("The numbers of batches", self.numbers, range, "")
        if self.order is not None and not is_order(self.order, len(self.dataset)):
            checked_order(self.order, len(self.dataset))

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Batch[X, T]]:
        return map(self._make, self.numbers)

    @overload
    def __getitem__(self, index: int) -> Batch[X, T]: ...
    @overload
    def __getitem__(self, index: slice[int | None, int | None, int | None]) -> Batches[X, T]: ...
    def __getitem__(
        self, index: int | slice[int | None, int | None, int | None]
    ) -> Batch[X, T] | Batches[X, T]:
        if isinstance(index, slice):
            return attrs.evolve(self, numbers=self.numbers[index])
        return self._make(self.numbers[index])

    def __repr__(self) -> str:
        return f"<{len(self)} batches of {self.batch_size} from {self.dataset!r}>"

    def _make(self, number: int) -> Batch[X, T]:
        start, stop = number * self.batch_size, (number + 1) * self.batch_size
        if self.order is None:
            selection: Indices | range = range(start, min(stop, len(self.dataset)))
        else:
            selection = self.order[start:stop]
        return Batch(
            self.dataset.inputs.take(selection),
            self.dataset.targets.take(selection),
            self.key.child("batch", number),
        )


def _batches(
    data: Dataset[X, T], batch_size: int, key: Key, order: Indices | None, samples: int
) -> Batches[X, T]:
    size = checks.integer("The batch size", batch_size)
    return Batches(data, size, key, order, range(-(-samples // size)))


def _require(data: object, key: object) -> None:
    advice = "Make one with dataset(inputs, targets)."
    checks.instance("The data of batches", data, Dataset, advice)
    checks.instance("The key of batches", key, Key, "Give Key(0), say.")


def shuffled_batches(data: Dataset[X, T], batch_size: int, key: Key, epoch: int) -> Batches[X, T]:
    """The batches of an epoch: every sample once, in an order drawn for (key, epoch).

    Raises:
        OptionError: the batch size is not an integer ≥ 1, or the epoch is negative.
    """
    _require(data, key)
    own = key.child("epoch", checks.integer("The epoch", epoch, 0))
    order = read_only(own.generator().permutation(len(data)))
    return _batches(data, batch_size, own, order, len(data))


def batches_in_order(data: Dataset[X, T], batch_size: int, key: Key) -> Batches[X, T]:
    """The samples in the data set's own order, cut into batches without a copy.

    Raises:
        OptionError: the batch size is not an integer ≥ 1.
    """
    _require(data, key)
    return _batches(data, batch_size, key, None, len(data))


def arranged_batches(
    data: Dataset[X, T], batch_size: int, key: Key, order: Indices
) -> Batches[X, T]:
    """The samples in an order of one's own, which may leave samples out or repeat them.

    Raises:
        OptionError: the batch size is not an integer ≥ 1, or the order is not a vector of indices.
    """
    _require(data, key)
    checked = checked_order(order, len(data))
    return _batches(data, batch_size, key, checked, len(checked))
