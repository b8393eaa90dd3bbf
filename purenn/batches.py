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
from purenn.arrays import Indices, Whole, seal
from purenn.columns import Column, Rows
from purenn.errors import DataError, OptionError
from purenn.keys import Key

X = TypeVar("X", covariant=True)
T = TypeVar("T", covariant=True)
A = TypeVar("A", bound=Whole)
B = TypeVar("B", bound=Whole)


@attrs.frozen(eq=False)
class Batch(Generic[X, T]):
    """What one training step sees: inputs, their targets, and a key of its own."""

    inputs: X
    targets: T
    key: Key


@attrs.frozen(eq=False, repr=False)
class Dataset(Generic[X, T]):
    """Inputs and their targets, sample by sample.

    Raises:
        DataError: there are more of one than of the other.
    """

    inputs: Column[X]
    targets: Column[T]

    def __attrs_post_init__(self) -> None:
        _require_columns(self.inputs, self.targets)
        if len(self.inputs) != len(self.targets):
            raise DataError(
                f"There are {len(self.inputs)} inputs and {len(self.targets)} targets: "
                "each sample needs one of both."
            )

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        return f"<{len(self)} samples of {self.inputs.shape} with targets {self.targets.shape}>"

    def select(self, indices: Indices) -> Dataset[X, T]:
        """The data set of these samples alone, in this order.

        Raises:
            OptionError: an index is no whole number, or names no sample.
        """
        order = checked_order(indices, len(self))
        return Dataset(self.inputs.select(order), self.targets.select(order))


def _require_columns(*columns: object) -> None:
    for column in columns:
        if not isinstance(column, Column):
            raise DataError(
                f"A Dataset takes columns, and an object of class {type(column).__name__} came. "
                "Use dataset(inputs, targets) for arrays."
            )


def dataset(inputs: A, targets: B) -> Dataset[A, B]:
    """A data set of two arrays whose first axes count the samples. Writable arrays are copied.

    Raises:
        DtypeError: one is no array of float32, float64 or integers.
        DataError: one is empty or holds NaN or infinity, or their lengths differ.
    """
    return Dataset(Rows(inputs), Rows(targets))


@attrs.frozen(eq=False, repr=False)
class Batches(Generic[X, T]):
    """A sequence of batches, made as they are read. Batch number i has the key `key.fold_in(i)`.

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
        selection = range(start, stop) if self.order is None else self.order[start:stop]
        return Batch(
            self.dataset.inputs.take(selection),
            self.dataset.targets.take(selection),
            self.key.fold_in(number),
        )


def _batches(
    data: Dataset[X, T], batch_size: int, key: Key, order: Indices | None, samples: int
) -> Batches[X, T]:
    size = checks.count("The batch size", batch_size)
    return Batches(data, size, key, order, range(-(-samples // size)))


def shuffled_batches(data: Dataset[X, T], batch_size: int, key: Key, epoch: int) -> Batches[X, T]:
    """The batches of an epoch: every sample once, in an order drawn for (key, epoch).

    Raises:
        OptionError: the batch size is no whole number of at least 1, or the epoch is negative.
    """
    own = key.fold_in(epoch)
    order = seal(own.generator().permutation(len(data)))
    return _batches(data, batch_size, own, order, len(data))


def batches_in_order(data: Dataset[X, T], batch_size: int, key: Key) -> Batches[X, T]:
    """The samples in the data set's own order, cut into batches without a copy.

    Raises:
        OptionError: the batch size is no whole number of at least 1.
    """
    return _batches(data, batch_size, key, None, len(data))


def arranged_batches(
    data: Dataset[X, T], batch_size: int, key: Key, order: Indices
) -> Batches[X, T]:
    """The samples in an order of one's own, which may leave samples out or repeat them.

    Raises:
        OptionError: the batch size is no whole number of at least 1, or the order is no vector of
            indices of samples.
    """
    checked = checked_order(order, len(data))
    return _batches(data, batch_size, key, checked, len(checked))


def checked_order(order: Indices, samples: int) -> Indices:
    """A vector of indices from 0 to `samples - 1`, read-only.

    Raises:
        OptionError: it is none.
    """
    if type(order) is not np.ndarray:
        raise OptionError(
            f"An order is a NumPy array of indices, and an object of class {type(order).__name__} "
            "came."
        )
    if order.ndim != 1 or order.dtype.kind not in "iu" or not order.size:
        raise OptionError(
            f"An order is a vector of at least one index, and {order.dtype} {order.shape} came."
        )
    if order.max() >= samples or order.min() < 0:
        raise OptionError(
            f"An order of {samples} samples has indices from 0 to {samples - 1}, and these go "
            f"from {order.min()} to {order.max()}."
        )
    return seal(order.astype(np.int64))
