"""Layers that compute nothing: `flatten`, `identity` and `concatenate`."""

from __future__ import annotations

from math import prod

import numpy as np

from purenn import checks
from purenn.arrays import A, AnyImages, Matrix, read_only, require_floats, typed_like
from purenn.errors import DtypeError, ShapeError
from purenn.expressions import maker
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk, require_params
from purenn.layers.activations import activation, no_params
from purenn.tree import EMPTY, Empty


@maker
def flatten() -> Layer[Empty, AnyImages, Matrix]:
    """Samples of any shape, such as images, as rows of features, in C order."""

    def apply(params: Empty, x: AnyImages) -> Matrix:
        require_params("flatten()", params, Empty)
        require_floats("flatten()", x)
        y: Matrix = np.reshape(x, (x.shape[0], prod(x.shape[1:])))
        return read_only(y)

    def vjp(
        params: Empty, x: AnyImages, key: Key
    ) -> tuple[Matrix, Pullback[Matrix, Empty, AnyImages]]:
        y = apply(params, x)

        def pull(dy: Matrix) -> tuple[Empty, Thunk[AnyImages]]:
            return EMPTY, lambda: read_only(typed_like(np.reshape(dy, x.shape), x))

        return y, pull

    return Layer(no_params, apply, vjp)


@maker
def identity() -> Layer[Empty, A, A]:
    """The layer that gives what it takes: the neutral element of `>>`."""
    return activation(_view, lambda y, dy: _view(dy), "identity()")


def _view(x: A) -> A:
    return read_only(typed_like(x.view(), x))


@maker
def concatenate() -> Layer[Empty, tuple[Matrix, Matrix], Matrix]:
    """Two batches of features as one, those of each sample side by side."""

    def apply(params: Empty, x: tuple[Matrix, Matrix]) -> Matrix:
        require_params("concatenate()", params, Empty)
        _require_pair(x)
        y: Matrix = np.concatenate(x, axis=1)
        return read_only(y)

    def vjp(
        params: Empty, x: tuple[Matrix, Matrix], key: Key
    ) -> tuple[Matrix, Pullback[Matrix, Empty, tuple[Matrix, Matrix]]]:
        y = apply(params, x)
        cut = x[0].shape[1]

        def pull(dy: Matrix) -> tuple[Empty, Thunk[tuple[Matrix, Matrix]]]:
            def dx() -> tuple[Matrix, Matrix]:
                left: Matrix = np.ascontiguousarray(dy[:, :cut])
                right: Matrix = np.ascontiguousarray(dy[:, cut:])
                return read_only(left), read_only(right)

            return EMPTY, dx

        return y, pull

    return Layer(no_params, apply, vjp)


def _require_pair(x: tuple[Matrix, Matrix]) -> None:
    if not checks.is_pair(x):
        raise ShapeError(
            "concatenate()",
            "expected a pair of inputs. Put branches(...) or beside(...) before it.",
        )
    for part in x:
        require_floats("concatenate()", part)
    first, second = x
    if first.dtype != second.dtype:
        raise DtypeError(
            "concatenate()", f"expected one dtype, got {first.dtype} and {second.dtype}."
        )
    if first.ndim != 2 or second.ndim != 2 or len(first) != len(second):
        raise ShapeError(
            "concatenate()",
            f"expected (samples, features) twice, got {first.shape} and {second.shape}.",
        )
