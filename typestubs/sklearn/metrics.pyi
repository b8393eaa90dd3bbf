from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias, overload

import numpy as np

_Integer: TypeAlias = (
    np.int8 | np.int16 | np.int32 | np.int64 | np.uint8 | np.uint16 | np.uint32 | np.uint64
)
_Labels: TypeAlias = np.ndarray[tuple[int], np.dtype[_Integer]]
_Weights: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float32 | np.float64]]
_Scores: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
_Counts: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]

# normalize=False would count the right answers instead.
def accuracy_score(
    y_true: _Labels,
    y_pred: _Labels,
    *,
    normalize: Literal[True] = True,
    sample_weight: _Weights | None = None,
) -> float: ...

# Precision, recall, F-score and support: per class, or averaged, and then without support.
@overload
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
@overload
def precision_recall_fscore_support(
    y_true: _Labels,
    y_pred: _Labels,
    *,
    beta: float = 1.0,
    labels: _Labels | Sequence[int] | None = None,
    pos_label: int = 1,
    average: Literal["binary", "micro", "macro", "weighted"],
    warn_for: Iterable[str] = ("precision", "recall", "f-score"),
    sample_weight: _Weights | None = None,
    zero_division: Literal["warn"] | float = "warn",
) -> tuple[float, float, float, None]: ...

# Row i, column j: how often class i was taken for class j.
@overload
def confusion_matrix(
    y_true: _Labels,
    y_pred: _Labels,
    *,
    labels: _Labels | Sequence[int] | None = None,
    sample_weight: None = None,
    normalize: None = None,
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]: ...
@overload
def confusion_matrix(
    y_true: _Labels,
    y_pred: _Labels,
    *,
    labels: _Labels | Sequence[int] | None = None,
    sample_weight: _Weights | None = None,
    normalize: Literal["true", "pred", "all"],
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]: ...
