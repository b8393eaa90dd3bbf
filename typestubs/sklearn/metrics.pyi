from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np

_Integer: TypeAlias = (
    np.int8 | np.int16 | np.int32 | np.int64 | np.uint8 | np.uint16 | np.uint32 | np.uint64
)
_Labels: TypeAlias = np.ndarray[tuple[int], np.dtype[_Integer]]
_Scores: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
_Counts: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]

# Precision, recall, F-score and support per class. An average or weights would give other types.
def precision_recall_fscore_support(
    y_true: _Labels,
    y_pred: _Labels,
    *,
    beta: float = 1.0,
    labels: _Labels | Sequence[int] | None = None,
    pos_label: int = 1,
    average: None = None,
    warn_for: Iterable[str] = ("precision", "recall", "f-score"),
    sample_weight: None = None,
    zero_division: Literal["warn"] | float = "warn",
) -> tuple[_Scores, _Scores, _Scores, _Counts]: ...

# Row i, column j: how often class i was taken for class j.
def confusion_matrix(
    y_true: _Labels,
    y_pred: _Labels,
    *,
    labels: _Labels | Sequence[int] | None = None,
    sample_weight: None = None,
    normalize: None = None,
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]: ...
