from typing import Literal, TypeAlias

import numpy as np

Table: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Values: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
Labels: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]

# Only arrays are described: inputs (samples, features), and targets (samples,).
def load_diabetes(
    *, return_X_y: Literal[True], as_frame: Literal[False] = False, scaled: bool = True
) -> tuple[Table, Values]: ...
def load_digits(
    *, n_class: int = 10, return_X_y: Literal[True], as_frame: Literal[False] = False
) -> tuple[Table, Labels]: ...
def load_breast_cancer(
    *, return_X_y: Literal[True], as_frame: Literal[False] = False
) -> tuple[Table, Labels]: ...
def load_wine(
    *, return_X_y: Literal[True], as_frame: Literal[False] = False
) -> tuple[Table, Labels]: ...
