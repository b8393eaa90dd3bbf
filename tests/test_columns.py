"""Columns of tables as features, against their definition; frames of pandas and polars."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import pytest
from contracts import bits, copies, normal
from refusals import refused

from purenn.arrays import FLOAT32, Matrix, Vector
from purenn.errors import DataError, ShapeError
from purenn.estimators import _tables
from purenn.estimators._columns import Layout, fit_columns

Values = list[object]


@attrs.frozen
class FakeArrow:
    """A table of pyarrow, whose columns are no names."""

    array: Matrix

    @property
    def columns(self) -> list[Vector]:
        return list(self.array.T)

    def __getitem__(self, place: int) -> Vector:
        return self.columns[place]

    def __array__(self, dtype: None = None, copy: bool | None = None) -> Matrix:
        return self.array


def pandas(content: dict[str, Values]) -> object:
    plain = pytest.importorskip("pandas").DataFrame(content)
    return plain.astype({"declared": "category"})


def polars(content: dict[str, Values]) -> object:
    package = pytest.importorskip("polars")
    texts = {**content, "declared": [*map(str, content["declared"])]}
    kinds = {"declared": package.Categorical}
    return package.DataFrame(texts, schema_overrides=kinds, strict=False)


def test_integers_of_128_bits_are_numbers() -> None:
    package = pytest.importorskip("polars")
    frame = package.DataFrame({"long": [1, None, 3, 2**100]}, {"long": package.Int128})
    numbers = np.array([[1.0], [np.nan], [3.0], [2.0**100]])
    found, expected = (fit_columns(table).transform(table) for table in (frame, numbers))
    assert bits(found) == bits(expected)


def test_dictionaries_of_pyarrow_are_declared_categories() -> None:
    dtype = "dictionary<values=int64, indices=int32, ordered=0>[pyarrow]"
    column = _tables._column("kind", np.array([3, 1, 3]), dtype)
    assert (column.content, column.is_declared) == ([3, 1, 3], True)


each_frame = pytest.mark.parametrize("frame", [pandas, polars])


def scaled(column: Vector) -> Vector:
    """The definition."""
    low, median, high = np.quantile(column, [0.25, 0.5, 0.75])
    spread = high - low or (column.max() - column.min()) / 2
    z = (column - median) / spread if spread else 0.0 * column
    found: Vector = z / np.sqrt(1.0 + (z / 3.0) ** 2)
    return found


def test_numbers_are_scaled_robustly_and_clipped_smoothly() -> None:
    x = normal(0, 200, 4) * [1e-3, 1.0, 50.0, 1.0] + [0.0, 5.0, 1e6, 0.0]
    x[:, 3] = x[:, 3] > 1.5  # the quartiles are equal
    x[0, 1] = 1e6
    columns = fit_columns(x)
    assert columns.layout == Layout(4, 0, ())
    y = columns.transform(x)
    assert (y.dtype, y.flags.writeable) == (FLOAT32, False)
    np.testing.assert_allclose(y.T, [scaled(column) for column in x.T], rtol=1e-6, atol=1e-6)
    assert y[0, 1] == pytest.approx(3.0, rel=1e-6)
    # Rows by themselves, other dtypes, and lists.
    assert bits(columns.transform(x[7:8])) == bits(y[7:8].copy())
    for same in (x.tolist(), x.astype(object)):
        assert bits(fit_columns(same).transform(same)) == bits(y)


@pytest.mark.parametrize("unit", [1.0, 1.7e308, 1e-300])
def test_numbers_of_any_size_are_finite(unit: float) -> None:
    x = np.array([[-1.0], [0.5], [0.0], [1.0]]) * unit
    np.testing.assert_allclose(fit_columns(x).transform(x)[:, 0], scaled(x[:, 0] / unit), rtol=1e-6)
    assert abs(fit_columns(x * 1e-5).transform(x)).max() <= 3.0


@each_frame
def test_categories_become_indicators(frame: Callable[[dict[str, Values]], object]) -> None:
    three: Values = ["b", "a", "c", "a", None, "b", "a", "a"]
    two: Values = [True, False, False, True, True, False, True, None]
    declared: Values = [5, 7, 7, 5, 9, 9, 9, 9]
    numbers: Values = [*map(float, range(8))]
    content = {"three": three, "two": two, "declared": declared, "number": numbers}
    columns = fit_columns(frame(content))
    assert columns.layout == Layout(1, 3 + 1 + 3, ())
    hot = [np.array([each == name for each in three], float) for name in "abc"]
    binary = np.array([1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 0.0])
    hot_declared = [np.array([each == name for each in declared], float) for name in (5, 7, 9)]
    parts = (np.arange(8.0), *hot, binary, *hot_declared)
    expected = np.transpose([scaled(each) for each in parts])
    np.testing.assert_allclose(columns.transform(frame(content)), expected, rtol=1e-6)
    # What is unknown is like what is missing.
    new: dict[str, Values] = {**content, "three": ["z", *three[1:]], "declared": [6, *declared[1:]]}
    lacking: dict[str, Values] = {**content, "three": [None, *three[1:]]}
    unknown, missing = (columns.transform(frame(each))[0] for each in (new, lacking))
    assert unknown[:5].tolist() == missing[:5].tolist()
    zeros = [scaled(each)[each.argmin()] for each in hot_declared]  # what 0 becomes
    assert unknown[5:].tolist() == np.array(zeros, np.float32).tolist()


def test_missing_numbers_are_the_median_and_get_an_indicator() -> None:
    x = normal(0, 9, 2)
    x[[2, 5], 0] = np.nan
    columns = fit_columns(x)
    assert columns.layout == Layout(2, 1, ())
    y = columns.transform(x)
    known = ~np.isnan(x[:, 0])
    np.testing.assert_allclose(y[known, 0], scaled(x[known, 0]), rtol=1e-6)
    assert y[[2, 5], 0].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(y[:, 2], scaled(np.where(known, -1.0, 1.0)), rtol=1e-6)
    later = columns.transform(np.array([[0.0, np.nan]]))  # where none was missing before
    assert later[0, 1] == 0.0
    empty = fit_columns(np.full((3, 1), np.nan))
    assert empty.transform(np.ones((2, 1))).tolist() == [[0.0, 0.0]] * 2
    words = np.array([["a"], [np.float32(np.nan)], ["b"]], object)
    assert fit_columns(words).layout == Layout(0, 1, ())


def test_large_categories_are_given_as_their_numbers_also_by_pickles() -> None:
    table = np.array([[f"t{row % 10}", f"u{row % 3}"] for row in range(40)], object)
    columns = fit_columns(table, largest=8)
    assert columns.layout == Layout(0, 3, (11,))
    assert columns.layout.width == 4
    y = columns.transform(table)
    assert y[:11, 3].tolist() == [*range(1, 11), 1]
    unknown = columns.transform(np.array([["t10", "u0"], [None, "u1"]], object))
    assert unknown[:, 3].tolist() == [0, 0]
    assert fit_columns(table[:10], largest=10).layout == Layout(0, 13, ())
    for same in copies(columns):
        assert bits(same.transform(table)) == bits(y)
        assert not same.center.flags.writeable


def test_frames_that_are_refused() -> None:
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    with refused(DataError, "X: two columns have the same name. Rename one of them."):
        fit_columns(pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]))
    with refused(ShapeError, "X: expected at least one column, got none."):
        fit_columns(pd.DataFrame(index=range(3)))
    with refused(DataError, "X: column 'a' has more than one value in a row."):
        fit_columns(pl.DataFrame({"a": [[1, 2]]}, {"a": pl.Array(pl.Int64, 2)}))


def test_tables_of_pyarrow_are_like_arrays() -> None:
    x: Matrix = normal(0, 9, 2)
    found, expected = (fit_columns(table).transform(table) for table in (FakeArrow(x), x))
    assert bits(found) == bits(expected)
