from typing import Literal, TypeAlias, overload

import numpy as np

_Table: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float64]]
_Values: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]
_Labels: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int64]]

# Plain arrays, inputs (samples, features) and targets (samples,), or everything else.
@overload
def load_diabetes(
    *, return_X_y: Literal[True], as_frame: Literal[False] = False, scaled: bool = True
) -> tuple[_Table, _Values]: ...
@overload
def load_diabetes(
    *, return_X_y: bool = False, as_frame: bool = False, scaled: bool = True
) -> object: ...
@overload
def load_digits(
    *, n_class: int = 10, return_X_y: Literal[True], as_frame: Literal[False] = False
) -> tuple[_Table, _Labels]: ...
@overload
def load_digits(
    *, n_class: int = 10, return_X_y: bool = False, as_frame: bool = False
) -> object: ...
@overload
def load_breast_cancer(
    *, return_X_y: Literal[True], as_frame: Literal[False] = False
) -> tuple[_Table, _Labels]: ...
@overload
def load_breast_cancer(*, return_X_y: bool = False, as_frame: bool = False) -> object: ...
@overload
def load_wine(
    *, return_X_y: Literal[True], as_frame: Literal[False] = False
) -> tuple[_Table, _Labels]: ...
@overload
def load_wine(*, return_X_y: bool = False, as_frame: bool = False) -> object: ...
