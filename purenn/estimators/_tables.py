"""Tables as they come, column by column: arrays, and frames of pandas and polars.

Frames are asked for nothing but what both have, so that neither needs to be installed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isnan, nan
from numbers import Number
from typing import Protocol, SupportsFloat, runtime_checkable

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import FLOAT64, A, Element, Matrix, Vector
from purenn.errors import DataError, DtypeError, LabelError, ShapeError

# Types of values that are never missing, to be quick about them.
PRESENT = (str, bool, int)
COMPLEX = "X: Complex data not supported. Give real and imaginary parts as two columns."

Anything = np.ndarray[tuple[int, ...], np.dtype[Element | np.object_ | np.str_]]


class Series(Protocol):
    """A column of a frame."""

    @property
    def dtype(self) -> object: ...
    def to_numpy(self) -> object: ...
    def to_list(self) -> list[object]: ...


@runtime_checkable
class Frame(Protocol):
    """What pandas and polars have in common, and all that is asked of a frame."""

    @property
    def columns(self) -> Iterable[object]: ...
    @property
    def dtypes(self) -> object: ...  # which tables of pyarrow lack: they are like arrays
    def __getitem__(self, name: object, /) -> Series: ...


@attrs.frozen(eq=False)
class Column:
    """A column that is not one of a matrix of numbers."""

    name: str  # in error messages
    content: Vector | list[object]  # float64 with NaN, or categories with None, for what is missing
    is_declared: bool = False  # as categories, by the dtype

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
        _require_exact(self.name, self.content)
        return [None if isnan(each) else each for each in self.content.tolist()]


def read_table(table: object) -> Matrix | list[Column]:
    """A matrix of float64 if the table is one of numbers, and its columns otherwise.

    Raises:
        ShapeError: it is not 2-d, or has no columns.
        DtypeError: a column has neither numbers nor categories, or the table is sparse.
        DataError: two columns have one name, or a number is complex or infinite.
    """
    if not isinstance(table, np.ndarray) and isinstance(table, Frame):  # which takes long to ask
        return list(_of_frame(table))
    array = as_array(table)
    if array.dtype.kind == "c":
        raise DataError(COMPLEX)
    if array.ndim != 2 or not array.shape[1]:
        cure = "Reshape your data: array.reshape(-1, 1) if it has a single column"
        expected = f"Expected 2D array with at least one column, got the shape {array.shape}"
        raise ShapeError("X", f"{expected}. {cure}, array.reshape(1, -1) if it is one row.")
    if array.dtype.kind in "iuf":
        return _finite(np.asarray(array, FLOAT64))
    return [_column(f"column {place}", column) for place, column in enumerate(array.T)]


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


def require_labels(y: object) -> None:
    """Check that labels can be sorted: none is missing, and not only some are texts."""
    if y is None or (isinstance(y, np.ndarray) and y.dtype.kind not in "OfmM"):
        return
    try:
        array = np.atleast_1d(np.asarray(y, object))
    except ValueError:
        raise ShapeError("y", "expected one array, got arrays of different shapes.") from None
    labels = array.ravel().tolist()
    for place, label in enumerate(labels):
        if is_missing(label):
            row, cure = place // array[:1].size, "Leave such rows out, or give them a label."
            raise DataError(f"Input y contains NaN. Row {row} has no label. {cure}")
    if len(array) == array.size and len({isinstance(label, str) for label in labels}) > 1:
        raise LabelError("y: expected numbers or texts as labels, got both. Make texts of all.")


def as_array(table: object) -> Anything:
    """A table without names as an array, of whatever dtype."""
    if hasattr(table, "toarray"):
        cure = "OneHotEncoder(sparse_output=False), ColumnTransformer(..., sparse_threshold=0)"
        expected = "expected a dense array, got a sparse one. Convert it with X.toarray()"
        raise DtypeError("X", f"{expected}, or avoid it: {cure}.")
    require_unmasked("X", table)
    try:
        found = np.asarray(table)
    except ValueError:
        raise ShapeError("X", "Expected 2D array, got rows of different lengths.") from None
    if found.dtype.kind in ("T" if isinstance(table, np.ndarray) else "UST"):
        # A list of rows whose numbers are numbers still, and what scikit-learn cannot check.
        return np.array(table, dtype=object)
    return found


def _of_frame(frame: Frame) -> Iterator[Column]:
    names = list(frame.columns)
    if len(set(names)) < len(names):
        raise DataError("X: two columns have the same name. Rename one of them.")
    if not names:
        raise ShapeError("X", "expected at least one column, got none.")
    for name in names:
        series = frame[name]
        dtype = str(series.dtype)
        is_long = dtype.endswith("Int128")  # of polars, which NumPy does not have
        array = np.array(series.to_list(), object) if is_long else np.asarray(series.to_numpy())
        yield _column(f"column {name!r}", array, dtype)


def _column(name: str, array: Anything, dtype: str = "") -> Column:
    if array.ndim != 1 or array.dtype.kind == "V":
        raise DataError(f"X: {name} has more than one value in a row.")
    is_declared = dtype.startswith(("category", "Categorical", "Enum", "dictionary"))
    has_categories = is_declared or dtype.startswith(("str", "String", "Null"))  # if all is missing
    if array.dtype.kind in "iuf" and not has_categories:
        return Column(name, _finite(np.asarray(array, FLOAT64), name))
    if array.dtype.kind == "f":  # categories, which pandas makes floats of where one is missing
        _require_exact(name, np.asarray(array, FLOAT64))
    if has_categories and array.dtype.kind in "mM":
        array = array.astype(f"{array.dtype.kind}8[us]")  # a list of nanoseconds has plain counts
    values = [None if type(x) not in PRESENT and is_missing(x) else x for x in array.tolist()]
    if has_categories:
        return Column(name, values, is_declared)
    cure = "Convert it to numbers, dates to days, say, or to a categorical dtype, if fitted as one."
    if array.dtype.kind not in "bOUST":
        raise DtypeError("X", f"{name}: expected numbers or categories, got {array.dtype}. {cure}")
    kinds = {*map(type, values)} - {type(None)}
    if any(issubclass(kind, complex | np.complexfloating) for kind in kinds):
        raise DataError(COMPLEX)
    if strange := [kind for kind in kinds if not issubclass(kind, Number | str | bytes | np.bool)]:
        expected = f"the argument must be a string or a number, got {strange[0].__name__}"
        raise DtypeError("X", f"{name}: {expected}. {cure}")
    if not kinds or any(issubclass(kind, bool | np.bool | str | bytes) for kind in kinds):
        return Column(name, values)
    return Column(name, _numbers(name, values))


def require_kin(name: str, values: list[object], known: Sequence[object]) -> None:
    """Check that values, none of which is a known category, are of a kind with these."""
    given = [each for each in values if each is not None]
    if known and given and {*map(_kind, given)}.isdisjoint(map(_kind, known)):
        expected = f"expected categories such as {known[0]!r}, as when it was fitted"
        raise DtypeError("X", f"{name}: {expected}, got {given[0]!r}.")


def _kind(value: object) -> type:
    if isinstance(value, Number | np.bool):
        return Number
    return str if isinstance(value, str) else type(value)


def is_missing(value: object) -> bool:
    """Whether a value is None or NaN, or what frames have for it."""
    if isinstance(value, float | np.floating):
        return isnan(value)
    return value is None or type(value).__name__ in {"NAType", "NaTType"}


def _require_exact(name: str, categories: Vector) -> None:
    if (np.abs(categories) >= 2.0**53).any():
        cure = "Make texts of them before any is missing, in all tables."
        what = "numbers from 2**53 on as categories, which float64 does not tell apart"
        raise DataError(f"X: {name} has {what}. {cure}")


def _numbers(name: str, values: list[object]) -> Vector:
    numbers = [checks.as_float(x) if isinstance(x, SupportsFloat) else nan for x in values]
    return _finite(np.array(numbers, FLOAT64), name)


def _finite(numbers: A, name: str | None = None) -> A:
    """The numbers of a table, or of the column of that name, if none is infinite."""
    if np.isinf(numbers).any():
        row, *place = np.argwhere(np.isinf(numbers))[0].tolist()
        cure = "Replace it by a number, or by NaN, which stands for a missing one."
        raise DataError(f"X: {name or f'column {place[0]}'} has infinity in row {row}. {cure}")
    return numbers
