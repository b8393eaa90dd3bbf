"""Predictions for many samples, and measures of them, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeGuard, TypeVar

import numpy as np

from purenn import checks
from purenn.arrays import Array, N, require_array
from purenn.data import Dataset
from purenn.errors import DataError, OptionError
from purenn.kernels.gather import concatenate
from purenn.layers import Layer
from purenn.losses import Loss
from purenn.training.gradient import require_loss_function
from purenn.training.steps import count_samples
from purenn.tree import compose, decompose

P = TypeVar("P")
X = TypeVar("X")
Y = TypeVar("Y")
T = TypeVar("T")


def predict(
    layer: Layer[P, X, N], params: P, inputs: X | Dataset[X, object], batch_size: int = 1024
) -> N:
    """The predictions for all samples, in their order, computed in batches.

    Args:
        layer: the model; it runs in inference mode.
        params: its parameters.
        inputs: an array (or pair of arrays) whose first axis counts the samples, or a data set.
        batch_size: how many samples are held in memory at once.

    Raises:
        OptionError: the batch size is not an integer ≥ 1.
        ShapeError, DtypeError: the model does not take such samples.
        DataError: there are no samples.
    """
    checks.instance("The model", layer, Layer, "Chain layers: linear(8) >> relu().")
    size = checks.integer("The batch size", batch_size)
    parts = [layer.apply(params, batch) for batch in _pieces(inputs, size)]
    if not parts:
        raise DataError("predict: expected at least one sample.")
    return concatenate(parts)


def _pieces(inputs: X | Dataset[X, object], size: int) -> Iterator[X]:
    if isinstance(inputs, Dataset):
        for start in range(0, len(inputs), size):
            yield inputs.inputs.take(range(start, min(start + size, len(inputs))))
        return
    if not isinstance(inputs, tuple | np.ndarray):
        require_array("The inputs", inputs)
    for start in range(0, count_samples(inputs), size):
        yield _cut(inputs, start, start + size)


def _cut(data: X, start: int, stop: int) -> X:
    """These rows of an array, or of each array of a tuple; of a memory map as plain arrays."""
    found, structure = decompose(data, np.ndarray)
    cut = compose(structure, [_plain(leaf[start:stop]) for leaf in found])
    if _is_like(cut, data):
        return cut
    raise OptionError(f"expected arrays, got {checks.described(data)}.")


def _plain(leaf: Array) -> Array:
    return leaf.view(np.ndarray) if isinstance(leaf, np.memmap) else leaf


def _is_like(cut: object, data: X) -> TypeGuard[X]:
    return isinstance(cut, np.ndarray | type(data))  # a memory map becomes a plain array


def evaluate(
    layer: Layer[P, X, Y],
    params: P,
    data: Dataset[X, T] | tuple[X, T],
    measure: Loss[Y, T] | Callable[[Y, T], float],
    batch_size: int = 1024,
) -> float:
    """The mean of a measure over all samples, computed in batches.

    Args:
        layer: the model; it runs in inference mode.
        params: its parameters.
        data: a data set, or a pair of arrays `(inputs, targets)`.
        measure: a loss, or `(prediction, target) -> mean over these samples` such as `accuracy`.
        batch_size: how many samples are held in memory at once.

    Raises:
        OptionError: the batch size is not an integer ≥ 1, or the measure gives no number.
        ShapeError, DtypeError: the model does not take such samples.
        DataError: there are no samples.
    """
    checks.instance("The model", layer, Layer, "Chain layers: linear(8) >> relu().")
    size = checks.integer("The batch size", batch_size)
    require_loss_function(measure)
    mean = measure.mean if isinstance(measure, Loss) else measure
    total, samples = 0.0, 0
    for inputs, targets in _pairs(data, size):
        count = count_samples(targets)
        total += _number(mean(layer.apply(params, inputs), targets)) * count
        samples += count
    if not samples:
        raise DataError("evaluate: expected at least one sample.")
    return total / samples


def _pairs(data: Dataset[X, T] | tuple[X, T], size: int) -> Iterator[tuple[X, T]]:
    if isinstance(data, Dataset):
        for start in range(0, len(data), size):
            rows = range(start, min(start + size, len(data)))
            yield data.inputs.take(rows), data.targets.take(rows)
        return
    if not checks.is_pair(data):
        raise DataError(
            f"expected a data set or a pair (inputs, targets), got {checks.described(data)}."
        )
    inputs, targets = data
    if count_samples(inputs) != count_samples(targets):
        raise DataError(
            f"expected as many inputs as targets, got {count_samples(inputs)} and "
            f"{count_samples(targets)}."
        )
    for start in range(0, count_samples(inputs), size):
        yield _cut(inputs, start, start + size), _cut(targets, start, start + size)


def _number(value: object) -> float:
    if isinstance(value, int | float | np.number | np.bool):
        return float(value)
    raise OptionError(
        f"expected a measure that gives a number, got {checks.described(value)}. "
        "Give a loss of purenn's as it is; of a function of your own return the value alone."
    )
