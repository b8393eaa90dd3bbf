"""A table of a model's layers, the shapes of their outputs and how many parameters they have."""

from __future__ import annotations

from purenn import checks
from purenn.arrays import P, X, Y
from purenn.data.columns import sample_shape
from purenn.keys import Key
from purenn.layers import Layer
from purenn.tree import leaves


def summary(model: Layer[P, X, Y], example: X) -> str:
    """A table of a model's layers, output shapes and numbers of parameters, for a batch of inputs.

    Frozen parts, such as running statistics, count as parameters.

    >>> import numpy as np
    >>> from purenn.layers import linear, relu
    >>> print(summary(linear(128) >> relu() >> linear(10), np.zeros((1, 784), np.float32)))
    layer           output shape  parameters
    0  linear(128)  (128,)           100,480
    1  relu()       (128,)                 0
    2  linear(10)   (10,)              1,290
    total                            101,770
    """
    checks.instance("The model", model, Layer)
    params = model.init(Key(0), example)
    rows = [("layer", "output shape", "parameters")]
    x: object = example
    for index, layer in enumerate(model):
        own = params[index] if layer is not model and isinstance(params, tuple) else params
        x = layer.apply(own, x)
        rows.append((f"{index:<2} {layer!r}", f"{sample_shape(x)}", _size(own)))
    rows.append(("total", "", _size(params)))
    first, second, third = (max(len(row[column]) for row in rows) for column in range(3))
    return "\n".join(f"{a:<{first}}  {b:<{second}}  {c:>{third}}" for a, b, c in rows)


def _size(params: object) -> str:
    return f"{sum(leaf.size for leaf in leaves(params)):,}"
