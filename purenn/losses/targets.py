"""Targets as rows: integer labels become one-hot rows, and soft rows are checked."""

from __future__ import annotations

from typing import TypeGuard

import numpy as np

from purenn.arrays import Labels, Matrix, require_float
from purenn.errors import DataError, DtypeError, LabelError, ShapeError
from purenn.kernels.constants import unit_rows
from purenn.kernels.gather import take_rows

# How far from 1 the sum of a soft row may be: float32 rounding over some thousands of classes.
SUM_TOLERANCE = 1e-3


def is_labels(target: object) -> TypeGuard[Labels]:
    """Whether a target is a vector, and so one label for each sample."""
    return isinstance(target, np.ndarray) and target.ndim == 1


def require_same_shape(name: str, prediction: Matrix, target: Matrix | Labels) -> None:
    """Check that prediction and target are matrices of one shape and one float dtype.

    Raises:
        ShapeError: their shapes differ, or they are no matrices, or they are empty.
        DtypeError: their dtypes differ, or are no floats.
    """
    require_float(f"{name}, given the prediction,", prediction, 2)
    require_float(f"{name}, given the target,", target, 2)
    if prediction.shape != target.shape:
        raise ShapeError(
            name, f"has predictions {prediction.shape} and targets {target.shape}: they must match."
        )
    if prediction.dtype != target.dtype:
        raise DtypeError(
            name,
            f"has predictions {prediction.dtype} and targets {target.dtype}. "
            f"Convert one of them, for example with target.astype(np.{prediction.dtype}).",
        )
    if not prediction.size:
        raise ShapeError(name, f"has nothing to average: its prediction is {prediction.shape}.")


def require_labels(name: str, labels: Labels, samples: int, classes: int) -> None:
    """Check that there is a label for each sample and that each names a class.

    Raises:
        DtypeError: the labels are no integers.
        ShapeError: they are no vector of one label for each sample, or there is none.
        LabelError: one is negative or too large.
    """
    if labels.dtype.kind not in "iu" or type(labels) is not np.ndarray:
        raise DtypeError(
            name,
            f"takes integer labels (samples,) or rows of probabilities (samples, {classes}), and "
            f"a {labels.dtype} {type(labels).__name__} {labels.shape} came.",
        )
    if labels.shape != (samples,) or not samples:
        raise ShapeError(
            name, f"has {samples} predictions and labels {labels.shape}: one each is needed."
        )
    if np.maximum.reduce(labels) >= classes or np.minimum.reduce(labels) < 0:
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        raise LabelError(
            f"{name} has {classes} classes, so labels go from 0 to {classes - 1}, and {wrong} came."
        )


def class_rows(name: str, prediction: Matrix, target: Matrix | Labels) -> Matrix:
    """Targets of a classifier as rows of probabilities, in the prediction's dtype.

    Raises:
        ShapeError, DtypeError, LabelError: the target does not fit the prediction.
        DataError: a soft row is no distribution.
    """
    if is_labels(target):
        require_float(f"{name}, given the prediction,", prediction, 2)
        samples, classes = prediction.shape
        require_labels(name, target, samples, classes)
        return take_rows(unit_rows(classes, prediction.dtype), target)
    rows = soft_rows(name, prediction, target)
    sums = rows.sum(axis=1)
    wrong = np.flatnonzero(abs(sums - 1.0) > SUM_TOLERANCE)
    if wrong.size:
        raise DataError(
            f"{name} takes rows of probabilities, and target row {wrong[0]} sums to "
            f"{sums[wrong[0]]:.6g}. Divide each row by its sum."
        )
    return rows


def binary_rows(name: str, prediction: Matrix, target: Matrix | Labels) -> Matrix:
    """Targets of independent yes-or-no outputs: probabilities like the prediction, or labels 0, 1.

    Labels (samples,) go with predictions of one column.

    Raises:
        ShapeError, DtypeError, LabelError: the target does not fit the prediction.
        DataError: a soft target is no probability.
    """
    if is_labels(target):
        require_float(f"{name}, given the prediction,", prediction, 2)
        samples, outputs = prediction.shape
        if outputs != 1:
            raise ShapeError(
                name, f"takes labels with predictions of one column, and they have {outputs}."
            )
        require_labels(name, target, samples, 2)
        column: Matrix = target.astype(prediction.dtype)[:, np.newaxis]
        return column
    return soft_rows(name, prediction, target)


def soft_rows(name: str, prediction: Matrix, target: Matrix | Labels) -> Matrix:
    """Targets that come as probabilities, checked.

    Raises:
        ShapeError, DtypeError: the target does not fit the prediction.
        DataError: a target is not from 0 to 1.
    """
    require_same_shape(name, prediction, target)
    rows: Matrix = target[:].astype(prediction.dtype, copy=False)
    lowest, highest = np.minimum.reduce(rows, axis=None), np.maximum.reduce(rows, axis=None)
    if not (lowest >= 0.0 and highest <= 1.0):
        raise DataError(
            f"{name} takes targets from 0 to 1, and they go from {lowest:.6g} to {highest:.6g}."
        )
    return rows
