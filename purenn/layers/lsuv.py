"""Initial parameters that depend on data: layer-sequential unit variance."""

from __future__ import annotations

from math import inf

import attrs
import numpy as np

from purenn.arrays import Array, P, X, Y, read_only
from purenn.errors import DataError, ShapeError
from purenn.expressions import maker, rebuilt
from purenn.initializers import orthogonal
from purenn.kernels.elementwise import scalar, times
from purenn.kernels.reductions import deviation
from purenn.keys import Key
from purenn.layers._contract import Layer
from purenn.layers.embedding import Periodic
from purenn.tree import leaves, paths, rebuild

CURE = "Give init the inputs of a batch, such as shuffled_batches(data, 128, key, 0)[0].inputs."
ROUNDING = 8.0  # last digits of the largest output, by which equal ones may seem to vary


@maker
def lsuv(model: Layer[P, X, Y]) -> Layer[P, X, Y]:
    """The model with LSUV initialization: layer-sequential unit variance, on the example of `init`.

    Each layer in turn gets orthogonal weights, scaled so that its outputs have variance 1 over
    samples and features alike, and biases of 0. Initializers are ignored: leave out layers that
    need theirs, as in `lsuv(body) >> linear(10, weight=zeros())`. A layer of your own takes part if
    it multiplies by a parameter `weight` of two or more axes; `periodic_embedding` does not.
    Mishkin and Matas, "All you need is a good init" (2016).

    Raises:
        ShapeError: in init, the example has fewer than two samples.
        DataError: in init, the outputs of a layer do not vary, or are not finite.

    >>> import numpy as np
    >>> import purenn as nn
    >>> x = np.random.default_rng(0).standard_normal((100, 8))
    >>> model = lsuv(nn.linear(16) >> nn.relu() >> nn.linear(4))
    >>> params = model.init(nn.Key(0), x)
    >>> float(model.apply(params, x).var().round(6))
    1.0
    """
    if model.expression is not None and model.expression.maker is lsuv:
        return model
    made = rebuilt(model, Layer, lsuv)
    if made is not model:
        return made
    return attrs.evolve(model, init=lambda key, example: _first(model, key, example))


def _first(layer: Layer[P, X, Y], key: Key, example: X) -> P:
    params = layer.init(key, example)
    found = dict(zip(paths(params), leaves(params), strict=True))
    weight = found.get("weight")
    if weight is None or weight.ndim < 2 or isinstance(params, Periodic):
        return params
    start = orthogonal()(key.child("weight"), weight.shape, weight.dtype)
    if "bias" in found:
        found["bias"] = read_only(np.zeros_like(found["bias"]))

    def made(weight: Array) -> P:
        return rebuild(params, tuple({**found, "weight": weight}.values()))

    (y, *_) = leaves(layer.apply(made(start), example))
    if len(y) < 2:
        raise ShapeError(repr(layer), f"expected at least 2 samples for lsuv, got {len(y)}. {CURE}")
    size, kind = deviation(y), np.finfo(y.dtype)
    rounding = ROUNDING * float(kind.eps) * float(np.abs(y).max())
    if not max(1.0 / float(kind.max), rounding) < size < inf:
        expected = "outputs that vary for lsuv"
        raise DataError(f"{layer!r}: expected {expected}, got deviation {size}. {CURE}")
    return made(times(start, scalar(1.0 / size, y.dtype)))
