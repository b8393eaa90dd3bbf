"""Data sets, batches, and the batches of an epoch as a value: a function of key and epoch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from copy import copy
from typing import Generic, Self, TypeVar, overload

import attrs

from purenn import checks
from purenn.arrays import AnyArray, Indices, Mask, Span, W, read_only
from purenn.data.columns import Column, Pair, Rows, T, X, checked_order
from purenn.errors import OptionError
from purenn.keys import Key
from purenn.tree import Node

Arrays = AnyArray | tuple["Arrays", "Arrays"]
V = TypeVar("V")
A = TypeVar("A", bound=Arrays)
B = TypeVar("B", bound=Arrays)


@attrs.frozen(eq=False)
class Batch(Node, Generic[X, T]):
    """What one training step sees: inputs, their targets, and a key of its own."""

    inputs: X
    targets: T
    key: Key


@attrs.frozen(eq=False, repr=False)
class Dataset(Node, Generic[X, T]):
    """A data set: inputs, and as many targets."""

    inputs: Column[X]
    targets: Column[T]

    def __attrs_post_init__(self) -> None:
        Pair(self.inputs, self.targets)  # which checks them

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        return f"<{len(self)} samples of {self.inputs.shape} with targets {self.targets.shape}>"

    @property
    def example(self) -> X:
        """The inputs of the first sample as a batch of one, for `init` of a model."""
        return self.inputs.take(range(1))

    def select(self, indices: Indices | Mask) -> Dataset[X, T]:
        """The data set of the samples at these indices, in this order, or where a mask is true."""
        return Dataset(self.inputs.select(indices), self.targets.select(indices))


@overload
def dataset(inputs: A, targets: B) -> Dataset[A, B]: ...
@overload
def dataset(inputs: Column[V], targets: B) -> Dataset[V, B]: ...
@overload
def dataset(inputs: A, targets: Column[W]) -> Dataset[A, W]: ...
@overload
def dataset(inputs: Column[V], targets: Column[W]) -> Dataset[V, W]: ...
def dataset(
    inputs: Arrays | Column[object], targets: Arrays | Column[object]
) -> Dataset[object, object]:
    """A data set of arrays whose first axes count the samples. Writable arrays are copied.

    Arrays are of finite float32 or float64, or of integers, and not empty.

    Args:
        inputs: an array, a pair for a model of two inputs, or a column; pairs may hold pairs.
        targets: an array, a pair such as `(targets, weights)`, or a column.
    """
    made: dict[int, Rows[AnyArray]] = {}
    return Dataset(_column(inputs, made), _column(targets, made))


def _column(data: Arrays | Column[object], made: dict[int, Rows[AnyArray]]) -> Column[object]:
    if isinstance(data, Column):
        return data
    if isinstance(data, tuple) and len(data) == 2:
        return Pair(_column(data[0], made), _column(data[1], made))
    if id(data) not in made:  # or an autoencoder's images would be copied twice
        made[id(data)] = Rows(data)
    return made[id(data)]


class Numbered(Node, ABC, Generic[X, T]):
    """A sequence of batches, made as they are read, which can be iterated, indexed and sliced."""

    __slots__ = ()

    numbers: range  # no field here: pyright would take it for the first of those that inherit it

    @abstractmethod
    def _make(self, number: int) -> Batch[X, T]: ...

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Batch[X, T]]:
        return map(self._make, self.numbers)

    @overload
    def __getitem__(self, index: int) -> Batch[X, T]: ...
    @overload
    def __getitem__(self, index: Span) -> Self: ...
    def __getitem__(self, index: int | Span) -> Batch[X, T] | Self:
        if isinstance(index, slice):
            part = copy(self)
            object.__setattr__(part, "numbers", self.numbers[index])
            return part
        return self._make(self.numbers[index])


@attrs.frozen(eq=False, repr=False)
class Batches(Numbered[X, T]):
    """The batches of a data set, made as they are read; the last may have fewer samples.

    Batch i has the key `key.child("batch", i)`. `order` has the indices of the samples, or is None
    for the data set's own order. `batches[position:]` goes on in the middle of an epoch.
    """

    dataset: Dataset[X, T]
    batch_size: int
    key: Key
    order: Indices | None
    numbers: range = attrs.field(validator=checks.of(range))

    def __attrs_post_init__(self) -> None:
        require_data(self.dataset, self.key)
        object.__setattr__(self, "batch_size", checks.integer("The batch size", self.batch_size))
        if self.order is not None:
            object.__setattr__(self, "order", checked_order(self.order, len(self.dataset)))
        known = _numbers(self.dataset, self.batch_size, self.order)
        if not all(number in known for number in (*self.numbers[:1], *self.numbers[-1:])):
            expected = f"expected some of {known}, as there are so many batches"
            raise OptionError(f"The numbers of Batches: {expected}, got {self.numbers}.")

    def __repr__(self) -> str:
        return f"<{len(self)} batches of {self.batch_size} from {self.dataset!r}>"

    def _make(self, number: int) -> Batch[X, T]:
        rows = slice(number * self.batch_size, (number + 1) * self.batch_size)
        data, order = self.dataset, self.order
        selection = range(len(data))[rows] if order is None else order[rows]
        key = self.key.child("batch", number)
        return Batch(data.inputs.take(selection), data.targets.take(selection), key)


def shuffled_batches(data: Dataset[X, T], batch_size: int, key: Key, epoch: int) -> Batches[X, T]:
    """The batches of an epoch: every sample once, in an order drawn for (key, epoch)."""
    require_data(data, key)
    own = key.child("epoch", checks.integer("The epoch", epoch, 0))
    return _batches(data, batch_size, own, read_only(own.generator().permutation(len(data))))


def batches_in_order(data: Dataset[X, T], batch_size: int, key: Key) -> Batches[X, T]:
    """The batches of all samples in the data set's own order, without a copy.

    The key is that of the epoch, as in `arranged_batches`.
    """
    require_data(data, key)
    return _batches(data, batch_size, key, None)


def arranged_batches(
    data: Dataset[X, T], batch_size: int, key: Key, order: Indices | Mask
) -> Batches[X, T]:
    """Batches of the samples at these indices, which may omit or repeat some, or of a mask.

    The key is that of the epoch, such as `key.child("epoch", 3)`: with one key for all epochs,
    dropout and augmentation would draw the same numbers in each.
    """
    require_data(data, key)
    return _batches(data, batch_size, key, checked_order(order, len(data)))


def require_data(data: object, key: object) -> None:
    """Check that arguments are a data set and a key."""
    checks.instance("The data", data, Dataset)
    checks.instance("The key", key, Key)


def _batches(data: Dataset[X, T], size: int, key: Key, order: Indices | None) -> Batches[X, T]:
    size = checks.integer("The batch size", size)
    return Batches(data, size, key, order, _numbers(data, size, order))


def _numbers(data: Dataset[X, T], size: int, order: Indices | None) -> range:
    """The numbers of all batches of that size."""
    return range(-(-len(data if order is None else order) // size))
