"""Layers built again of others, from what they are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard

from purenn.expressions import Call
from purenn.layers._contract import AnyLayer, Layer, P, X, Y, chain


def rebuilt(layer: Layer[P, X, Y], change: Callable[[AnyLayer], AnyLayer]) -> Layer[P, X, Y]:
    """The layer, made of what `change` gives for each layer that it is made of.

    One that is made of no others, or that does not say of which, is given back itself.
    """
    call = Call(chain, layer.parts) if len(layer) > 1 else layer.expression
    if call is None:
        return layer
    if not any(
        isinstance(value, Layer) for value in (*call.arguments, *dict(call.options).values())
    ):
        return layer

    def changed(value: object) -> object:
        return change(value) if isinstance(value, Layer) else value

    options = tuple([(name, changed(value)) for name, value in call.options])
    made = Call(call.maker, tuple(map(changed, call.arguments)), options)()
    return made if _is_like(made, layer) else layer


def _is_like(made: object, layer: Layer[P, X, Y]) -> TypeGuard[Layer[P, X, Y]]:
    return isinstance(made, Layer)
