from abc import ABCMeta
from typing import Literal, Self, TypeAlias

import numpy as np

_Integer: TypeAlias = (
    np.int8 | np.int16 | np.int32 | np.int64 | np.uint8 | np.uint16 | np.uint32 | np.uint64
)
_Features: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float32 | np.float64]]
_Labels: TypeAlias = np.ndarray[tuple[int], np.dtype[_Integer]]
_Weights: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float32 | np.float64]]

class MLPClassifier(metaclass=ABCMeta):
    coefs_: list[np.ndarray[tuple[int, int], np.dtype[np.float32 | np.float64]]]
    intercepts_: list[np.ndarray[tuple[int], np.dtype[np.float32 | np.float64]]]
    loss_: float
    def __init__(
        self,
        hidden_layer_sizes: tuple[int, ...] = (100,),
        activation: Literal["identity", "logistic", "tanh", "relu"] = "relu",
        *,
        solver: Literal["lbfgs", "sgd", "adam"] = "adam",
        alpha: float = 0.0001,
        batch_size: int | Literal["auto"] = "auto",
        learning_rate: Literal["constant", "invscaling", "adaptive"] = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: int | np.random.RandomState | None = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: int = 10,
        max_fun: int = 15000,
    ) -> None: ...
    def partial_fit(
        self,
        X: _Features,
        y: _Labels,
        sample_weight: _Weights | None = None,
        classes: _Labels | None = None,
    ) -> Self: ...
    def predict_proba(self, X: _Features) -> _Features: ...
