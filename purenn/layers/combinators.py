"""Layers made of layers: `block`, `residual`, `branches`, `beside`, `shared` and `frozen`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

import attrs
import numpy as np

from purenn import checks
from purenn.array_checks import require_array
from purenn.arrays import FLOATS, A, Array, P, Q, W, X, Y, Z
from purenn.errors import OptionError, ShapeError
from purenn.expressions import maker, rebuilt
from purenn.kernels.elementwise import plus
from purenn.keys import Key
from purenn.layers._checked import anything, checked
from purenn.layers._contract import Layer, Pass, Thunk
from purenn.layers._fitting import located, repacked, require_pair
from purenn.tree import Frozen, Node, leaves, map_pairs


@attrs.frozen(eq=False)
class Block(Node, Generic[P]):
    """The parameters of `block`, `residual` and `repeated`: those of the layer inside."""

    inner: P


@maker
def block(inner: Layer[P, X, Y]) -> Layer[Block[P], X, Y]:
    """Make a layer one part of any chain: `>>` does not take it apart.

    In a function that takes any layer, write `block(inner) >> head`: of `inner >> head`, mypy
    infers two parts, which is wrong if `inner` is a chain.

    >>> from purenn.layers import linear, relu
    >>> len(block(linear(8) >> relu()) >> block(linear(8) >> relu()))
    2
    """
    return wrapping("block(...)", inner, inner.vjp, inner.apply)


def wrapping(
    subject: str,
    inner: Layer[P, X, Y],
    vjp: Callable[[P, X, Key], Pass[Y, P, X]],
    apply: Callable[[P, X], Y],
) -> Layer[Block[P], X, Y]:
    """A layer of these functions with the parameters of another, in a block of their own."""

    def vjp_block(params: Block[P], x: X, key: Key) -> Pass[Y, Block[P], X]:
        return repacked(vjp(params.inner, x, key), lambda grads, dx: (Block(grads), dx))

    def init(key: Key, example: X) -> Block[P]:
        return Block(inner.init(key, example))

    return checked(subject, Block, anything, init, vjp_block, lambda own, x: apply(own.inner, x))


@maker
def residual(inner: Layer[P, A, A]) -> Layer[Block[P], A, A]:
    """`x + inner(x)`, of one shape. He, Zhang, Ren and Sun, "Deep Residual Learning" (2016).

    Where the shape changes, use a projection as the shortcut, as they do:

    >>> from purenn.layers import add, batch_norm, branches, conv
    >>> projected = branches(conv(8, 3, stride=2) >> batch_norm(), conv(8, 1, stride=2)) >> add()
    """

    def added(x: A, y: A) -> A:
        for part in (x, y):
            require_array("residual(...)", part)
        if x.shape != y.shape:
            expected = f"a layer that keeps the shape {x.shape}"
            cure = "Or project x: branches(inner, projection) >> add()."
            raise ShapeError("residual(...)", f"expected {expected}, got {y.shape}. {cure}")
        return plus(x, y)

    def vjp(params: P, x: A, key: Key) -> Pass[A, P, A]:
        y, pull_inner = inner.vjp(params, x, key)

        def pull(dy: A) -> tuple[P, Thunk[A]]:
            grads, dx = pull_inner(dy)
            return grads, lambda: added(dy, dx())

        return added(x, y), pull

    return wrapping("residual(...)", inner, vjp, lambda params, x: added(x, inner.apply(params, x)))


@attrs.frozen(eq=False)
class Both(Node, Generic[P, Q]):
    """The parameters of two layers side by side."""

    first: P
    second: Q


@maker
def beside(
    first: Layer[P, X, Y], second: Layer[Q, W, Z]
) -> Layer[Both[P, Q], tuple[X, W], tuple[Y, Z]]:
    """Two layers side by side, each with its own input: `(x, w) -> (first(x), second(w))`."""

    def init(key: Key, x: tuple[X, W]) -> Both[P, Q]:
        one = located(0, first.init, key.child("layer", 0), x[0])
        return Both(one, located(1, second.init, key.child("layer", 1), x[1]))

    def apply(params: Both[P, Q], x: tuple[X, W]) -> tuple[Y, Z]:
        y = located(0, first.apply, params.first, x[0])
        return y, located(1, second.apply, params.second, x[1])

    def vjp(
        params: Both[P, Q], x: tuple[X, W], key: Key
    ) -> Pass[tuple[Y, Z], Both[P, Q], tuple[X, W]]:
        y, pull_one = located(0, first.vjp, params.first, x[0], key.child("layer", 0))
        z, pull_other = located(1, second.vjp, params.second, x[1], key.child("layer", 1))

        def pull(dyz: tuple[Y, Z]) -> tuple[Both[P, Q], Thunk[tuple[X, W]]]:
            if not checks.is_pair(dyz):
                expected = "expected a cotangent for each of two outputs"
                raise ShapeError("A pullback", f"{expected}, got {checks.described(dyz)}.")
            (p, dx), (q, dw) = pull_one(dyz[0]), pull_other(dyz[1])
            return Both(p, q), lambda: (dx(), dw())

        return (y, z), pull

    return checked("beside(...)", Both, require_pair, init, vjp, apply)


@maker
def shared(inner: Layer[P, X, Y]) -> Layer[Block[P], tuple[X, X], tuple[Y, Y]]:
    """One layer with two inputs, and the same parameters for both: siamese nets.

    The initial parameters are those for the first input. The gradient is the sum over both; for a
    frozen part it holds the second's next value.

    >>> from purenn.layers import linear, multiply, relu
    >>> shared(linear(32) >> relu() >> linear(8)) >> multiply() >> linear(1)
    shared(linear(32) >> relu() >> linear(8)) >> multiply() >> linear(1)
    """
    both = beside(inner, inner)

    def apply(params: Block[P], x: tuple[X, X]) -> tuple[Y, Y]:
        return both.apply(Both(params.inner, params.inner), x)

    def vjp(params: Block[P], x: tuple[X, X], key: Key) -> Pass[tuple[Y, Y], Block[P], tuple[X, X]]:
        found = both.vjp(Both(params.inner, params.inner), x, key)
        return repacked(
            found, lambda grads, dx: (Block(map_pairs(plus, grads.second, grads.first)), dx)
        )

    def init(key: Key, x: tuple[X, X]) -> Block[P]:
        return Block(inner.init(key, x[0]))

    return checked("shared(...)", Block, require_pair, init, vjp, apply)


@maker
def branches(first: Layer[P, X, Y], second: Layer[Q, X, Z]) -> Layer[Both[P, Q], X, tuple[Y, Z]]:
    """Two layers with the same input, an array or a pair: `x -> (first(x), second(x))`."""
    both = beside(first, second)

    def vjp(params: Both[P, Q], x: X, key: Key) -> Pass[tuple[Y, Z], Both[P, Q], X]:
        found = both.vjp(params, (x, x), key)
        return repacked(found, lambda grads, dxs: (grads, lambda: map_pairs(plus, *dxs())))

    return Layer(
        lambda key, x: both.init(key, (x, x)), lambda params, x: both.apply(params, (x, x)), vjp
    )


def steady(layer: Layer[P, X, Y]) -> Layer[P, X, Y]:
    """The layer of the same parameters whose training is this one's inference."""
    made = rebuilt(layer, Layer, steady)
    return made if made.inference is None else steady(made.inference)


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


