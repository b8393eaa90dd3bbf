"""Layers in a row: `stack` with parameters for each, `repeated` with the same for all."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Generic

import attrs

from purenn.checks import Count
from purenn.errors import OptionError
from purenn.expressions import maker
from purenn.kernels.elementwise import plus
from purenn.keys import Key
from purenn.layers._contract import Layer, P, Pass, Pullback, Thunk, X, anything, checked, placed
from purenn.layers._fitting import repacked, require_entries
from purenn.layers.combinators import Block, wrapping
from purenn.tree import Node, map_pairs


@attrs.frozen(eq=False)
class Stack(Node, Generic[P]):
    """The parameters of a stack: those of each of its layers."""

    layers: tuple[P, ...]


@maker
def stack(*layers: Layer[P, X, X]) -> Layer[Stack[P], X, X]:
    """Layers in a row, however many, all with parameters of one type.

    The parameters of `a >> b >> c` are an exact tuple, as long as the expression, so that a chain
    that grows in a loop has another type each time. Those of a stack are a `tuple[P, ...]`, a type
    that does not depend on their number:

    >>> from purenn.layers import block, linear, relu
    >>> stack(*[block(linear(width) >> relu()) for width in (8, 4)])
    stack(block(linear(8) >> relu()), block(linear(4) >> relu()))
    """
    if not layers:
        raise OptionError("A stack has at least one layer. Leave it out, or use identity().")
    row = [placed(layer, index) for index, layer in enumerate(layers)]

    def init(key: Key, example: X) -> Stack[P]:
        params: list[P] = []
        for layer in row:
            params.append(layer.init(key, example))
            example = layer.apply(params[-1], example)
        return Stack(tuple(params))

    def apply(params: Stack[P], x: X) -> X:
        require_entries("stack(...)", params.layers, len(row))
        for layer, own in zip(row, params.layers, strict=True):
            x = layer.apply(own, x)
        return x

    def vjp(params: Stack[P], x: X, key: Key) -> Pass[X, Stack[P], X]:
        require_entries("stack(...)", params.layers, len(row))
        found = _in_a_row(row, params.layers, [key] * len(row), x)
        return repacked(found, lambda grads, dx: (Stack(tuple(grads)), dx))

    return checked("stack(...)", Stack, anything, init, vjp, apply)


@maker
def repeated(inner: Layer[P, X, X], times: Count) -> Layer[Block[P], X, X]:
    """A layer applied several times with the same parameters: shared weights.

    The gradient is the sum over all applications; of frozen parts it holds the last value.
    """

    def apply(params: P, x: X) -> X:
        for _ in range(times):
            x = inner.apply(params, x)
        return x

    def vjp(params: P, x: X, key: Key) -> Pass[X, P, X]:
        keys = [key.child("time", index) for index in range(times)]
        found = _in_a_row([inner] * times, [params] * times, keys, x)
        return repacked(found, lambda grads, dx: (reduce(_plus, grads), dx))

    return wrapping("repeated(...)", inner, vjp, apply)


def _plus(sums: P, grad: P) -> P:
    return map_pairs(plus, grad, sums)


def _in_a_row(
    layers: Sequence[Layer[P, X, X]], params: Sequence[P], keys: Sequence[Key], x: X
) -> Pass[X, list[P], X]:
    """The pass through layers one after the other, whose gradients come in their order."""
    pullbacks: list[Pullback[X, P, X]] = []
    for layer, own, key in zip(layers, params, keys, strict=True):
        x, pullback = layer.vjp(own, x, key)
        pullbacks.append(pullback)

    def pull(dy: X) -> tuple[list[P], Thunk[X]]:
        grad, dx = pullbacks[-1](dy)
        grads = [grad]
        for pullback in reversed(pullbacks[:-1]):
            grad, dx = pullback(dx())
            grads.append(grad)
        return grads[::-1], dx

    return x, pull
