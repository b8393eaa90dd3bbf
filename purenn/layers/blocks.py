"""Layers that stay whole inside of a chain: `block`, and what wraps another layer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic

import attrs

from purenn import checks
from purenn.expressions import maker
from purenn.keys import Key
from purenn.layers._contract import Layer, P, Pullback, Thunk, X, Y, require_params
from purenn.tree import Node


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
    checks.instance("The layer of block", layer, Layer)
    return wrapping("block(...)", layer, layer.apply, layer.vjp)


def wrapping(
    subject: str,
    inner: Layer[P, X, Y],
    apply: Callable[[P, X], Y],
    vjp: Callable[[P, X, Key], tuple[Y, Pullback[Y, P, X]]],
) -> Layer[Block[P], X, Y]:
    """A layer with the parameters of another, in a block of their own."""

    def init(key: Key, x: X) -> Block[P]:
        return Block(inner.init(key, x))

    def apply_block(params: Block[P], x: X) -> Y:
        require_params(subject, params, Block)
        return apply(params.inner, x)

    def vjp_block(params: Block[P], x: X, key: Key) -> tuple[Y, Pullback[Y, Block[P], X]]:
        require_params(subject, params, Block)
        y, pull_inner = vjp(params.inner, x, key)
        return y, partial(_pulled, pull_inner)

    return Layer(init, apply_block, vjp_block)


def _pulled(pull_inner: Pullback[Y, P, X], dy: Y) -> tuple[Block[P], Thunk[X]]:
    grads, dx = pull_inner(dy)
    return Block(grads), dx
