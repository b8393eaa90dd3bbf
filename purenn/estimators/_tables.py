"""Tables as they come, column by column: arrays, and frames of pandas and polars.

Frames are asked for nothing but what both have, so that neither needs to be installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import inf, isnan, nan
from numbers import Number
from typing import Protocol, SupportsFloat, runtime_checkable

import attrs
import numpy as np

from purenn.arrays import FLOAT64, Element, Matrix, Vector
from purenn.errors import DataError, DtypeError, ShapeError

COMPLEX = "X: Complex data not supported. Give real and imaginary parts apart."

Anything = np.ndarray[tuple[int, ...], np.dtype[Element | np.object_ | np.str_]]


class Series(Protocol):
    """A column of a frame."""

    @property
    def dtype(self) -> object: ...
    def to_numpy(self) -> object: ...


@runtime_checkable
class Frame(Protocol):
    """What pandas and polars have in common, and all that is asked of a frame."""

    @property
    def columns(self) -> Iterable[object]: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    def __getitem__(self, name: object, /) -> Series: ...


@attrs.frozen(eq=False)
class Column:
    """A column that is not one of a matrix of numbers.

    Args:
        name: in error messages.
        content: numbers in float64 with NaN where one is missing, or categories with None there.
        is_declared: whether the dtype says that these are categories.
    """

    name: str
    content: Vector | list[object]
    is_declared: bool = False

    def numbers(self) -> Vector:
        """The content of a column that had numbers when it was fitted."""
        if not isinstance(self.content, list):
            return self.content
        for each in self.content:
            is_number = isinstance(each, Number | np.bool | None)
            if not is_number or isinstance(each, complex | np.complexfloating):
                expected = "expected numbers, as when it was fitted"
                raise DtypeError("X", f"{self.name}: {expected}, got {each!r}.")
        return _numbers(self.name, self.content)

    def values(self) -> list[object]:
        """The content of a column that had categories when it was fitted."""
        if isinstance(self.content, list):
            return self.content
        return [None if isnan(each) else each for each in self.content.tolist()]


def read_table(table: object) -> Matrix | list[Column]:
    """A matrix of float64 if the table is one of numbers, and its columns otherwise.

    Raises:
        ShapeError: it is not 2-d, or has no columns.
        DtypeError: a column has neither numbers nor categories, or the table is sparse.
        DataError: two columns have one name, or a number is complex or infinite.
    """
    if isinstance(table, Frame):
        return list(_of_frame(table))
    array = as_array(table)
    if array.dtype.kind == "c":
        raise DataError(COMPLEX)
    if array.ndim != 2 or not array.shape[1]:
        cure = "Reshape your data: array.reshape(-1, 1) if it has a single column"
        expected = f"Expected 2D array with at least one column, got the shape {array.shape}"
        raise ShapeError("X", f"{expected}. {cure}, array.reshape(1, -1) if it is one row.")
    if array.dtype.kind in "iuf":
        numbers: Matrix = np.asarray(array, FLOAT64)
        require_finite(numbers, lambda place: f"column {place}")
        return numbers
    return [_column(f"column {place}", column) for place, column in enumerate(array.T)]


def require_finite(numbers: Matrix, name: Callable[[int], str]) -> None:
    """Check that no number is infinite; `name(place)` names a column."""
    if np.isinf(numbers).any():
        row, place = np.argwhere(np.isinf(numbers))[0].tolist()
        cure = "Replace it by a number, or by NaN, which stands for a missing one."
        raise DataError(f"X: {name(place)} has infinity in row {row}. {cure}")


def require_rows(rows: int, columns: int) -> None:
    """Check that a table has a row."""
    if not rows:
        found = f"Found array with 0 sample(s) (shape=(0, {columns}))"
        raise DataError(f"X: {found} while a minimum of 1 is required.")


def require_unmasked(name: str, values: object) -> None:
    """Check that no mask would be lost."""
    if isinstance(values, np.ma.MaskedArray):
        cure = f"Convert it with {name}.astype(float).filled(np.nan)."
        raise DtypeError(name, f"expected an array without a mask, got MaskedArray. {cure}")


def as_array(table: object) -> Anything:
    """A table without names as an array, of whatever dtype."""
    if hasattr(table, "toarray"):
        raise DtypeError(
            "X", "expected a dense array, got a sparse one. Convert it with X.toarray()."
        )
    require_unmasked("X", table)
    try:
        found = np.asarray(table)
    except ValueError:
        raise ShapeError("X", "Expected 2D array, got rows of different lengths.") from None
    if not isinstance(table, np.ndarray) and found.dtype.kind in "US":
        return np.array(table, dtype=object)  # a list of rows whose numbers are numbers still
    return found


def _of_frame(frame: Frame) -> Iterator[Column]:
    names = list(frame.columns)
    if len(set(names)) < len(names):
        raise DataError("X: two columns have the same name. Rename one of them.")
    if not names:
        raise ShapeError("X", "expected at least one column, got none.")
    for name in names:
        series = frame[name]
        yield _column(f"column {name!r}", np.asarray(series.to_numpy()), str(series.dtype))


def _column(name: str, array: Anything, dtype: str = "") -> Column:
    if array.ndim != 1 or array.dtype.kind == "V":
        raise DataError(f"X: {name} has more than one value in a row.")
    if dtype.startswith(("category", "Categorical", "Enum")):
        return Column(name, _with_none(array.tolist()), is_declared=True)
    if dtype.startswith(("str", "String", "Null")):
        return Column(name, _with_none(array.tolist()))  # also if all are missing
    if array.dtype.kind in "iuf":
        return Column(name, _finite(name, np.asarray(array, FLOAT64)))
    cure = "Turn it into numbers: dates into days since one, say."
    if array.dtype.kind not in "bOUST":
        raise DtypeError("X", f"{name}: expected numbers or categories, got {array.dtype}. {cure}")
    values = _with_none(array.tolist())
    kinds = {type(value) for value in values if value is not None}
    if any(issubclass(kind, complex | np.complexfloating) for kind in kinds):
        raise DataError(COMPLEX)
    if strange := [kind for kind in kinds if not issubclass(kind, Number | str | bytes | np.bool)]:
        expected = f"the argument must be a string or a number, got {strange[0].__name__}"
        raise DtypeError("X", f"{name}: {expected}. {cure}")
    if not kinds or any(issubclass(kind, bool | np.bool | str | bytes) for kind in kinds):
        return Column(name, values)
    return Column(name, _numbers(name, values))


def _with_none(values: list[object]) -> list[object]:
    return [None if is_missing(value) else value for value in values]


def is_missing(value: object) -> bool:
    """Whether a value is None or NaN, or what frames have for it."""
    if isinstance(value, float):
        return isnan(value)
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def _numbers(name: str, values: list[object]) -> Vector:
    numbers = [nan if value is None else _as_float(value) for value in values]
    return _finite(name, np.array(numbers, FLOAT64))


def _as_float(number: object) -> float:
    try:
        return float(number) if isinstance(number, SupportsFloat) else nan
    except OverflowError:
        return inf


def _finite(name: str, numbers: Vector) -> Vector:
    require_finite(numbers[:, np.newaxis], lambda place: name)
    return numbers
