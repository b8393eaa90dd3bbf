"""Embedding: a learned vector for each symbol."""

from __future__ import annotations

from functools import partial

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import FLOAT32, FloatDtype, Labels, Matrix, matrix, read_only, require_indices
from purenn.expressions import maker
from purenn.initializers import normal
from purenn.kernels.gather import take
from purenn.keys import Key
from purenn.layers._contract import Layer, Thunk, require_params
from purenn.tree import Node


@attrs.frozen(eq=False)
class Embedding(Node):
    """The parameters of an embedding: a table (symbols, features)."""

    table: Matrix = attrs.field(converter=matrix)


@maker
def embedding(
    symbols: int, features: int, dtype: FloatDtype = FLOAT32
) -> Layer[Embedding, Labels, Matrix]:
    """The row of a table for each symbol: integers (samples,) become (samples, features).

    Args:
        symbols: how many there are, numbered from 0.
        features: the length of a row. First values are standard normal.
        dtype: float32 or float64, of the table: integers do not say which.

    Raises:
        LabelError: a symbol of the input is not in the table.
    """
    rows = checks.integer("The symbols of embedding", symbols)
    width = checks.integer("The features of embedding", features)
    kind = checks.float_dtype("embedding", dtype)
    subject = f"embedding({rows}, {width})"

    def init(key: Key, example: Labels) -> Embedding:
        require_indices(subject, example, rows)
        return Embedding(normal()(key.child("table"), (rows, width), kind))

    def apply(params: Embedding, x: Labels) -> Matrix:
        require_params(subject, params, Embedding)
        require_indices(subject, x, params.table.shape[0])
        return take(params.table, x.astype(np.int64, copy=False))

    return Layer(
        init, apply, lambda params, x, key: (apply(params, x), partial(_pulled, params, x))
    )


def _pulled(params: Embedding, x: Labels, dy: Matrix) -> tuple[Embedding, Thunk[Labels]]:
    table: Matrix = np.zeros_like(params.table)
    np.add.at(table, x, dy)
    # Integers have no slope.
    return Embedding(read_only(table)), lambda: read_only(np.zeros_like(x))
