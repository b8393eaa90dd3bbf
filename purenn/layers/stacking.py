"""Layers in a row whose number is known at run time only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from purenn.arrays import Shape
from purenn.errors import LocatedError
from purenn.keys import Key
from purenn.layer import Layer, Primitive, Pullback, Thunk, require_entries

P = TypeVar("P")
X = TypeVar("X")


def stack(*layers: Layer[P, X, X]) -> Primitive[tuple[P, ...], X, X]:
    """Any number of layers of one kind in a row; layer i takes `params[i]` and `key.fold_in(i)`.

    The parameters of `a >> b >> c` are an exact tuple, as long as the expression. Those of a stack
    are a `tuple[P, ...]` of equal parts, a type that is known whatever their number:

    >>> from purenn.layers import linear, relu
    >>> stack(*[linear(width) >> relu() for width in (8, 4)])
    stack(linear(8) >> relu(), linear(4) >> relu())

    A stack of none changes nothing.
    """
    name = f"stack({', '.join(map(repr, layers))})"
    located = [_located(index, layer) for index, layer in enumerate(layers)]

    def init(key: Key, shape: Shape) -> tuple[tuple[P, ...], Shape]:
        parts: list[P] = []
        for layer in located:
            part, shape = layer.init(key.fold_in(len(parts)), shape)
            parts.append(part)
        return tuple(parts), shape

    def apply(params: tuple[P, ...], x: X) -> X:
        require_entries(name, params, len(located))
        for layer, own in zip(located, params, strict=True):
            x = layer.apply(own, x)
        return x

    def vjp(params: tuple[P, ...], x: X, key: Key) -> tuple[X, Pullback[X, tuple[P, ...], X]]:
        require_entries(name, params, len(located))
        pullbacks: list[Pullback[X, P, X]] = []
        for layer, own in zip(located, params, strict=True):
            x, pullback = layer.vjp(own, x, key.fold_in(len(pullbacks)))
            pullbacks.append(pullback)
        return x, lambda dy: _pull(pullbacks, dy)

    return Primitive(name, init, apply, vjp)


def _located(index: int, layer: Layer[P, X, X]) -> Layer[P, X, X]:
    """The layer, whose errors say where in the stack it is."""

    def init(key: Key, shape: Shape) -> tuple[P, Shape]:
        try:
            return layer.init(key, shape)
        except LocatedError as error:
            raise error.inside(index) from None

    def apply(params: P, x: X) -> X:
        try:
            return layer.apply(params, x)
        except LocatedError as error:
            raise error.inside(index) from None

    def vjp(params: P, x: X, key: Key) -> tuple[X, Pullback[X, P, X]]:
        try:
            return layer.vjp(params, x, key)
        except LocatedError as error:
            raise error.inside(index) from None

    return Layer(layer.name, init, apply, vjp)


def _pull(pullbacks: Sequence[Pullback[X, P, X]], dy: X) -> tuple[tuple[P, ...], Thunk[X]]:
    def unchanged() -> X:
        return dy

    cotangent: Thunk[X] = unchanged
    grads: list[P] = []
    for pullback in reversed(pullbacks):
        grad, cotangent = pullback(cotangent())
        grads.append(grad)
    return tuple(reversed(grads)), cotangent
