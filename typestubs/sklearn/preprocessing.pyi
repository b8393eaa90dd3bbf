from typing import TypeVar

import numpy as np

_Float = TypeVar("_Float", bound=np.float32 | np.float64)

class MinMaxScaler:
    def __init__(
        self,
        feature_range: tuple[float, float] = (0, 1),
        *,
        copy: bool = True,
        clip: bool = False,
    ) -> None: ...
    # Single precision stays single and double stays double. Integers, which become double, are left
    # out: convert them where it can be seen.
    def fit_transform(
        self,
        X: np.ndarray[tuple[int, int], np.dtype[_Float]],
        y: None = None,
        **fit_params: object,
    ) -> np.ndarray[tuple[int, int], np.dtype[_Float]]: ...
    def transform(
        self, X: np.ndarray[tuple[int, int], np.dtype[_Float]]
    ) -> np.ndarray[tuple[int, int], np.dtype[_Float]]: ...

class StandardScaler:
    def __init__(
        self, *, copy: bool = True, with_mean: bool = True, with_std: bool = True
    ) -> None: ...
