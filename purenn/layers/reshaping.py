"""Layers that compute nothing: `flatten`, `identity` and `concatenate`."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from purenn import checks
from purenn.arrays import A, AnyImages, Matrix, read_only, require_floats, typed_like
from purenn.errors import DtypeError, ShapeError
from purenn.expressions import maker
from purenn.layers._contract import Layer
from purenn.layers.activations import pointwise, without_params
from purenn.tree import Empty


@maker
def flatten() -> Layer[Empty, AnyImages, Matrix]:
    """Samples of any shape, such as images, as rows of features, in C order."""

    def forward(x: AnyImages) -> tuple[Matrix, Callable[[Matrix], AnyImages]]:
        require_floats("flatten()", x)
        y: Matrix = np.reshape(x, (x.shape[0], prod(x.shape[1:])))
        return read_only(y), lambda dy: read_only(typed_like(np.reshape(dy, x.shape), x))

    return without_params("flatten()", forward)


@maker
def identity() -> Layer[Empty, A, A]:
    """The layer that gives what it takes: the neutral element of `>>`."""
    return unchanged("identity()")


def unchanged(subject: str) -> Layer[Empty, A, A]:
    """`identity`, by another name."""
    return pointwise(_view, lambda y, dy: _view(dy), subject)


def _view(x: A) -> A:
    return read_only(typed_like(x.view(), x))


@maker
def concatenate() -> Layer[Empty, tuple[Matrix, Matrix], Matrix]:
    """Two batches of features as one, those of each sample side by side."""

    def forward(
        x: tuple[Matrix, Matrix],
    ) -> tuple[Matrix, Callable[[Matrix], tuple[Matrix, Matrix]]]:
        _require_pair(x)
        cut = x[0].shape[1]
        y: Matrix = np.concatenate(x, axis=1)

        def backward(dy: Matrix) -> tuple[Matrix, Matrix]:
            left: Matrix = np.ascontiguousarray(dy[:, :cut])
            right: Matrix = np.ascontiguousarray(dy[:, cut:])
            return read_only(left), read_only(right)

        return read_only(y), backward

    return without_params("concatenate()", forward)


def _require_pair(x: tuple[Matrix, Matrix]) -> None:
    subject = "concatenate()"
    if not checks.is_pair(x):
        cure = "Put branches(...) or beside(...) before it."
        raise ShapeError(subject, f"expected a pair of inputs. {cure}")
    first, second = x
    require_floats(subject, first)
    require_floats(subject, second)
    if first.dtype != second.dtype:
        raise DtypeError(subject, f"expected one dtype, got {first.dtype} and {second.dtype}.")
    if first.ndim != 2 or second.ndim != 2 or len(first) != len(second):
        got = f"{first.shape} and {second.shape}"
        raise ShapeError(subject, f"expected (samples, features) twice, got {got}.")
