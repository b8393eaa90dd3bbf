"""Layers that stay whole inside of a chain: `block`, and what wraps another layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import attrs

from purenn.expressions import maker
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk, require_layer, require_params
from purenn.tree import Node

P = TypeVar("P")
X = TypeVar("X")
Y = TypeVar("Y")


@attrs.frozen(eq=False)
class Block(Node, Generic[P]):
    """The parameters of a layer that stays whole inside of a chain."""

    inner: P


@maker
def block(layer: Layer[P, X, Y]) -> Layer[Block[P], X, Y]:
    """A layer that stays whole inside of a longer chain, on the left of `>>` and on the right.

    >>> from purenn.layers import linear, relu
    >>> len(block(linear(8) >> relu()) >> block(linear(8) >> relu()))
    2
    """
    require_layer(layer)
    return wrapping(layer, layer.apply, layer.vjp)


def wrapping(
    inner: Layer[P, X, Y],
    apply: Callable[[P, X], Y],
    vjp: Callable[[P, X, Key], tuple[Y, Pullback[Y, P, X]]],
) -> Layer[Block[P], X, Y]:
    """A layer with the parameters of another, in a block of their own."""

    def init(key: Key, x: X) -> Block[P]:
        return Block(inner.init(key, x))

    def apply_block(params: Block[P], x: X) -> Y:
        return apply(unwrapped(params, inner), x)

    def vjp_block(params: Block[P], x: X, key: Key) -> tuple[Y, Pullback[Y, Block[P], X]]:
        y, pull_inner = vjp(unwrapped(params, inner), x, key)

        def pull(dy: Y) -> tuple[Block[P], Thunk[X]]:
            grads, dx = pull_inner(dy)
            return Block(grads), dx

        return y, pull

    return Layer(init, apply_block, vjp_block)


def unwrapped(params: Block[P], layer: object) -> P:
    """What is in a block of parameters."""
    require_params(f"{layer!r}", params, Block)
    return params.inner
