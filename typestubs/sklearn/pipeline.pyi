from abc import ABCMeta
from typing import Literal, Self, TypeAlias

import numpy as np
from sklearn.base import BaseEstimator

_Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.generic[object]]]

class Pipeline(BaseEstimator, metaclass=ABCMeta):
    def __init__(
        self,
        steps: list[tuple[str, object]],
        *,
        transform_input: list[str] | None = None,
        memory: str | None = None,
        verbose: bool = False,
    ) -> None: ...
    def fit(self, X: object, y: object = None, **params: object) -> Self: ...
    def predict(self, X: object, **params: object) -> _Array: ...
    def score(
        self, X: object, y: object = None, sample_weight: object = None, **params: object
    ) -> float: ...
    def set_output(
        self, *, transform: Literal["default", "pandas", "polars"] | None = None
    ) -> Self: ...

def make_pipeline(
    *steps: object,
    memory: str | None = None,
    transform_input: list[str] | None = None,
    verbose: bool = False,
) -> Pipeline: ...
