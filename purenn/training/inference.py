"""Predictions for many samples, and measures of them, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import nan
from typing import TypeGuard

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import Array, P, T, X, Y
from purenn.data import Column, Dataset, Pair
from purenn.data.columns import require_any
from purenn.errors import DataError, OptionError, ShapeError
from purenn.kernels.gather import concatenate
from purenn.layers import Layer
from purenn.losses import Loss
from purenn.training._logits import LOGITS, call_of, require_logits
from purenn.training.gradient import require_loss_function
from purenn.training.metrics import binary_accuracy, counted
from purenn.tree import compose, compose_like, decompose

OF_LOGITS = binary_accuracy(0.0)  # probabilities are all on one side of this threshold


@np.errstate(under="ignore")
def predict(
    model: Layer[P, X, Y],
    params: P,
    inputs: X | Column[X] | Dataset[X, object],
    batch_size: int = 1024,
) -> Y:
    """The predictions for all samples, in order, computed batch by batch in inference mode.

    The inputs are an array (or a pair of arrays) whose first axis counts the samples, at least one,
    a column of them, or a data set. `batch_size` samples are computed at a time. Several outputs,
    such as those of `branches`, come as a tuple of arrays.

    Raises:
        DataError: there is no sample, or arrays have different numbers of samples.
    """
    checks.instance("The model", model, Layer)
    source: X | Column[X] = inputs.inputs if isinstance(inputs, Dataset) else inputs
    parts = [model.apply(params, batch) for batch in _batches(source, batch_size)]
    taken = [decompose(part, np.ndarray) for part in parts]
    joined = map(_joined, zip(*[outputs for outputs, _ in taken], strict=True))
    return compose_like(parts[0], taken[0][1], joined)


def _joined(parts: tuple[Array, ...]) -> Array:
    """The outputs of all batches, one below the other."""
    shapes = dict.fromkeys(part.shape[1:] for part in parts)
    if len(shapes) > 1:  # of a column of one's own
        expected, got = "samples of one shape from all batches", " and ".join(map(str, shapes))
        raise ShapeError("predict", f"expected {expected}, got {got}. Predict batch by batch.")
    return concatenate(parts)


@np.errstate(under="ignore")
def evaluate(
    model: Layer[P, X, Y],
    params: P,
    data: Dataset[X, T] | tuple[X, T],
    measure: Loss[Y, T] | Callable[[Y, T], float],
    batch_size: int = 1024,
) -> float:
    """The mean of a measure over all samples that count, in inference mode; NaN if none does.

    Args:
        data: a data set, or a pair of arrays `(inputs, targets)` of one length.
        measure: a loss, or `(prediction, target) -> mean over these samples` such as `accuracy`;
            `measure_ignoring(accuracy, -1)` leaves out the unlabeled.
        batch_size: as in `predict`.

    Raises:
        OptionError: the measure gives no number, or takes logits where the model gives
            probabilities.
        DataError: as in `predict`, or the data are neither a data set nor a pair.
    """
    checks.instance("The model", model, Layer)
    if not isinstance(data, Dataset) and not checks.is_pair(data):
        got = checks.described(data)
        raise DataError(f"The data: expected a data set or a pair (inputs, targets), got {got}.")
    require_loss_function("The measure", measure, "Give accuracy or mean_squared_error(), say.")
    require_logits(model, measure)
    if measure == OF_LOGITS and call_of(model).maker in LOGITS:
        problem = f"{measure!r} takes logits, the model gives probabilities"
        raise OptionError(f"The measure: {problem}. Take binary_accuracy(0.5).")
    mean = measure.mean if isinstance(measure, Loss) else measure
    source = Pair(data.inputs, data.targets) if isinstance(data, Dataset) else data
    total, samples = 0.0, 0
    for inputs, targets in _batches(source, batch_size):
        if count := counted(measure, targets):
            total += _number(mean(model.apply(params, inputs), targets)) * count
            samples += count
    return total / samples if samples else nan


def _batches(data: X | Column[X], batch_size: int) -> Iterator[X]:
    """The rows of a column, of an array or of all arrays of a tuple, batch by batch."""
    size = checks.integer("The batch size", batch_size)
    if isinstance(data, Column):
        yield from data.pieces(size)
        return
    for part in data if isinstance(data, tuple) else (data,):
        is_tree = isinstance(data, tuple) and (isinstance(part, tuple) or attrs.has(type(part)))
        if not is_tree and not isinstance(part, np.ndarray):
            require_any("The data", part)
    arrays, structure = decompose(data, np.ndarray)
    plain = [array.view(np.ndarray) if isinstance(array, np.memmap) else array for array in arrays]
    lengths = [len(array) if array.ndim else 0 for array in arrays]
    if len({*lengths}) != 1 or 0 in lengths:
        expected = "expected arrays with the same number of samples, at least 1"
        got = " and ".join(map(str, lengths)) or "no array"
        raise DataError(f"The data: {expected}, got {got}.")
    for start in range(0, lengths[0], size):
        rows = [array[start : start + size] for array in plain]
        # Sums depend on the order of memory, which is not to show in what is predicted.
        batch = compose(structure, [x if x.flags.c_contiguous else x.copy() for x in rows])
        if _is_like(batch, data):
            yield batch


def _is_like(batch: object, data: X) -> TypeGuard[X]:
    return isinstance(batch, np.ndarray | type(data))  # a memory map becomes a plain array


def _number(value: object) -> float:
    if isinstance(value, int | float | np.integer | np.floating | np.bool):
        return float(value)
    cure = "Give purenn's losses as they are; a function of your own returns the value alone."
    got = checks.described(value)
    raise OptionError(f"The measure: expected one that gives a number, got {got}. {cure}")
