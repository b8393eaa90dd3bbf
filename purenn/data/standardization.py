"""Features with mean 0 and standard deviation 1, as estimated from the training part."""

from __future__ import annotations

from typing import Generic

import attrs
import numpy as np

from purenn import checks
from purenn.array_checks import require_floats
from purenn.arrays import FLOAT64, A, Array, immutable
from purenn.data.columns import Column, Rows, Selection
from purenn.errors import DataError, DtypeError, ShapeError
from purenn.kernels.elementwise import scalar, standardize, times_plus
from purenn.tree import Node

PIECE = 2**17  # elements that are looked at together


def _statistic(array: Array) -> Array:
    require_floats("Standardization", array, 0)
    return immutable(array)


@attrs.frozen(eq=False)
class Standardization(Node):
    """The function `(x - mean) / deviation`, which a call computes, and its inverse.

    It is a tree, which `save` and `load` take. There is a mean and a deviation above 0 for each
    feature, or for each channel: their axes are the last ones of a batch.
    """

    mean: Array = attrs.field(converter=_statistic)
    deviation: Array = attrs.field(converter=_statistic)

    def __attrs_post_init__(self) -> None:
        subject, mean, deviation = "Standardization", self.mean, self.deviation
        if mean.shape != deviation.shape:
            got = f"{mean.shape} and {deviation.shape}"
            raise ShapeError(subject, f"expected statistics of one shape, got {got}.")
        if mean.dtype != deviation.dtype:
            got = f"{mean.dtype} and {deviation.dtype}"
            raise DtypeError(subject, f"expected statistics of one dtype, got {got}.")
        if not (np.isfinite(mean) & np.isfinite(deviation) & (deviation > 0)).all():
            raise DataError(f"{subject}: expected finite means and deviations above 0.")

    def __call__(self, x: A) -> A:
        """The batch, standardized."""
        self._require(x)
        return standardize(x, self.mean, self.deviation)

    def inverse(self, y: A) -> A:
        """Standardized values, such as predictions of standardized targets, in original units."""
        self._require(y)
        return times_plus(y, self.deviation, self.mean)

    def _require(self, x: Array) -> None:
        subject, shape = "Standardization", self.mean.shape
        require_floats(subject, x)
        if x.dtype != self.mean.dtype:
            cure = f"Convert it with x.astype(np.{self.mean.dtype})."
            raise DtypeError(subject, f"expected {self.mean.dtype}, got {x.dtype}. {cure}")
        if x.ndim <= len(shape) or x.shape[x.ndim - len(shape) :] != shape:
            expected = f"a batch whose last axes are {shape}"
            raise ShapeError(subject, f"expected {expected}, got {x.shape}.")


def standardization(data: A | Column[A], *, channels: bool = False) -> Standardization:
    """Fit a `Standardization`: means and standard deviations of features over all samples.

    Constant features get deviation 1, and so become 0. Columns are read in pieces, so that a memory
    map need not fit into memory; sums are in float64.

    >>> import numpy as np
    >>> fit = standardization(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> fit(np.array([[5.0, 6.0]])).tolist()
    [[3.0, 1.0]]

    Args:
        data: an array or column of floats, of the training part alone, whose differences from their
            means are finite.
        channels: one mean and deviation for each index of the last axis, as is usual for images,
            instead of one for each feature of a sample.
    """
    checks.instance("The channels of standardization", channels, bool)
    column: Column[A] = data if isinstance(data, Column) else Rows(data)
    first = column.take(range(1))
    require_floats("standardization", first, 2 if channels else 1)
    axes = tuple(range(first.ndim - 1)) if channels else (0,)
    shape = first.shape[len(axes) :]
    mean, deviation = _statistics(column, first, axes)
    return Standardization(mean.reshape(shape), deviation.reshape(shape))


@np.errstate(under="ignore")
def _statistics(column: Column[A], first: A, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """The mean and the deviation of each feature, which is 1 if it is constant."""
    low = high = first.min(axis=axes, keepdims=True)
    step = max(1, PIECE // first.size)
    for x in column.pieces(step):
        low = np.minimum(low, x.min(axis=axes, keepdims=True))
        high = np.maximum(high, x.max(axis=axes, keepdims=True))
    # In units of about the largest, no square overflows, and none of a small feature vanishes. A
    # power of two rounds nothing, which differences of large numbers would show.
    _, exponents = np.frexp(np.maximum(np.abs(low), np.abs(high)))
    unit = np.ldexp(FLOAT64.type(1.0), exponents - 1)
    count = len(column) * first.size // unit.size
    # Sums of differences, or a large mean would be wrong by more than the deviation.
    start = low / unit
    rests = (x / unit - start for x in column.pieces(step))
    mean = start + sum(rest.sum(axis=axes, keepdims=True) for rest in rests) / count
    farthest = np.maximum(high / unit - mean, mean - start)
    if (farthest * (0.5 * unit) > 0.5 * np.finfo(first.dtype).max).any():
        expected = f"expected features that, less their mean, are finite in {first.dtype}"
        got = f"got from {low.min()} to {high.max()}. Divide them by a number first."
        raise DataError(f"standardization: {expected}, {got}")
    squares = (np.square(x / unit - mean) for x in column.pieces(step))
    variance = sum(square.sum(axis=axes, keepdims=True) for square in squares) / count
    deviation = (unit * np.sqrt(variance)).astype(first.dtype)
    is_constant = (low == high) | (deviation < np.finfo(first.dtype).tiny)
    return (
        # Which of 0 and -0 is less is up to the processor.
        np.where(low == high, low + 0.0, (unit * mean).astype(first.dtype)),
        np.where(is_constant, scalar(1.0, first.dtype), deviation),
    )


@attrs.frozen(eq=False, repr=False)
class Standardized(Node, Column[A], Generic[A]):
    """A column that is standardized batch by batch, as it is read."""

    column: Column[A] = attrs.field(validator=checks.of(Column))
    fit: Standardization = attrs.field(validator=checks.of(Standardization))

    def __attrs_post_init__(self) -> None:
        self.take(range(1))  # which checks that they go together

    def __len__(self) -> int:
        return len(self.column)

    def take(self, selection: Selection) -> A:
        """These rows, standardized."""
        return self.fit(self.column.take(selection))
