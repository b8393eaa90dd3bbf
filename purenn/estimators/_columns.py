"""Columns of tables as features: categories one-hot, numbers robustly scaled and clipped."""

from __future__ import annotations

from math import inf
from types import NoneType

import attrs
import numpy as np

from purenn.arrays import FLOAT32, FLOAT64, Indices, Matrix, Vector, read_only
from purenn.errors import DataError
from purenn.estimators._tables import Column, read_table, require_kin, require_rows
from purenn.kernels.memory import empty
from purenn.kernels.robust import center_and_spread, squash, squash_slopes
from purenn.tree import Node

# A column of text that has more categories than this, and nearly as many as rows, has none.
FREE_TEXT, MOSTLY = 50, 0.9


@attrs.frozen
class Layout:
    """What the columns of a transformed table hold, in this order.

    Of a category that is to be embedded, the column has the numbers of symbols, where 0 stands for
    all that is missing or unknown.
    """

    numbers: int  # how many columns
    indicators: int  # how many columns: of categories, and of whether a number is missing
    symbols: tuple[int, ...]  # how many there are, for each category that is to be embedded

    @property
    def width(self) -> int:
        """How many columns there are."""
        return self.numbers + self.indicators + len(self.symbols)


Categories = tuple[object, ...]
Codes = tuple[Indices, int]  # from 1 up, 0 for what is missing or unknown; and how many there are


@attrs.frozen(eq=False)
class Columns(Node):
    """The function from a table to features in float32, as fitted to all rows of such a table."""

    layout: Layout  # of the features
    categories: tuple[Categories | None, ...]  # of each column; None for a column of numbers
    largest: float  # columns of more categories are embedded
    center: Vector  # half the median of each number
    spread: Vector  # half its interquartile range, or what stands for it
    lacking: tuple[int, ...]  # of the numbers, those where some were missing
    # The indicators for each category of a column, after those for a missing one: of the columns
    # that are not embedded, and then for whether each of `lacking` is there.
    levels: tuple[Matrix, ...]

    def transform(self, table: object) -> Matrix:
        """The features of a table with the same columns: float32, (rows, `layout.width`).

        Missing numbers become the median, which is 0, also where none was missing in training.
        Missing and unknown categories become what a row of zeros becomes.

        Raises:
            DataError: there are more columns or fewer, or a number is infinite.
            DtypeError: a column has no values of its former kind, such as numbers or texts.
        """
        numbers, small, large = _parted(read_table(table), self.categories, self.largest)
        small += _presences(numbers, self.lacking)
        y = empty((len(numbers), self.layout.width), FLOAT32)
        end = self.layout.numbers
        y[:, :end] = squash(numbers, self.center, self.spread)
        for level, (code, _) in zip(self.levels, small, strict=True):
            start, end = end, end + level.shape[1]
            y[:, start:end] = level[code]
        for place, (code, _) in enumerate(large, end):
            y[:, place] = code
        return read_only(y)

    def slopes(self, table: object) -> tuple[Indices, Matrix]:
        """The columns of numbers, and the derivative of the feature of each by the number.

        It is NaN where the number is missing.
        """
        numbers = _parted(read_table(table), self.categories, self.largest)[0]
        is_number = [values is None for values in self.categories]
        return np.flatnonzero(is_number), squash_slopes(numbers, self.center, self.spread)


def fit_columns(table: object, *, largest: float = inf) -> Columns:
    """Fit the preprocessing of RealMLP to a table.

    Categories are text, booleans, and what has a categorical dtype. Each becomes a column that is 1
    where it occurs and 0 elsewhere; two become a single column of -1 and 1, and a column of objects
    that are all missing becomes none. For numbers of which some are missing, another such column
    says which. Then each column, less its median, is divided by its interquartile range (half its
    range, where that is 0; constant columns become 0), and z becomes `z / sqrt(1 + (z / 3)²)`.

    Holzmüller, Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted
    Trees on Tabular Data" (2024), who have no missing numbers.

    Args:
        table: a 2-d array of numbers, booleans, text or objects, or a frame of pandas or polars.
        largest: columns of more categories than this are given as their numbers, to be embedded.

    Raises:
        ShapeError, DtypeError: as in `read_table`.
        DataError: likewise; or there are no rows, or a text for almost each row in a column.
    """
    read = read_table(table)
    categories = tuple([_categories(each) for each in (read if isinstance(read, list) else read.T)])
    numbers, small, large = _parted(read, categories, largest)
    require_rows(len(numbers), len(categories))
    lacking = tuple(np.flatnonzero(np.isnan(numbers).any(axis=0)).tolist())
    levels = tuple([_levels(*each) for each in small + _presences(numbers, lacking)])
    symbols = tuple([count + 1 for _, count in large])
    layout = Layout(numbers.shape[1], sum(level.shape[1] for level in levels), symbols)
    return Columns(layout, categories, largest, *center_and_spread(numbers), lacking, levels)


def _categories(column: Column | Vector) -> Categories | None:
    if not isinstance(column, Column) or not isinstance(column.content, list):
        return None
    plain = {each for each in column.content if type(each) in (str, bool)}  # equals are alike
    others = [each for each in column.content if type(each) not in (str, bool, NoneType)]
    named = {(type(each).__name__, str(each), each) for each in (*plain, *others)}
    # Of equals, such as True and 1, the first of these stays, and not that of the rows.
    found = tuple(dict.fromkeys([each[2] for each in sorted(named, key=lambda each: each[:2])]))
    rows = len(column.content)
    if len(found) > max(FREE_TEXT, MOSTLY * rows) and not column.is_declared:
        raise DataError(
            f"X: {column.name} has {len(found)} different texts in {rows} rows, from which nothing "
            "can be learned. Leave it out, or convert it to numbers or a few categories. A column "
            "of categorical dtype is taken as it is."
        )
    return found


def _parted(
    read: Matrix | list[Column], categories: tuple[Categories | None, ...], largest: float
) -> tuple[Matrix, list[Codes], list[Codes]]:
    """The numbers of a table, and the codes of categories: of columns with few, and with more."""
    count = len(read) if isinstance(read, list) else read.shape[1]
    if count != len(categories):
        expected = f"expecting {len(categories)} features as input"
        raise DataError(f"X has {count} features, but Columns is {expected}.")
    if not isinstance(read, list):
        if not any(values is not None for values in categories):
            return read, [], []
        read = [Column(f"column {place}", column) for place, column in enumerate(read.T)]
    numbers: list[Vector] = []
    small: list[Codes] = []
    large: list[Codes] = []
    for column, values in zip(read, categories, strict=True):
        if values is None:
            numbers.append(column.numbers())
            continue
        known = {value: number for number, value in enumerate(values, 1)}
        given = column.values()
        codes: Indices = np.array([known.get(value, 0) for value in given], np.int64)
        if not codes.any():
            require_kin(column.name, given, values)
        (small if len(values) <= largest else large).append((codes, len(values)))
    joined: Matrix = np.array(numbers, FLOAT64).reshape(len(numbers), len(read[0].content)).T
    return joined, small, large


def _presences(numbers: Matrix, lacking: tuple[int, ...]) -> list[Codes]:
    """Whether numbers of these columns are there, 1, or missing, 2: as codes of two categories."""
    return [(1 + np.isnan(numbers[:, place]), 2) for place in lacking]


def _levels(codes: Indices, count: int) -> Matrix:
    """What each code becomes: of no category first, and then of each of so many."""
    raw: Matrix = np.eye(count + 1)[:, 1:] if count != 2 else np.array([[0.0], [-1.0], [1.0]])
    return squash(raw, *center_and_spread(raw[codes]))
