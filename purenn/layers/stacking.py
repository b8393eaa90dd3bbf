"""Layers in a row: `stack` with parameters for each, `repeated` with the same for all."""

from __future__ import annotations

from functools import reduce
from typing import Generic

import attrs

from purenn import checks
from purenn.arrays import P, X
from purenn.checks import Count
from purenn.errors import OptionError
from purenn.expressions import maker
from purenn.kernels.elementwise import plus
from purenn.keys import Key
from purenn.layers._checked import anything, checked
from purenn.layers._contract import Layer, Pass, in_a_row, passed
from purenn.layers._fitting import repacked
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
    for index, layer in enumerate(layers):
        checks.instance(f"Layer {index}", layer, Layer, "Give them one by one: stack(*layers).")
    row = in_a_row("stack(...)", layers)

    def init(key: Key, example: X) -> Stack[P]:
        return Stack(row._init(key, example))

    def apply(params: Stack[P], x: X) -> X:
        return row._apply(params.layers, x)

    def vjp(params: Stack[P], x: X, key: Key) -> Pass[X, Stack[P], X]:
        return repacked(row._vjp(params.layers, x, key), lambda grads, dx: (Stack(grads), dx))

    return checked("stack(...)", Stack, anything, init, vjp, apply)


@maker
def repeated(inner: Layer[P, X, X], times: Count) -> Layer[Block[P], X, X]:
    """A layer applied several times with the same parameters: shared weights.

    The gradient is the sum over all applications; for frozen parts it holds the last value.
    """

    def apply(params: P, x: X) -> X:
        for _ in range(times):
            x = inner.apply(params, x)
        return x

    def vjp(params: P, x: X, key: Key) -> Pass[X, P, X]:
        def one(index: int, own: P, x: X) -> Pass[X, P, X]:
            return inner.vjp(own, x, key.child("time", index))

        found = passed(one, [params] * times, x)
        return repacked(found, lambda grads, dx: (reduce(_plus, grads), dx))

    return wrapping("repeated(...)", inner, vjp, apply)


def _plus(sums: P, grad: P) -> P:
    return map_pairs(plus, grad, sums)
