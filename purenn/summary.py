"""A table of a model's layers, their output shapes and how many parameters they have."""

from __future__ import annotations

from typing import TypeVar

from purenn.arrays import Shape
from purenn.keys import Key
from purenn.layer import Layer, Part, Serial
from purenn.tree import leaves

P = TypeVar("P")
X = TypeVar("X")
Y = TypeVar("Y")

Row = tuple[str, str, str]


def summary(model: Layer[P, X, Y], shape: Shape) -> str:
    """The layers of a model one below the other, with a total at the end.

    Args:
        model: a layer or a composite.
        shape: the shape of one input sample, without the batch axis.

    Raises:
        ShapeError: neighbouring layers do not fit.

    >>> from purenn.layers import linear, relu
    >>> print(summary(linear(128) >> relu() >> linear(10), (784,)))
    layer           output shape  parameters
    0  linear(128)  (128,)           100,480
    1  relu()       (128,)                 0
    2  linear(10)   (10,)              1,290
    total                            101,770
    """
    params, _out = model.init(Key(0), shape)
    parts = model.parts if isinstance(model, Serial) else ((repr(model), model.init),)
    rows = _rows(parts, shape)
    total = f"{_size(params):,}"
    return _table([("layer", "output shape", "parameters"), *rows, ("total", "", total)])


def _rows(parts: tuple[Part, ...], shape: Shape) -> list[Row]:
    rows: list[Row] = []
    for index, (name, init) in enumerate(parts):
        params, shape = init(Key(0), shape)
        rows.append((f"{index:<2} {name}", str(shape), f"{_size(params):,}"))
    return rows


def _size(params: object) -> int:
    return sum(leaf.size for leaf in leaves(params))


def _table(rows: list[Row]) -> str:
    first = max(len(row[0]) for row in rows)
    second = max(len(row[1]) for row in rows)
    third = max(len(row[2]) for row in rows)
    return "\n".join(f"{a:<{first}}  {b:<{second}}  {c:>{third}}" for a, b, c in rows)
