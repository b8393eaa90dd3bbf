"""Embeddings: a learned vector for each symbol, or for each category of several columns."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np

from purenn import arrays, checks
from purenn.arrays import FLOAT32, Float, FloatDtype, Indices, Labels, Matrix, N, matrix, read_only
from purenn.checks import Count
from purenn.errors import LabelError, OptionError, ShapeError
from purenn.expressions import maker
from purenn.initializers import normal
from purenn.kernels.gather import scattered, take
from purenn.keys import Key
from purenn.layers._contract import Check, Layer, Pass, checked
from purenn.layers._fitting import require_dtype, require_rows, require_shape
from purenn.tree import Node

NEAR = 1e-3  # so far from a whole number rounding may lead


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
    subject, shape = f"embedding({symbols}, {features})", (symbols, features)

    def check(subject: str, x: Labels) -> None:
        arrays.require_indices(subject, x, symbols)

    def rows_of(x: Labels, table: Matrix) -> Indices:
        return x.astype(np.int64, copy=False)

    return _of_table(subject, shape, 1, lambda x: kind, check, rows_of)


@maker
def category_embedding(
    symbols: tuple[int, ...], features: Count
) -> Layer[Embedding, Matrix, Matrix]:
    """A learned vector for each category of each column: (samples, columns) to features.

    The input has whole numbers from 0, as floats: a part of a table that has other numbers too.
    The output is (samples, columns * features), column by column. All vectors are rows of one
    table, in the same order, and standard normal at first.

    Args:
        symbols: how many categories each column has.
        features: the length of a vector.

    Raises:
        LabelError: a number is not that of a category of its column.
    """
    given: object = symbols
    if not isinstance(given, tuple) or not given:
        raise OptionError(f"category_embedding: expected a tuple of numbers, got {symbols!r}.")
    sizes = tuple(checks.integer("The symbols of category_embedding", each) for each in symbols)
    subject, shape = f"category_embedding({sizes}, {features})", (sum(sizes), features)
    limits = np.array(sizes)
    starts = np.cumsum(limits) - limits

    def check(subject: str, x: Matrix) -> None:
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

    def rows_of(x: Matrix, table: Matrix) -> Indices:
        require_dtype(subject, table, x)
        found: Indices = (np.rint(x).astype(np.int64) + starts).reshape(-1)
        return found

    return _of_table(subject, shape, len(sizes), lambda x: x.dtype, check, rows_of)


def _of_table(
    subject: str,
    shape: tuple[int, int],
    columns: int,
    dtype_of: Callable[[N], FloatDtype],
    check: Check[N],
    rows_of: Callable[[N, Matrix], Indices],
) -> Layer[Embedding, N, Matrix]:
    """A layer that looks up rows of a table, so many for each sample."""

    def init(key: Key, example: N) -> Embedding:
        return Embedding(normal()(key.child("table"), shape, dtype_of(example)))

    def vjp(params: Embedding, x: N, key: Key) -> Pass[Matrix, Embedding, N]:
        require_shape(subject, "a table", params.table, shape)
        rows = rows_of(x, params.table)
        y: Matrix = take(params.table, rows).reshape(len(x), columns * shape[1])
        return read_only(y), lambda dy: (
            Embedding(scattered(dy, rows, params.table)),
            lambda: read_only(np.zeros_like(x)),  # numbers of symbols have no slope
        )

    return checked(subject, Embedding, check, init, vjp)
