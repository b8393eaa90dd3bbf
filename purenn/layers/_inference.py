"""The cotangents of inference, which `vjp` gives only where training computes the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from purenn.arrays import FLOATS, Array
from purenn.errors import OptionError
from purenn.expressions import rebuilt
from purenn.keys import Key
from purenn.layers._contract import Layer, P, Pullback, X, Y
from purenn.tree import leaves


def steady(layer: Layer[P, X, Y]) -> Layer[P, X, Y]:
    """The layer of the same parameters whose training is this one's inference."""
    return rebuilt(layer, Layer, steady) if layer.inference is None else steady(layer.inference)


def inference_pullback(layer: Layer[P, X, Y]) -> Callable[[P, X, Y], Pullback[Y, P, X]]:
    """The function from parameters, `x` and `y = layer.apply(params, x)` to the pullback of y.

    Raises:
        OptionError: in a call, training computes something else, and nothing says what inference
            is: the pullback would be that of another function.
    """
    trained = steady(layer)

    def pullback(params: P, x: X, y: Y) -> Pullback[Y, P, X]:
        again, pull = trained.vjp(params, x, Key(0))
        if not all(map(_is_same, leaves(again), leaves(y))):
            raise OptionError(
                f"{layer!r} computes something else in training than in inference, whose "
                "cotangents are needed. Tell its own layers their inference: "
                "Layer(init, apply, vjp, inference=...)."
            )
        return pull

    return pullback


def _is_same(one: Array, other: Array) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype in FLOATS)
