"""Layers in a row whose number is known at run time only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from purenn.arrays import Shape
from purenn.keys import Key
from purenn.layer import Layer, Primitive, Pullback, Thunk, located, require_entries

P = TypeVar("P")
X = TypeVar("X")


def stack(*layers: Layer[P, X, X]) -> Primitive[tuple[P, ...], X, X]:
    """However many layers of one kind in a row; layer i takes `params[i]` and `key.fold_in(i)`.

    The parameters of `a >> b >> c` are an exact tuple, as long as the expression. Those of a stack
    are a `tuple[P, ...]` of equal parts, a type that is known whatever their number:

    >>> from purenn.layers import linear, relu
    >>> stack(*[linear(width) >> relu() for width in (8, 4)])
    stack(linear(8) >> relu(), linear(4) >> relu())

    A stack of none changes nothing.
    """
    name = f"stack({', '.join(map(repr, layers))})"
    parts = [located(index, layer) for index, layer in enumerate(layers)]

    def init(key: Key, shape: Shape) -> tuple[tuple[P, ...], Shape]:
        params: list[P] = []
        for part in parts:
            own, shape = part.init(key.fold_in(len(params)), shape)
            params.append(own)
        return tuple(params), shape

    def apply(params: tuple[P, ...], x: X) -> X:
        require_entries(name, params, len(parts))
        for part, own in zip(parts, params, strict=True):
            x = part.apply(own, x)
        return x

    def vjp(params: tuple[P, ...], x: X, key: Key) -> tuple[X, Pullback[X, tuple[P, ...], X]]:
        require_entries(name, params, len(parts))
        pullbacks: list[Pullback[X, P, X]] = []
        for part, own in zip(parts, params, strict=True):
            x, pullback = part.vjp(own, x, key.fold_in(len(pullbacks)))
            pullbacks.append(pullback)
        return x, lambda dy: _pull(pullbacks, dy)

    return Primitive(name, init, apply, vjp)


def _pull(pullbacks: Sequence[Pullback[X, P, X]], dy: X) -> tuple[tuple[P, ...], Thunk[X]]:
    def unchanged() -> X:
        return dy

    cotangent: Thunk[X] = unchanged
    grads: list[P] = []
    for pullback in reversed(pullbacks):
        grad, cotangent = pullback(cotangent())
        grads.append(grad)
    return tuple(reversed(grads)), cotangent
