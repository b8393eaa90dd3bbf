"""Embedding: a learned vector for each symbol."""

from __future__ import annotations

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import (
    FLOAT32,
    Float,
    FloatDtype,
    Labels,
    Matrix,
    matrix,
    read_only,
    require_indices,
)
from purenn.checks import Count
from purenn.expressions import maker
from purenn.initializers import normal
from purenn.kernels.gather import scattered, take
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk, keyless
from purenn.layers._fitting import require_params, require_shape
from purenn.tree import Node


@attrs.frozen(eq=False)
class Embedding(Node):
    """The parameters of an embedding: a table (symbols, features)."""

    table: Matrix = attrs.field(converter=matrix)


@maker
def embedding(
    symbols: Count, features: Count, dtype: FloatDtype | type[Float] = FLOAT32
) -> Layer[Embedding, Labels, Matrix]:
    """The row of a table for each symbol: integers (samples,) become (samples, features).

    Symbols are numbered from 0; one that is not in the table is a LabelError. First values are
    standard normal, float32 or float64, for integers do not say which.
    """
    kind = checks.float_dtype("embedding", dtype)
    subject = f"embedding({symbols}, {features})"

    def init(key: Key, example: Labels) -> Embedding:
        require_indices(subject, example, symbols)
        return Embedding(normal()(key.child("table"), (symbols, features), kind))

    def forward(params: Embedding, x: Labels) -> tuple[Matrix, Pullback[Matrix, Embedding, Labels]]:
        require_params(subject, params, Embedding)
        require_shape(subject, "a table", params.table, (symbols, features))
        require_indices(subject, x, symbols)
        indices = x.astype(np.int64, copy=False)

        def pull(dy: Matrix) -> tuple[Embedding, Thunk[Labels]]:
            table = scattered(dy, indices, params.table)
            # Integers have no slope.
            return Embedding(table), lambda: read_only(np.zeros_like(x))

        return take(params.table, indices), pull

    return keyless(init, forward)
