from typing import Literal, Self

import numpy as np
from sklearn.base import BaseEstimator

class CalibratedClassifierCV(BaseEstimator):
    def __init__(
        self,
        estimator: object = None,
        *,
        method: Literal["sigmoid", "isotonic", "temperature"] = "sigmoid",
        cv: int | None = None,
        n_jobs: int | None = None,
        ensemble: bool | Literal["auto"] = "auto",
    ) -> None: ...
    def fit(
        self, X: object, y: object, sample_weight: object = None, **fit_params: object
    ) -> Self: ...
    def predict_proba(self, X: object) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]: ...
