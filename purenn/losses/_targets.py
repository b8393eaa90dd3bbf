"""Checks of predictions and targets: each message says what the loss takes."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from purenn import array_checks, arrays, checks
from purenn.arrays import FLOATS, AnyArray, Labels, Matrix, N, is_labels, typed_like
from purenn.errors import DataError, DtypeError, LabelError, ShapeError

L = TypeVar("L", bound=Matrix | Labels)  # the targets of a classifier

# How far from 1 the sum of a row of probabilities may be: float32 rounding over some thousands.
SUM_TOLERANCE = 1e-3

CURE = "at the end of the model, or take a loss of logits."
OUTPUTS = "Give the model an output for each class, or take a binary loss or measure."
FLATTEN = " Put flatten() at the end of the model, and flatten targets too."


def require_matrix(name: str, prediction: Matrix, cure: str = "") -> None:
    """Check that a prediction is a matrix of floats, and not empty; the cure is for images."""
    array_checks.require_floats(name, prediction)
    if prediction.ndim != 2 or not prediction.size:
        expected = "a prediction of shape (samples, outputs), none of them 0"
        got = f"{prediction.shape}.{cure * (prediction.ndim > 2)}"
        raise ShapeError(name, f"expected {expected}, got {got}")


def ends(weights: tuple[float, ...]) -> tuple[float, ...]:
    """The least weight but 0, and the largest: where these fit a dtype, all do."""
    present = tuple(filter(None, weights))
    return (min(present), max(present)) if present else ()


def require_same_shape(name: str, prediction: N, target: object) -> N:
    """The target, if it is like its prediction, in shape and dtype."""
    y, t = array_checks.require_array(name, prediction), array_checks.require_array(name, target)
    if y.shape != t.shape:
        cure = " Add an axis: target[..., np.newaxis]." if y.shape == (*t.shape, 1) else ""
        if y.ndim == 2 and t.shape == y.shape[:1] and t.dtype.kind in "iu" and not cure:
            cure = " Labels go with losses and measures of classes: softmax_cross_entropy(), say."
        raise ShapeError(name, f"expected targets of shape {y.shape}, got {t.shape}.{cure}")
    if y.dtype not in FLOATS or y.dtype != t.dtype:
        kind = y.dtype if y.dtype in FLOATS else arrays.FLOAT32
        what = "one of them" if {y.dtype, t.dtype} & {*FLOATS} else "both"
        cure = f" Convert {what}, for example with target.astype(np.{kind})."
        got = f"{y.dtype} and {t.dtype}.{cure * (t.dtype.kind != 'c')}"
        raise DtypeError(name, f"expected predictions and targets of one float dtype, got {got}")
    if not y.ndim or not y.size:
        raise ShapeError(name, f"expected at least one sample, got the shape {y.shape}.")
    return typed_like(t, prediction)


def require_labels(name: str, labels: AnyArray, samples: int, classes: int | None) -> None:
    """Check that there is an integer for each sample, the index of a class if their number says."""
    if classes is None:
        array_checks.require_integers(name, labels)
    else:
        array_checks.require_indices(name, labels, classes, f" {OUTPUTS}" * (classes == 1))
    if labels.shape[0] != samples or not samples:
        raise ShapeError(name, f"expected {samples or 'some'} labels, got {labels.shape[0]}.")


def require_class_targets(name: str, prediction: Matrix, target: L) -> L:
    """The target of a classifier, if it is labels, or rows of probabilities like the prediction."""
    found = array_checks.require_array(name, target, "np.int64")
    if found.ndim == 1 or (found.shape[1:] == (1,) and np.shape(prediction)[1:] != (1,)):
        require_matrix(name, prediction)
        require_labels(name, found, *prediction.shape)
    else:
        require_rows(name, prediction, found)
    return target


def require_rows(name: str, prediction: Matrix, target: object) -> Matrix:
    """The target, if it is rows of probabilities like the prediction."""
    require_matrix(name, prediction)
    rows = require_same_shape(name, prediction, target)
    require_distributions(name, "target", rows)
    return rows


def require_no_pair(name: str, target: object) -> None:
    """Check that a target comes without the weights of samples, which are for `weighted`."""
    if isinstance(target, tuple):
        got = f"got {checks.described(target)}. Put {name} inside: weighted({name}(...))."
        raise ShapeError(f"{name}(...)", f"expected targets in one array, {got}")


def require_one(name: str, prediction: object, target: object) -> None:
    """Check that neither is a pair: several outputs are for `combined`."""
    if isinstance(prediction, tuple):
        cure = f"Take combined({name}(...), ...), or put concatenate() at the end of the model."
        got = f"got {checks.described(prediction)}. {cure}"
        raise ShapeError(f"{name}(...)", f"expected outputs in one array, {got}")
    require_no_pair(name, target)


def require_binary_targets(name: str, prediction: Matrix, target: Matrix | Labels) -> Matrix:
    """Targets of independent yes-or-no outputs as a matrix: probabilities, or labels 0 and 1.

    Labels (samples,) go with predictions of one column.
    """
    rows = _as_rows(name, prediction, target, 2)
    if not is_labels(target):
        require_probabilities(name, "target", rows)
    return rows


def require_signs(name: str, prediction: Matrix, target: Matrix | Labels) -> Matrix:
    """Targets of -1 and 1 as a matrix, given so, or as 0 and 1, or as labels of one column."""
    rows = _as_rows(name, prediction, target, None)
    low = -1.0 if np.minimum.reduce(rows, axis=None) < 0.0 else 0.0
    wrong = rows[(rows != low) & (rows != 1.0)]
    if wrong.size:
        raise LabelError(f"{name}: expected targets -1 and 1, or 0 and 1, got {wrong[0]:.6g}.")
    return rows if low else 2.0 * rows - 1.0


def _as_rows(name: str, prediction: Matrix, target: Matrix | Labels, classes: int | None) -> Matrix:
    """The target as a matrix like the prediction, of which labels are the only column."""
    require_matrix(name, prediction, FLATTEN)
    if is_labels(target) and prediction.shape[1] == 1 and target.dtype not in FLOATS:
        require_labels(name, target, len(prediction), classes)
        return target.astype(prediction.dtype)[:, np.newaxis]
    return require_same_shape(name, prediction, target)


def require_probabilities(name: str, what: str, found: AnyArray, layer: str = "sigmoid()") -> None:
    """Check that all are from 0 to 1, as outputs of that layer are; predictions may be NaN."""
    lowest, highest = np.minimum.reduce(found, axis=None), np.maximum.reduce(found, axis=None)
    if what == "target" and np.isnan(lowest):
        raise DataError(f"{name}: expected probabilities as targets, got NaN.")
    if lowest < 0.0 or highest > 1.0:
        cure = f" Put {layer} {CURE}" if what == "prediction" else ""
        got = f"numbers from {lowest:.6g} to {highest:.6g}"
        raise DataError(f"{name}: expected probabilities as {what}s, got {got}.{cure}")


def require_distributions(name: str, what: str, rows: Matrix) -> None:
    """Check that all elements are from 0 to 1, and that each row sums to 1."""
    require_probabilities(name, what, rows, "softmax()")
    sums = rows.sum(axis=1)
    wrong = np.flatnonzero(abs(sums - 1.0) > SUM_TOLERANCE)
    if wrong.size:
        cure = f"Put softmax() {CURE}" if what == "prediction" else "Divide each row by its sum."
        cure = OUTPUTS if rows.shape[1] == 1 else cure
        got = f"{sums[wrong[0]]:.6g} in row {wrong[0]}"
        raise DataError(f"{name}: expected {what} rows that sum to 1, got {got}. {cure}")
