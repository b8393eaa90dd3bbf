from typing import TypeAlias

import numpy as np

_Labels: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.generic[object]]]

def compute_class_weight(
    class_weight: object,  # a dict, "balanced" or None, which it checks
    *,
    classes: _Labels,
    y: _Labels,
    sample_weight: np.ndarray[tuple[int], np.dtype[np.float32 | np.float64]] | None = None,
) -> np.ndarray[tuple[int], np.dtype[np.float64]]: ...
