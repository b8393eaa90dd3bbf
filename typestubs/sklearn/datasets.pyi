from os import PathLike
from typing import Literal, overload

import numpy as np

# Plain arrays: dense features, and the targets as an array of text.
# parser="liac-arff" is the one that does without pandas.
@overload
def fetch_openml(
    name: str | None = None,
    *,
    version: int | Literal["active"] = "active",
    data_id: int | None = None,
    data_home: str | PathLike[str] | None = None,
    target_column: str | None = "default-target",
    cache: bool = True,
    return_X_y: Literal[True],
    as_frame: Literal[False],
    n_retries: int = 3,
    delay: float = 1.0,
    parser: Literal["auto", "pandas", "liac-arff"] = "auto",
    read_csv_kwargs: None = None,
) -> tuple[
    np.ndarray[tuple[int, int], np.dtype[np.int64 | np.float64]],
    np.ndarray[tuple[int], np.dtype[np.object_]],
]: ...

# Every other combination: a Bunch, or data frames.
@overload
def fetch_openml(
    name: str | None = None,
    *,
    version: int | Literal["active"] = "active",
    data_id: int | None = None,
    data_home: str | PathLike[str] | None = None,
    target_column: str | list[str] | None = "default-target",
    cache: bool = True,
    return_X_y: bool = False,
    as_frame: bool | Literal["auto"] = "auto",
    n_retries: int = 3,
    delay: float = 1.0,
    parser: Literal["auto", "pandas", "liac-arff"] = "auto",
    read_csv_kwargs: dict[str, object] | None = None,
) -> object: ...
