"""Layers made of layers: `block`, `residual`, `branches`, `beside` and `frozen`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

import attrs

from purenn import checks
from purenn.arrays import A
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels.elementwise import plus
from purenn.keys import Key
from purenn.layers._contract import Layer, P, Pullback, Q, Thunk, W, X, Y, Z, placed
from purenn.layers._fitting import require_params
from purenn.layers._inference import inference_pullback
from purenn.tree import Frozen, Node, map_pairs


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
    checks.instance("The layer of block(...)", layer, Layer)
    return wrapping("block(...)", layer, layer.apply, layer.vjp)


def wrapping(
    subject: str,
    inner: Layer[P, X, Y],
    apply: Callable[[P, X], Y],
    vjp: Callable[[P, X, Key], tuple[Y, Pullback[Y, P, X]]],
) -> Layer[Block[P], X, Y]:
    """A layer with the parameters of another, in a block of their own."""
    checks.instance(f"The layer of {subject}", inner, Layer)

    def apply_block(params: Block[P], x: X) -> Y:
        require_params(subject, params, Block)
        return apply(params.inner, x)

    def vjp_block(params: Block[P], x: X, key: Key) -> tuple[Y, Pullback[Y, Block[P], X]]:
        require_params(subject, params, Block)
        y, pull_inner = vjp(params.inner, x, key)

        def pull(dy: Y) -> tuple[Block[P], Thunk[X]]:
            grads, dx = pull_inner(dy)
            return Block(grads), dx

        return y, pull

    return Layer(lambda key, x: Block(inner.init(key, x)), apply_block, vjp_block)


@maker
def residual(inner: Layer[P, A, A]) -> Layer[Block[P], A, A]:
    """`x + inner(x)`, of one shape. He, Zhang, Ren and Sun, "Deep Residual Learning" (2016)."""

    def vjp(params: P, x: A, key: Key) -> tuple[A, Pullback[A, P, A]]:
        y, pull_inner = inner.vjp(params, x, key)

        def pull(dy: A) -> tuple[P, Thunk[A]]:
            grads, dx = pull_inner(dy)
            return grads, lambda: _added(dy, dx())

        return _added(x, y), pull

    return wrapping(
        "residual(...)", inner, lambda params, x: _added(x, inner.apply(params, x)), vjp
    )


def _added(x: A, y: A) -> A:
    if x.shape != y.shape:
        expected = f"a layer that keeps the shape {x.shape}"
        raise ShapeError("residual(...)", f"expected {expected}, got {y.shape}.")
    return plus(x, y)


@attrs.frozen(eq=False)
class Both(Node, Generic[P, Q]):
    """The parameters of two layers side by side."""

    first: P
    second: Q


@maker
def beside(
    first: Layer[P, X, Y], second: Layer[Q, W, Z]
) -> Layer[Both[P, Q], tuple[X, W], tuple[Y, Z]]:
    """Two layers with an input for each: the beginning of a model of several inputs."""
    one, other = placed(first, 0), placed(second, 1)

    def init(key: Key, x: tuple[X, W]) -> Both[P, Q]:
        _require_pair(x)
        return Both(one.init(key, x[0]), other.init(key, x[1]))

    def apply(params: Both[P, Q], x: tuple[X, W]) -> tuple[Y, Z]:
        require_params("beside(...)", params, Both)
        _require_pair(x)
        return one.apply(params.first, x[0]), other.apply(params.second, x[1])

    def vjp(
        params: Both[P, Q], x: tuple[X, W], key: Key
    ) -> tuple[tuple[Y, Z], Pullback[tuple[Y, Z], Both[P, Q], tuple[X, W]]]:
        require_params("beside(...)", params, Both)
        _require_pair(x)
        y, pull_one = one.vjp(params.first, x[0], key)
        z, pull_other = other.vjp(params.second, x[1], key)

        def pull(dyz: tuple[Y, Z]) -> tuple[Both[P, Q], Thunk[tuple[X, W]]]:
            (p, dx), (q, dw) = pull_one(dyz[0]), pull_other(dyz[1])
            return Both(p, q), lambda: (dx(), dw())

        return (y, z), pull

    return Layer(init, apply, vjp)


def _require_pair(x: object) -> None:
    if not checks.is_pair(x):
        raise ShapeError("beside(...)", "expected a pair of inputs, one for each layer.")


@maker
def branches(first: Layer[P, X, Y], second: Layer[Q, X, Z]) -> Layer[Both[P, Q], X, tuple[Y, Z]]:
    """Two layers with one input for both, be it an array or a pair."""
    both = beside(first, second)

    def vjp(
        params: Both[P, Q], x: X, key: Key
    ) -> tuple[tuple[Y, Z], Pullback[tuple[Y, Z], Both[P, Q], X]]:
        y, pull_both = both.vjp(params, (x, x), key)

        def pull(dyz: tuple[Y, Z]) -> tuple[Both[P, Q], Thunk[X]]:
            grads, dxs = pull_both(dyz)
            return grads, lambda: map_pairs(plus, *dxs())

        return y, pull

    return Layer(
        lambda key, x: both.init(key, (x, x)), lambda params, x: both.apply(params, (x, x)), vjp
    )


@maker
def frozen(inner: Layer[P, X, Y]) -> Layer[Frozen[P], X, Y]:
    """A layer whose parameters stay as they are: transfer learning.

    It runs in inference mode in training too, so what it computes stays as it is as well: dropout
    in it drops nothing, and batch normalization uses its running statistics.
    """
    checks.instance("The layer of frozen(...)", inner, Layer)
    pullback = inference_pullback(inner)

    def apply(params: Frozen[P], x: X) -> Y:
        require_params("frozen(...)", params, Frozen)
        return inner.apply(params.value, x)

    def vjp(params: Frozen[P], x: X, key: Key) -> tuple[Y, Pullback[Y, Frozen[P], X]]:
        y = apply(params, x)

        def pull(dy: Y) -> tuple[Frozen[P], Thunk[X]]:
            def dx() -> X:
                return pullback(params.value, x, y)(dy)[1]()

            return params, dx

        return y, pull

    return Layer(lambda key, x: Frozen(inner.init(key, x)), apply, vjp)
