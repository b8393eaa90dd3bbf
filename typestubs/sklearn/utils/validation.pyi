from collections.abc import Callable, Iterable
from typing import Literal

import numpy as np

# Of the dtype that is asked for, and that is float64 here.
def check_array(
    array: object,
    accept_sparse: bool = False,
    *,
    accept_large_sparse: bool = True,
    dtype: np.dtype[np.float64] | Literal["numeric"] = "numeric",
    order: Literal["C", "F"] | None = None,
    copy: bool = False,
    force_writeable: bool = False,
    ensure_all_finite: bool | Literal["allow-nan"] = True,
    ensure_non_negative: bool = False,
    ensure_2d: bool = True,
    allow_nd: bool = False,
    ensure_min_samples: int = 1,
    ensure_min_features: int = 1,
    estimator: object = None,
    input_name: str = "",
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]: ...
def check_consistent_length(*arrays: object) -> None: ...
def check_is_fitted(
    estimator: object,
    attributes: str | Iterable[str] | None = None,
    *,
    msg: str | None = None,
    all_or_any: Callable[[Iterable[object]], bool] = ...,
) -> None: ...
def column_or_1d(
    y: object,
    *,
    dtype: object = None,
    input_name: str = "y",
    warn: bool = False,
    device: None = None,
) -> np.ndarray[tuple[int], np.dtype[np.generic[object]]]: ...

# The features as they are or as an array, or those and the targets.
def validate_data(
    _estimator: object,
    /,
    X: object = "no_validation",
    y: object = "no_validation",
    reset: bool = True,
    validate_separately: bool = False,
    skip_check_array: bool = False,
    **check_params: object,
) -> object: ...
def _check_sample_weight(
    sample_weight: object,
    X: object,
    *,
    dtype: object = None,
    force_float_dtype: bool = True,
    ensure_non_negative: bool = False,
    ensure_same_device: bool = True,
    copy: bool = False,
    allow_all_zero_weights: bool = False,
) -> np.ndarray[tuple[int], np.dtype[np.float64]]: ...
def _num_samples(x: object) -> int: ...
