"""The cotangents of inference, which `vjp` gives only where training computes the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from purenn.arrays import FLOATS, Array
from purenn.errors import OptionError
from purenn.expressions import rebuilt
from purenn.keys import Key
from purenn.layers._contract import Layer, P, X, Y
from purenn.tree import leaves


def steady(layer: Layer[P, X, Y]) -> Layer[P, X, Y]:
    """The layer of the same parameters whose training is this one's inference."""
    return rebuilt(layer, Layer, steady) if layer.inference is None else steady(layer.inference)


def inference_pullback(layer: Layer[P, X, Y]) -> Callable[[P, X, Y], Callable[[Y], X]]:
    """From parameters, `x` and `y = layer.apply(params, x)` to the function from dy to dx.

    Raises:
        OptionError: in a call, training computes something else, and nothing says what inference
            is: the pullback would be that of another function.
    """
    trained = steady(layer)

    def pullback(params: P, x: X, y: Y) -> Callable[[Y], X]:
        again, pull = trained.vjp(params, x, Key(0))
        trials, outputs = leaves(again), leaves(y)
        if len(trials) != len(outputs) or not all(map(_is_same, trials, outputs)):
            raise OptionError(
                f"{layer!r} computes something else in training than in inference, whose "
                "cotangents are needed. Give custom layers their inference: "
                "Layer(init, apply, vjp, inference=...)."
            )
        return lambda dy: pull(dy)[1]()

    return pullback


def _is_same(one: Array, other: Array) -> bool:
    return np.array_equal(one, other, equal_nan=one.dtype in FLOATS)
