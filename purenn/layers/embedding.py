"""Embeddings: learned vectors for symbols, alone or in sequences, and cosines of numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import pi, sqrt
from typing import TypeVar

import attrs
import numpy as np

from purenn import array_checks, arrays, checks
from purenn.array_checks import matrix
from purenn.arrays import A, FloatDtype, Indices, Labels, Matrix, N, Sequences, read_only
from purenn.checks import Count, Positive
from purenn.errors import LabelError, ShapeError
from purenn.expressions import maker, with_ops
from purenn.initializers import Initializer, normal, uniform
from purenn.kernels import periodic as kernels
from purenn.kernels.activations import applied
from purenn.kernels.gather import scattered, take
from purenn.kernels.ops import Ops
from purenn.keys import Key
from purenn.layers._checked import anything, checked
from purenn.layers._contract import Layer, Pass, Thunk
from purenn.layers._fitting import require_dtype, require_fit, require_rows, require_shape
from purenn.tree import Node

NEAR = 1e-3  # how far from a whole number rounding may lead
AXES = "(samples,)", "(samples, places)"  # of symbols, by their rank

Symbols = TypeVar("Symbols", bound=Labels | Sequences)


@attrs.frozen(eq=False)
class Embedding(Node):
    """The parameters of an embedding: a table (symbols, features)."""

    table: Matrix = attrs.field(converter=matrix)


@maker
def embedding(
    symbols: Count,
    features: Count,
    dtype: FloatDtype | type[arrays.Float] = arrays.FLOAT32,
    *,
    table: Initializer | None = None,
) -> Layer[Embedding, Labels, Matrix]:
    """A learned vector for each symbol: integers (samples,) to (samples, features).

    Symbols are numbered from 0; one that is not in the table raises LabelError. The table is of
    `dtype`, float32 or float64, and standard normal at first, unless an initializer is given.
    """
    return _of_symbols("embedding", (symbols, features), dtype, table, 1, lambda x, y: y)


@maker
def sequence_embedding(
    symbols: Count,
    features: Count,
    dtype: FloatDtype | type[arrays.Float] = arrays.FLOAT32,
    *,
    table: Initializer | None = None,
) -> Layer[Embedding, Sequences, arrays.Images]:
    """A learned vector for each symbol of a sequence: integers (samples, places) to one-row images.

    These are (samples, 1, places, features): convolutions of size `(1, 3)`, pooling along the row,
    `global_average_pool` and `flatten` take them. All else is as for `embedding`. Pad short
    sequences with a symbol of its own, which counts like any other. Multiplied by a `frozen` table
    of ones, with zeros for that symbol, it stays zero, but means still count its places.
    """

    def placed(x: Sequences, y: Matrix) -> arrays.Images:
        return y.reshape(x.shape[0], 1, x.shape[1], features)

    return _of_symbols("sequence_embedding", (symbols, features), dtype, table, 2, placed)


def _of_symbols(
    name: str,
    shape: tuple[int, int],
    dtype: FloatDtype | type[arrays.Float],
    table: Initializer | None,
    rank: int,
    placed: Callable[[Symbols, Matrix], A],
) -> Layer[Embedding, Symbols, A]:
    """A layer that looks up the rows of integers of that rank, and puts them in place."""
    kind = checks.float_dtype(name, dtype)
    subject = f"{name}{shape}"

    def rows_of(x: Symbols) -> Indices:
        found = array_checks.require_array(subject, x, "np.int64").shape
        if len(found) != rank or 0 in found[1:]:
            cure = f"embedding() takes {AXES[0]}, sequence_embedding() takes {AXES[1]}."
            problem = f"expected symbols of shape {AXES[rank - 1]}, got {found}. {cure}"
            raise ShapeError(subject, problem)
        flat: Labels = x.reshape(-1)
        cure = " Number symbols from 0, or take a larger table."
        array_checks.require_indices(subject, flat, shape[0], cure)
        return flat.astype(np.int64, copy=False)

    return _of_table(subject, shape, lambda x: kind, rows_of, placed, table or normal())


@maker
def category_embedding(
    symbols: Sequence[int], features: Count, *, table: Initializer | None = None
) -> Layer[Embedding, Matrix, Matrix]:
    """A learned vector for each category: (samples, columns) to (samples, columns * features).

    Inputs are whole numbers from 0, as floats, like the other columns of their table; they may be
    off by rounding errors of up to 0.001. All vectors are rows of one table; it and the output are
    ordered column by column. `symbols` has the number of categories of each column, and the table
    is standard normal at first, unless an initializer is given.

    Raises:
        LabelError: an input is not the number of a category of its column.
    """
    sizes = checks.several("The symbols of category_embedding", symbols, checks.integer)
    subject, shape = f"category_embedding({sizes}, {features})", (sum(sizes), features)
    limits = np.array(sizes)
    starts = np.cumsum(limits) - limits

    def rows_of(x: Matrix) -> Indices:
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

    def placed(x: Matrix, y: Matrix) -> Matrix:
        return y.reshape(x.shape[0], len(sizes) * features)

    return _of_table(subject, shape, lambda x: x.dtype, rows_of, placed, table or normal())


def _of_table(
    subject: str,
    shape: tuple[int, int],
    dtype_of: Callable[[N], FloatDtype],
    rows_of: Callable[[N], Indices],
    placed: Callable[[N, Matrix], A],
    first: Initializer,
) -> Layer[Embedding, N, A]:
    """A layer that looks up rows of a table, which `rows_of` checks, and puts them in place."""

    def init(key: Key, example: N) -> Embedding:
        rows_of(example)
        return Embedding(first(key.child("table"), shape, dtype_of(example)))

    def vjp(params: Embedding, x: N, key: Key) -> Pass[A, Embedding, N]:
        rows = rows_of(x)
        require_shape(subject, "a table", params.table, shape)
        if x.dtype in arrays.FLOATS:
            require_dtype(subject, params.table, x)
        return read_only(placed(x, take(params.table, rows))), lambda dy: (
            Embedding(scattered(dy, rows, params.table)),
            lambda: read_only(np.zeros_like(x)),  # numbers of symbols have no slope
        )

    return checked(subject, Embedding, anything, init, vjp)


@attrs.frozen(eq=False)
class Periodic(Node):
    """The parameters of `periodic_embedding`, whose frequencies are in cycles per unit.

    Frequency and phase are (columns, frequencies), the weight of the linear maps is (columns,
    frequencies, features - 1), and their bias (columns, features - 1).
    """

    frequency: Matrix = attrs.field(converter=matrix)
    phase: Matrix = attrs.field(converter=matrix)
    weight: arrays.Matrices = attrs.field(converter=array_checks.matrices)
    bias: Matrix = attrs.field(converter=matrix)


@maker
def periodic_embedding(
    features: int = 4, frequencies: Count = 16, deviation: Positive = 0.1
) -> Layer[Periodic, Matrix, Matrix]:
    """Periodic embedding of numbers: (samples, columns) to (samples, columns * features).

    `cos(2 pi x frequency + phase) @ weight + bias` for each column, one after the other, and then
    the columns themselves: PBLD of Holzmüller, Grinsztajn and Steinwart, "Better by Default"
    (2024).

    Args:
        features: the number of features of each column, including itself; at least 2.
        frequencies: the number of cosines of each column.
        deviation: the standard deviation of the first frequencies. Phases are uniform in
            [-pi, pi] at first, weights and biases in ±1 / sqrt(frequencies).
    """
    width = checks.integer("The features of periodic_embedding", features, 2) - 1
    subject = f"periodic_embedding({width + 1})"

    def init(key: Key, example: Matrix) -> Periodic:
        columns, kind = example.shape[1], example.dtype
        phases, small = uniform(pi), uniform(1.0 / sqrt(frequencies))
        return Periodic(
            normal(deviation)(key.child("frequency"), (columns, frequencies), kind),
            phases(key.child("phase"), (columns, frequencies), kind),
            small(key.child("weight"), (columns, frequencies, width), kind),
            small(key.child("bias"), (columns, width), kind),
        )

    def vjp(ops: Ops, params: Periodic, x: Matrix, key: Key) -> Pass[Matrix, Periodic, Matrix]:
        require_fit(subject, params.frequency, x)
        columns = x.shape[1]
        require_shape(subject, "a frequency", params.frequency, (columns, frequencies))
        require_shape(subject, "a phase", params.phase, (columns, frequencies))
        require_shape(subject, "a weight", params.weight, (columns, frequencies, width))
        require_shape(subject, "a bias", params.bias, (columns, width))
        angle = kernels.angles(x, params.frequency, params.phase)
        wave = applied(ops.cos, angle)

        def pull(dy: Matrix) -> tuple[Periodic, Thunk[Matrix]]:
            turned, grads = kernels.pulled(ops, angle, wave, params.weight, x, dy)
            dx = partial(kernels.input_cotangent, ops, turned, params.frequency, dy)
            return Periodic(*grads), dx

        return kernels.mapped(ops, wave, params.weight, params.bias, x), pull

    return with_ops(lambda ops: checked(subject, Periodic, require_rows, init, partial(vjp, ops)))
