"""A table of a model's layers, the shapes of their outputs and how many parameters they have."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from purenn import checks
from purenn.keys import Key
from purenn.layers import Layer
from purenn.tree import leaves

P = TypeVar("P")
X = TypeVar("X")
Y = TypeVar("Y")

Row = tuple[str, str, str]


def summary(model: Layer[P, X, Y], example: X) -> str:
    """The layers of a model one below the other, with a total at the end.

    Args:
        model: a layer or a chain.
        example: a batch of inputs, of one sample or more.

    Raises:
        ShapeError: neighbouring layers do not fit.

    >>> from purenn.layers import linear, relu
    >>> print(summary(linear(128) >> relu() >> linear(10), np.zeros((1, 784), np.float32)))
    layer           output shape  parameters
    0  linear(128)  (128,)           100,480
    1  relu()       (128,)                 0
    2  linear(10)   (10,)              1,290
    total                            101,770
    """
    checks.instance("The model", model, Layer, "Chain layers: linear(8) >> relu().")
    params = model.init(Key(0), example)
    rows: list[Row] = []
    x: object = example
    for index in range(len(model)):
        layer, own = model[index], params[index] if isinstance(params, tuple) else params
        x = layer.apply(own, x)
        rows.append((f"{index:<2} {layer!r}", _shapes(x), f"{_size(own):,}"))
    total = f"{_size(params):,}"
    return _table([("layer", "output shape", "parameters"), *rows, ("total", "", total)])


def _shapes(output: object) -> str:
    if isinstance(output, tuple):
        return ", ".join(map(_shapes, output))
    return str(output.shape[1:]) if isinstance(output, np.ndarray) else ""


def _size(params: object) -> int:
    return sum(leaf.size for leaf in leaves(params))


def _table(rows: list[Row]) -> str:
    first, second, third = (max(len(row[column]) for row in rows) for column in range(3))
    return "\n".join(f"{a:<{first}}  {b:<{second}}  {c:>{third}}" for a, b, c in rows)
