"""Checks of predictions and targets: each message says what the loss takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from purenn.arrays import (
    Array,
    Labels,
    Matrix,
    is_floats,
    require_array,
    require_integers,
)
from purenn.errors import DataError, DtypeError, LabelError, ShapeError

if TYPE_CHECKING:
    from typing_extensions import TypeIs

# How far from 1 the sum of a row of probabilities may be: float32 rounding over some thousands.
SUM_TOLERANCE = 1e-3


def is_labels(target: object) -> TypeIs[Labels]:
    """Whether a target is a vector, and so one label for each sample."""
    return isinstance(target, np.ndarray) and target.ndim == 1


def require_matrix(name: str, what: str, array: object) -> None:
    """Check that an array is a matrix of floats with at least one row and column."""
    if is_floats(array) and isinstance(array, np.ndarray) and array.ndim == 2 and array.size:
        return
    require_array(name, array)
    if isinstance(array, np.ndarray):
        if not is_floats(array):
            cure = f"{what}.astype(np.float32)"
            raise DtypeError(name, f"expected a {what} of floats, got {array.dtype}. Try {cure}.")
        raise ShapeError(name, f"expected a {what} of shape (samples, outputs), got {array.shape}.")


def require_same_shape(name: str, prediction: Array, target: object) -> None:
    """Check that a target is like its prediction, in shape and dtype."""
    require_array(name, prediction)
    require_array(name, target)
    if not isinstance(target, np.ndarray):
        return
    if prediction.shape != target.shape:
        column = prediction.ndim == 2 and target.ndim == 1 and prediction.shape[1] == 1
        cure = " Add an axis: target[:, np.newaxis]." if column else ""
        raise ShapeError(
            name, f"expected targets of shape {prediction.shape}, got {target.shape}.{cure}"
        )
    if not is_floats(prediction) or prediction.dtype != target.dtype:
        raise DtypeError(
            name,
            f"expected predictions and targets of one float dtype, got {prediction.dtype} and "
            f"{target.dtype}. Convert one of them, for example with target.astype(np.float32).",
        )
    if not prediction.ndim or not prediction.size:
        raise ShapeError(name, f"expected at least one sample, got the shape {prediction.shape}.")


def require_labels(name: str, labels: Labels, samples: int, classes: int) -> None:
    """Check that there is a label for each sample and that each is the index of a class."""
    is_usual = type(labels) is np.ndarray and labels.dtype == np.int64
    # Negative labels are huge as unsigned integers.
    if (
        is_usual
        and labels.shape == (samples,)
        and samples
        and np.maximum.reduce(labels.view(np.uint64)) < classes
    ):
        return
    require_integers(name, labels)
    if labels.shape[0] != samples or not samples:
        raise ShapeError(name, f"expected {samples or 'some'} labels, got {labels.shape[0]}.")
    if np.maximum.reduce(labels) >= classes or np.minimum.reduce(labels) < 0:
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        raise LabelError(
            f"{name}: expected labels from 0 to {classes - 1}, for {classes} classes, got {wrong}."
        )


def require_class_targets(name: str, prediction: Matrix, target: object) -> None:
    """Check the targets of a classifier: labels, or rows of probabilities like the prediction."""
    require_matrix(name, "prediction", prediction)
    if is_labels(target):
        require_labels(name, target, *prediction.shape)
        return
    require_array(name, target, "np.int64")
    if isinstance(target, np.ndarray) and target.dtype.kind in "iub":
        require_integers(name, target)
    require_same_shape(name, prediction, target)
    if isinstance(target, np.ndarray):
        require_distributions(name, "target", target)


def require_binary_targets(name: str, prediction: Matrix, target: object) -> Matrix:
    """Targets of independent yes-or-no outputs as a matrix: probabilities, or labels 0 and 1.

    Labels (samples,) go with predictions of one column.
    """
    require_matrix(name, "prediction", prediction)
    samples, outputs = prediction.shape
    if is_labels(target) and outputs == 1 and target.dtype not in (np.float32, np.float64):
        require_labels(name, target, samples, 2)
        column: Matrix = target.astype(prediction.dtype)[:, np.newaxis]
        return column
    require_same_shape(name, prediction, target)
    require_probabilities(name, "target", target)
    same: Matrix = np.asarray(target)
    return same


def require_probabilities(name: str, what: str, array: object) -> None:
    """Check that all elements are from 0 to 1."""
    if isinstance(array, np.ndarray):
        lowest, highest = np.minimum.reduce(array, axis=None), np.maximum.reduce(array, axis=None)
        if np.isnan(lowest):
            raise DataError(f"{name}: expected probabilities as {what}s, got NaN.")
        if not (lowest >= 0.0 and highest <= 1.0):
            cure = (
                " Put sigmoid() or softmax() at the end of the model, or take the loss of logits."
            )
            raise DataError(
                f"{name}: expected probabilities as {what}s, got numbers from {lowest:.6g} to "
                f"{highest:.6g}.{cure if what == 'prediction' else ''}"
            )


def require_distributions(name: str, what: str, rows: Matrix) -> None:
    """Check that all elements are from 0 to 1, and that each row sums to 1."""
    require_probabilities(name, what, rows)
    sums = rows.sum(axis=1)
    wrong = np.flatnonzero(abs(sums - 1.0) > SUM_TOLERANCE)
    if wrong.size:
        raise DataError(
            f"{name}: expected {what} rows that sum to 1, got {sums[wrong[0]]:.6g} in row "
            f"{wrong[0]}. Divide each row by its sum."
        )
