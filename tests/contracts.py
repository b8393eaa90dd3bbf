"""What the contract tests share: all that there is to see of a value, and what purenn exports.

`layer_cases.py`, `loss_cases.py` and `transform_cases.py` list an example of each. Whoever adds a
layer, a loss or a transform adds one there; `test_contracts.py` fails until that is done.
"""

from __future__ import annotations

import inspect
import typing

import numpy as np

import purenn as nn
from purenn.arrays import Array, FloatDtype, Labels, Leaves, Shape, seal
from purenn.tree import walk

Bits = tuple[str, Shape, bytes]

FLOATS: tuple[FloatDtype, FloatDtype] = (np.dtype(np.float32), np.dtype(np.float64))


def bits(array: Array | Labels) -> Bits:
    """All that there is to see of an array."""
    return array.dtype.str, array.shape, array.tobytes()


def all_bits(arrays: Leaves) -> tuple[Bits, ...]:
    """All that there is to see of some arrays."""
    return tuple(map(bits, arrays))


def frozen(array: Array, dtype: FloatDtype) -> Array:
    """A read-only copy."""
    return seal(array.astype(dtype))


def writable(arrays: Leaves) -> Leaves:
    """Copies that can be written to."""
    return tuple([array.copy() for array in arrays])


def noise(seed: int, shape: Shape) -> Array:
    """Numbers from the normal distribution, the same for the same seed."""
    return np.random.default_rng(seed).standard_normal(shape)


def spread(array: Array) -> Array:
    """The same numbers, with gaps between the rows and the axes in reverse order in memory."""
    wide: Array = np.zeros((array.shape[0] * 2, *array.shape[1:]), array.dtype, order="F")
    wide[::2] = array
    return wide[::2]


def require_fresh(results: Leaves, dtype: FloatDtype) -> None:
    """Check that these are plain read-only arrays of that dtype."""
    for result in results:
        assert type(result) is np.ndarray
        assert result.dtype == dtype
        assert not result.flags.writeable


def state_bits(state: object) -> tuple[tuple[str, Bits | str], ...]:
    """All that there is to see of a transform's state."""
    parts = walk(state, (np.ndarray, float, int))
    return tuple(
        (path, bits(part) if isinstance(part, np.ndarray) else repr(part)) for path, part in parts
    )


def makers(kind: type) -> set[str]:
    """The names of purenn's public functions that return a thing of this kind."""
    public: dict[str, object] = {name: vars(nn)[name] for name in nn.__all__}
    return {name for name, value in public.items() if issubclass(_returned(value), kind)}


def _returned(function: object) -> type:
    if not inspect.isfunction(function):
        return type(None)
    hint: object = typing.get_type_hints(function)["return"]
    origin: object = typing.get_origin(hint) or hint
    return origin if isinstance(origin, type) else type(None)
