from typing import TypeAlias, TypeVar

import numpy as np

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
