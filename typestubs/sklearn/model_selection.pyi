from abc import ABCMeta
from collections.abc import Mapping, Sequence
from typing import Literal, Self, TypeAlias, TypeVar

import numpy as np
from sklearn.base import BaseEstimator

_Integer: TypeAlias = (
    np.int8 | np.int16 | np.int32 | np.int64 | np.uint8 | np.uint16 | np.uint32 | np.uint64
)
_Array = TypeVar("_Array", bound=np.ndarray[tuple[int, ...], np.dtype[np.generic[object]]])

# What comes back for each array is its training part and its test part, in one flat list. Arrays of
# different types would leave a list of their common type: split row numbers instead.
def train_test_split(
    *arrays: _Array,
    test_size: float | None = None,
    train_size: float | None = None,
    random_state: int | np.random.RandomState | None = None,
    shuffle: bool = True,
    stratify: np.ndarray[tuple[int], np.dtype[_Integer]] | None = None,
) -> list[_Array]: ...

class GridSearchCV(BaseEstimator, metaclass=ABCMeta):
    best_params_: dict[str, object]
    def __init__(
        self,
        estimator: object,
        param_grid: Mapping[str, Sequence[object]],
        *,
        scoring: str | None = None,
        n_jobs: int | None = None,
        refit: bool = True,
        cv: int | None = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        error_score: float | Literal["raise"] = ...,
        return_train_score: bool = False,
    ) -> None: ...
    def fit(self, X: object, y: object = None, **params: object) -> Self: ...

def cross_val_score(
    estimator: object,
    X: object,
    y: object = None,
    *,
    groups: object = None,
    scoring: str | None = None,
    cv: int | None = None,
    n_jobs: int | None = None,
    verbose: int = 0,
    params: Mapping[str, object] | None = None,
    pre_dispatch: int | str = "2*n_jobs",
    error_score: float | Literal["raise"] = ...,
) -> np.ndarray[tuple[int], np.dtype[np.float64]]: ...
