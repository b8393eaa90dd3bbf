"""Embedding of several columns of categories, whose numbers are given as floats."""

from __future__ import annotations

import numpy as np

from purenn import checks
from purenn.arrays import Indices, Matrix, read_only
from purenn.checks import Count
from purenn.errors import LabelError, OptionError, ShapeError
from purenn.expressions import maker
from purenn.initializers import normal
from purenn.kernels.gather import scattered, take
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk, keyless
from purenn.layers._fitting import require_dtype, require_params, require_shape
from purenn.layers.embedding import Embedding
from purenn.layers.linear import require_rows

NEAR = 1e-3  # so far from a whole number rounding may lead


@maker
def category_embedding(
    symbols: tuple[int, ...], features: Count
) -> Layer[Embedding, Matrix, Matrix]:
    """A learned vector for each category of each column: (samples, columns) to features.

    The input has whole numbers from 0, as floats: a part of a table that has other numbers too.
    The output is (samples, columns * features), column by column. All vectors are rows of one
    table, in the same order, and standard normal at first. `embedding` takes integers, of one
    column.

    Args:
        symbols: how many categories each column has.
        features: the length of a vector.

    Raises:
        LabelError: a number is not that of a category of its column.
    """
    given: object = symbols
    if not isinstance(given, tuple) or not given:
        raise OptionError(f"category_embedding: expected a tuple of numbers, got {symbols!r}.")
    sizes = [checks.integer("The symbols of category_embedding", each) for each in symbols]
    subject = f"category_embedding({tuple(sizes)}, {features})"
    limits = np.array(sizes)
    starts = np.cumsum(limits) - limits

    def rows_of(x: Matrix) -> Indices:
        """The rows of the table that belong to the entries, one after the other."""
        require_rows(subject, x)
        if x.shape[1] != len(sizes):
            raise ShapeError(subject, f"expected {len(sizes)} columns, got {x.shape[1]}.")
        numbers = np.rint(x)
        outside = (numbers < 0) | (numbers >= limits)
        if (outside | (numbers != x)).any():
            wrong = np.argwhere(outside | ~np.isclose(numbers, x, 0.0, NEAR)).tolist()
            for row, column in wrong[:1]:
                expected = f"whole numbers from 0 to {sizes[column] - 1} in column {column}"
                raise LabelError(f"{subject}: expected {expected}, got {x[row, column]}.")
        found: Indices = (numbers.astype(np.int64) + starts).reshape(-1)
        return found

    def init(key: Key, example: Matrix) -> Embedding:
        rows_of(example)
        return Embedding(normal()(key.child("table"), (sum(sizes), features), example.dtype))

    def forward(params: Embedding, x: Matrix) -> tuple[Matrix, Pullback[Matrix, Embedding, Matrix]]:
        require_params(subject, params, Embedding)
        rows = rows_of(x)
        require_shape(subject, "a table", params.table, (sum(sizes), features))
        require_dtype(subject, params.table, x)
        y: Matrix = take(params.table, rows).reshape(len(x), len(sizes) * features)

        def pull(dy: Matrix) -> tuple[Embedding, Thunk[Matrix]]:
            table = scattered(dy, rows, params.table)
            # Whole numbers have no slope.
            return Embedding(table), lambda: read_only(np.zeros_like(x))

        return read_only(y), pull

    return keyless(init, forward)
