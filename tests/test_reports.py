"""The reports by class, against values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from purenn.arrays import Labels
from purenn.errors import DtypeError, LabelError, OptionError, ShapeError
from purenn.reports import ClassScores, confusion_matrix, per_class_table

CLASSES = ("bag", "boot", "coat")

# Three bags (two seen, one taken for a boot), one boot (seen), two coats (one taken for a bag).
TARGET: Labels = np.array([0, 0, 0, 1, 2, 2], np.uint8)
PREDICTED: Labels = np.array([0, 0, 1, 1, 0, 2], np.int64)


def test_scores_by_class_are_those_computed_by_hand() -> None:
    bag, boot, coat = per_class_table(PREDICTED, TARGET, CLASSES)
    assert bag == ClassScores("bag", precision=2 / 3, recall=2 / 3, f1=2 / 3, support=3)
    assert boot == ClassScores("boot", precision=0.5, recall=1.0, f1=2 / 3, support=1)
    assert coat == ClassScores("coat", precision=1.0, recall=0.5, f1=2 / 3, support=2)


def test_a_class_that_is_never_predicted_or_never_there_scores_nothing() -> None:
    truth: Labels = np.array([0, 0, 1])
    guess: Labels = np.array([0, 0, 0])
    bag, boot, coat = per_class_table(guess, truth, CLASSES)
    assert bag == ClassScores("bag", precision=2 / 3, recall=1.0, f1=0.8, support=2)
    assert boot == ClassScores("boot", precision=0.0, recall=0.0, f1=0.0, support=1)
    assert coat == ClassScores("coat", precision=0.0, recall=0.0, f1=0.0, support=0)


def test_confusion_matrix_has_the_true_classes_as_rows_and_cannot_be_changed() -> None:
    counts = confusion_matrix(PREDICTED, TARGET, CLASSES)
    assert counts.tolist() == [[2, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert not counts.flags.writeable


def test_confusion_matrix_has_a_row_for_every_class_of_which_there_is_none() -> None:
    one: Labels = np.array([1])
    assert confusion_matrix(one, one, CLASSES).tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("predicted", "target", "error", "message"),
    [
        (
            np.array([0.5, 0.5]),
            np.array([0, 1]),
            DtypeError,
            "given the predicted labels, .* float64 came. Logits become labels by argmax.",
        ),
        ([0, 1], np.array([0, 1]), DtypeError, "takes arrays of integers, and a list came."),
        (
            np.array([0, 1]),
            np.array([[0, 1]]),
            ShapeError,
            r"given the target labels, takes \(samples,\) labels, and the shape \(1, 2\) came.",
        ),
        (
            np.array([], np.int64),
            np.array([], np.int64),
            ShapeError,
            r"takes \(samples,\) labels, and the shape \(0,\) came.",
        ),
        (
            np.array([0, 1, 2]),
            np.array([0, 1]),
            ShapeError,
            "has 3 predicted and 2 target labels: one each is needed.",
        ),
        (
            np.array([0, 3]),
            np.array([0, 1]),
            LabelError,
            "given the predicted labels, has 3 classes, so labels go from 0 to 2, and 3 came.",
        ),
        (
            np.array([0, 1]),
            np.array([0, -1]),
            LabelError,
            "given the target labels, has 3 classes, so labels go from 0 to 2, and -1 came.",
        ),
    ],
)
def test_what_is_no_pair_of_label_vectors_is_refused(
    predicted: Labels, target: Labels, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        per_class_table(predicted, target, CLASSES)
    with pytest.raises(error, match=message):
        confusion_matrix(predicted, target, CLASSES)


def test_without_classes_there_is_nothing_to_report() -> None:
    with pytest.raises(OptionError, match="needs the names of the classes, and none came"):
        confusion_matrix(PREDICTED, TARGET, ())