@maker
def frozen(inner: Layer[P, X, Y]) -> Layer[Frozen[P], X, Y]:
    """Freeze a layer, as in transfer learning: no optimizer moves its parameters.

    It runs in inference mode in training too: dropout drops nothing, and batch normalization uses
    its running statistics. Put parameters that were trained before into a `Frozen`, and take them
    out of its `value` to train them again:

    >>> import numpy as np
    >>> import purenn as nn
    >>> body, head = nn.linear(4) >> nn.relu(), nn.linear(2)
    >>> trained = (body >> head).init(nn.Key(0), np.ones((1, 3)))
    >>> model, params = frozen(body) >> head, (nn.Frozen(trained[:2]), trained[2])
    >>> model.apply(params, np.ones((1, 3))).shape
    (1, 2)
    >>> whole = (*params[0].value, params[1])  # for body >> head
    """
    pullback = inference_pullback(inner)

    def init(key: Key, example: X) -> Frozen[P]:
        return Frozen(inner.init(key, example))

    def vjp(params: Frozen[P], x: X, key: Key) -> Pass[Y, Frozen[P], X]:
        y = inner.apply(params.value, x)

        def pull(dy: Y) -> tuple[Frozen[P], Thunk[X]]:
            return params, lambda: pullback(params.value, x, y)(dy)

        return y, pull

    return checked("frozen(...)", Frozen, anything, init, vjp)
