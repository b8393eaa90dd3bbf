"""What a classifier got right and wrong, class by class. Needs scikit-learn: `purenn[data]`.

>>> import numpy as np
>>> predicted, target = np.array([0, 1, 1, 1]), np.array([0, 0, 1, 1])
>>> for row in per_class_table(predicted, target, ("cat", "dog")):
...     print(f"{row.name} {row.precision:.2f} {row.recall:.2f} {row.f1:.2f} {row.support}")
cat 1.00 0.50 0.67 2
dog 0.67 1.00 0.80 2
>>> confusion_matrix(predicted, target, ("cat", "dog")).tolist()
[[1, 1], [0, 2]]
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
from sklearn import metrics

from purenn.arrays import Labels, seal
from purenn.errors import DtypeError, LabelError, OptionError, ShapeError

Counts = np.ndarray[tuple[int, int], np.dtype[np.int64]]


@attrs.frozen
class ClassScores:
    """How well one class was recognised.

    Args:
        name: the class.
        precision: which fraction of the samples taken for this class are of it; 0 if none was.
        recall: which fraction of the samples of this class were recognised; 0 if there are none.
        f1: the harmonic mean of the two; 0 if both are.
        support: how many samples of this class there are.
    """

    name: str
    precision: float
    recall: float
    f1: float
    support: int


def per_class_table(
    predicted: Labels, target: Labels, classes: Sequence[str]
) -> tuple[ClassScores, ...]:
    """Precision, recall, F1 and support of each class, in the order of their labels.

    Args:
        predicted: the labels that came out, integers (samples,); `logits.argmax(axis=1)`.
        target: the true labels, integers (samples,).
        classes: the names of the classes 0, 1, 2 and so on.

    Raises:
        OptionError: there are no classes.
        DtypeError, ShapeError: these are no two vectors of integers of the same length.
        LabelError: a label names no class.
    """
    _require(predicted, target, classes)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        target, predicted, labels=range(len(classes)), zero_division=0.0
    )
    columns = (precision.tolist(), recall.tolist(), f1.tolist(), support.tolist())
    return tuple(map(ClassScores, classes, *columns))


def confusion_matrix(predicted: Labels, target: Labels, classes: Sequence[str]) -> Counts:
    """Row i, column j: how many samples of class i were taken for class j. Read-only.

    Args:
        predicted: the labels that came out, integers (samples,).
        target: the true labels, integers (samples,).
        classes: the names of the classes 0, 1, 2 and so on.

    Raises:
        OptionError: there are no classes.
        DtypeError, ShapeError: these are no two vectors of integers of the same length.
        LabelError: a label names no class.
    """
    _require(predicted, target, classes)
    return seal(metrics.confusion_matrix(target, predicted, labels=range(len(classes))))


def _require(predicted: Labels, target: Labels, classes: Sequence[str]) -> None:
    if not classes:
        raise OptionError("A report by class needs the names of the classes, and none came.")
    for what, labels in (("predicted", predicted), ("target", target)):
        _require_labels(f"A report by class, given the {what} labels,", labels, len(classes))
    if len(predicted) != len(target):
        raise ShapeError(
            "A report by class",
            f"has {len(predicted)} predicted and {len(target)} target labels: one each is needed.",
        )


def _require_labels(subject: str, labels: object, classes: int) -> None:
    if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu":
        came = labels.dtype if isinstance(labels, np.ndarray) else f"a {type(labels).__name__}"
        raise DtypeError(
            subject, f"takes arrays of integers, and {came} came. Logits become labels by argmax."
        )
    if labels.ndim != 1 or not labels.size:
        raise ShapeError(subject, f"takes (samples,) labels, and the shape {labels.shape} came.")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise LabelError(
            f"{subject} has {classes} classes, so labels go from 0 to {classes - 1}, and "
            f"{wrong[0]} came."
        )
