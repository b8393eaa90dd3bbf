"""What losses and metrics refuse as predictions and targets, and in which words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from refusals import refused

import purenn as nn
from purenn.arrays import Labels, Matrix

X: Matrix = np.ones((2, 3))
LABELS: Labels = np.array([0, 1])
LOGITS: Matrix = np.zeros((2, 3), np.float32)
CLASSIFIERS = [nn.brier(), nn.cross_entropy(), nn.softmax_cross_entropy(reduction="sum")]
BINARY = [nn.binary_cross_entropy(), nn.binary_cross_entropy_with_logits()]

classifiers = pytest.mark.parametrize("loss", CLASSIFIERS, ids=repr)
binary = pytest.mark.parametrize("loss", BINARY, ids=repr)

Classifier = nn.Loss[Matrix, Matrix | Labels]


@classifiers
@pytest.mark.parametrize(
    ("labels", "wrong"),
    [
        (np.array([0, 3]), 3),
        (np.array([-1, 0]), -1),
        (np.array([0, -128], np.int8), -128),
        (np.array([0, 255], np.uint8), 255),
        (np.array([2**63, 0], np.uint64), 2**63),
        (np.array([2**40, 0], ">i8"), 2**40),
    ],
)
def test_labels_out_of_range_are_refused(loss: Classifier, labels: Labels, wrong: int) -> None:
    with refused(
        nn.LabelError, f"{loss} has 3 classes, so labels go from 0 to 2, and {wrong} came."
    ):
        loss(LOGITS, labels)


@classifiers
@pytest.mark.parametrize(
    ("labels", "came"),
    [
        (np.array([0.0, 1.0]), "a float64 ndarray (2,)"),
        (np.array([True, False]), "a bool ndarray (2,)"),
        (np.array([1j, 0]), "a complex128 ndarray (2,)"),
        (np.array([0, 1], object), "a object ndarray (2,)"),
        (np.array(["a", "b"]), "a <U1 ndarray (2,)"),
        (np.ma.masked_array([0, 1], mask=[False, True]), "a int64 MaskedArray (2,)"),
    ],
)
def test_labels_of_another_type_are_refused(loss: Classifier, labels: Labels, came: str) -> None:
    takes = f"{loss} takes integer labels (samples,) or rows of probabilities (samples, 3), and"
    with refused(nn.DtypeError, f"{takes} {came} came."):
        loss(LOGITS, labels)


@classifiers
@pytest.mark.parametrize("count", [0, 1, 3])
def test_labels_for_other_samples_are_refused(loss: Classifier, count: int) -> None:
    labels: Labels = np.zeros(count, np.int64)
    with refused(nn.ShapeError, f"has 2 predictions and labels ({count},): one each is needed."):
        loss(LOGITS, labels)


@classifiers
@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([[1.0, 0.0, 0.0]], nn.DtypeError, "takes a plain NumPy array, and a list came."),
        ([0, 1], nn.DtypeError, "takes a plain NumPy array, and a list came."),
        (
            np.eye(3, dtype=np.float32),
            nn.ShapeError,
            "has predictions (2, 3) and targets (3, 3): they must match.",
        ),
        (
            np.eye(2, 3),
            nn.DtypeError,
            (
                "has predictions float32 and targets float64. "
                "Convert one of them, for example with target.astype(np.float32)."
            ),
        ),
        (
            np.eye(2, 3, dtype=np.int64),
            nn.DtypeError,
            (
                "takes float32 or float64 and its input is int64. "
                "Convert it with x.astype(np.float32)."
            ),
        ),
        (
            np.array([[1.0, 0, 0], [0.5, 0.5, 0.5]], np.float32),
            nn.DataError,
            (
                "takes rows of probabilities, and target row 1 sums to 1.5. "
                "Divide each row by its sum."
            ),
        ),
        (
            np.array([[1.5, -0.5, 0], [1, 0, 0]], np.float32),
            nn.DataError,
            "takes targets from 0 to 1, and they go from -0.5 to 1.5.",
        ),
        (
            np.array([[math.nan, 0, 1], [1, 0, 0]], np.float32),
            nn.DataError,
            "takes targets from 0 to 1, and they go from nan to nan.",
        ),
    ],
)
def test_rows_that_are_no_distributions_like_the_prediction_are_refused(
    loss: Classifier, rows: Matrix, error: type[nn.PurennError], message: str
) -> None:
    with refused(error, message):
        loss(LOGITS, rows)
    with refused(error, message):
        nn.accuracy(LOGITS, rows)


@classifiers
@pytest.mark.parametrize("target", [LABELS, np.eye(2, 3, dtype=np.float32)])
def test_predictions_that_are_no_rows_of_floats_are_refused(
    loss: Classifier, target: Matrix
) -> None:
    for prediction in (np.zeros(2), np.zeros((2, 3, 1)), np.zeros((2, 0))):
        flat: Matrix = prediction.reshape(prediction.shape)
        with pytest.raises(nn.ShapeError, match="given the prediction, takes a"):
            loss(flat, target)
    whole: Matrix = np.zeros((2, 3), np.int64).view(np.float64).astype(">f8")
    with pytest.raises(nn.DtypeError, match="given the prediction, takes float32 or float64"):
        loss(whole, target)


@binary
def test_binary_labels_are_0_and_1_for_one_output(loss: Classifier) -> None:
    column: Matrix = np.full((2, 1), 0.5)
    with refused(nn.LabelError, "has 2 classes, so labels go from 0 to 1, and 2 came."):
        loss(column, np.array([0, 2]))
    with refused(nn.ShapeError, "takes labels with predictions of one column, and they have 3."):
        loss(LOGITS, LABELS)
    with refused(nn.DataError, "takes targets from 0 to 1, and they go from 0 to 2."):
        loss(column, np.array([[0.0], [2.0]]))


@pytest.mark.parametrize("loss", [nn.mean_squared_error(), *CLASSIFIERS, *BINARY], ids=repr)
def test_of_no_samples_there_is_no_loss(loss: nn.Loss[Matrix, Matrix]) -> None:
    none: Matrix = np.zeros((0, 3))
    with refused(nn.ShapeError, f"{loss} has nothing to average: its prediction is (0, 3)."):
        loss(none, none)


@binary
def test_binary_predictions_that_are_no_floats_are_refused(loss: Classifier) -> None:
    for code in ("i8", "f2", ">f8"):
        column: Matrix = np.zeros((2, 1)).astype(np.dtype(code))
        with pytest.raises(nn.DtypeError, match="given the prediction, takes float32 or float64"):
            loss(column, LABELS)


def test_a_squared_error_does_not_broadcast() -> None:
    for shape in ((1, 3), (2, 1), (3, 3)):
        with refused(
            nn.ShapeError,
            f"has predictions (2, 3) and targets {shape}: they must match.",
        ):
            nn.mean_squared_error()(X, np.ones(shape))


def test_a_squared_error_refuses_labels() -> None:
    wrong: Matrix = np.zeros((2, 3), np.int64).astype(np.dtype("i8"))
    with refused(nn.DtypeError, "Convert it with x.astype(np.float32)."):
        nn.mean_squared_error()(X, wrong)
