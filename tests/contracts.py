"""What the tests share: numbers, all that there is to see of arrays, and what purenn exports."""

from __future__ import annotations

import copy
import inspect
import pickle
import typing
from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

import numpy as np
import pytest

from purenn import Key, Layer
from purenn.arrays import FLOAT32, FLOAT64, AnyArray, Array, FloatDtype, Matrix, Shape
from purenn.tree import compose_like, decompose, leaves

P = TypeVar("P")
S = TypeVar("S")
T = TypeVar("T")
X = TypeVar("X")
Y = TypeVar("Y")

Bits = tuple[tuple[str, Shape, bytes], ...]

FLOATS: tuple[FloatDtype, FloatDtype] = (FLOAT32, FLOAT64)
KEY = Key(0)
dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=str)


def bits(tree: object) -> Bits:
    """All that there is to see of an array, or of the arrays of a tree."""
    return tuple([(leaf.dtype.str, leaf.shape, leaf.tobytes()) for leaf in leaves(tree)])


def little(array: AnyArray) -> bytes:
    """The bytes of an array, on machines of either byte order."""
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def pulled(
    layer: Layer[P, X, Y], params: P, x: X, dy: Y | None = None, key: Key = KEY
) -> tuple[Y, P, X]:
    """The output in training, the gradient and the cotangent of the input."""
    y, pull = layer.vjp(params, x, key)
    grads, dx = pull(y if dy is None else dy)
    return y, grads, dx()


def check_close(found: object, expected: object, rtol: float = 1e-7, atol: float = 0.0) -> None:
    """Check that the arrays of two trees are nearly the same."""
    for one, other in zip(leaves(found), leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol, atol)


def noise(seed: int, shape: Shape) -> Array:
    """Numbers from the normal distribution, the same for the same seed."""
    return np.random.default_rng(seed).standard_normal(shape)


def normal(seed: int, samples: int, features: int) -> Matrix:
    """A matrix of such numbers."""
    return np.random.default_rng(seed).standard_normal((samples, features))


def matrix(rows: list[list[float]], dtype: FloatDtype = FLOAT64) -> Matrix:
    """A matrix of these numbers."""
    return np.array(rows, dtype)


def moved(function: Callable[[Array], Array], tree: T) -> T:
    """The tree of what a function gives, itself: `rebuild` would copy what can be written to."""
    found, structure = decompose(tree, np.ndarray)
    return compose_like(tree, structure, map(function, found))


def spread(array: Array) -> Array:
    """The same numbers, with gaps between the rows and the axes in reverse order in memory."""
    wide: Array = np.zeros((array.shape[0] * 2, *array.shape[1:]), array.dtype, order="F")
    wide[::2] = array
    return wide[::2]


def copies(value: T) -> list[T]:
    """The value from its pickle, and its two copies."""
    pickled: T = pickle.loads(pickle.dumps(value))  # noqa: S301
    return [pickled, copy.copy(value), copy.deepcopy(value)]


def makers(module: ModuleType, kind: type) -> set[str]:
    """The names of a module's public functions that return a thing of this kind."""
    public: dict[str, object] = vars(module)
    return {
        name
        for name, value in public.items()
        if name[0] != "_" and issubclass(_returned(value), kind)
    }


def _returned(function: object) -> type:
    if not inspect.isfunction(function):
        return type(None)
    hint: object = typing.get_type_hints(function)["return"]
    origin: object = typing.get_origin(hint) or hint
    return origin if isinstance(origin, type) else type(None)
