"""Columns of tables as features: categories one-hot, numbers robustly scaled and clipped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import attrs

from purenn.arrays import AnyArray, Matrix
from purenn.tree import Node


class Series(Protocol):
    """A column of a frame."""

    @property
    def dtype(self) -> object: ...
    def to_numpy(self) -> object: ...


class Frame(Protocol):
    """What pandas and polars have in common, and all that is asked of a frame."""

    @property
    def columns(self) -> Iterable[object]: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    def __getitem__(self, name: str, /) -> Series: ...


Table = AnyArray | Frame


@attrs.frozen
class Layout:
    """What the columns of a transformed table hold, in this order.

    Args:
        numbers: how many numbers.
        indicators: how many columns of categories, and of whether a number is missing.
        symbols: for each category that is to be embedded how many symbols there are; its column has
            their numbers, where 0 stands for all that is missing or unknown.
    """

    numbers: int
    indicators: int
    symbols: tuple[int, ...]

    @property
    def width(self) -> int:
        """How many columns there are."""
        return self.numbers + self.indicators + len(self.symbols)


@attrs.frozen(eq=False)
class Columns(Node):
    """The function from a table to features in float32, as fitted to the training part."""

    layout: Layout

    def transform(self, table: object) -> Matrix:
        """The features of a table with the same columns: float32, (rows, `layout.width`)."""
        raise NotImplementedError


def fit_columns(table: object, *, largest: int | None = None) -> Columns:
    """Fit the preprocessing of RealMLP-TD to a table.

    Args:
        table: a 2-d array of numbers, booleans, text or objects, or a frame of pandas or polars.
        largest: columns of more categories than this are to be embedded (8 in the preset "full");
            None has all of them one-hot.
    """
    raise NotImplementedError
