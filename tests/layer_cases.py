"""Every layer that purenn exports, in a form that one test can run over.

A case hides the types of its layer: parameters and gradients come as leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import attrs
import numpy as np

import purenn as nn
from purenn.arrays import Array, Images, Leaves, Matrix, Shape, narrowed, seal

P = TypeVar("P")
X = TypeVar("X", bound=Array)
Y = TypeVar("Y", bound=Array)

Pull = Callable[[Array], tuple[Leaves, Callable[[], Array]]]


@attrs.frozen(eq=False)
class LayerCase:
    """A layer, an example of what the public function `maker` makes, over leaves."""

    maker: str
    name: str
    shape: Shape
    init: Callable[[nn.Key], tuple[Leaves, Shape]]
    apply: Callable[[Leaves, Array], Array]
    vjp: Callable[[Leaves, Array, nn.Key], tuple[Array, Pull]]


def layer_case(maker: str, layer: nn.Layer[P, X, Y], sample: X, out: Y) -> LayerCase:
    """The case of a layer that takes arrays like `sample` and gives arrays like `out`."""
    shape = sample.shape[1:]
    like, _ = layer.init(nn.Key(0), shape)

    def init(key: nn.Key) -> tuple[Leaves, Shape]:
        params, after = layer.init(key, shape)
        return nn.leaves(params), after

    def apply(leaves: Leaves, x: Array) -> Array:
        return layer.apply(nn.rebuild(like, leaves), narrowed(x, sample))

    def vjp(leaves: Leaves, x: Array, key: nn.Key) -> tuple[Array, Pull]:
        y, pullback = layer.vjp(nn.rebuild(like, leaves), narrowed(x, sample), key)

        def pull(dy: Array) -> tuple[Leaves, Callable[[], Array]]:
            grads, dx = pullback(narrowed(dy, out))
            return nn.leaves(grads), dx

        return y, pull

    return LayerCase(maker, repr(layer), shape, init, apply, vjp)


def exponential_layer() -> nn.Primitive[nn.Empty, Matrix, Matrix]:
    """An activation of one's own."""
    return nn.activation("exp()", lambda x: seal(np.exp(x)), lambda y, dy: seal(y * dy))


def layer_cases(features: int) -> tuple[LayerCase, ...]:
    """Every layer, on samples with so many features (or rows)."""
    flat: Matrix = np.zeros((1, features), np.float32)
    images: Images = np.zeros((1, features, 2, 1), np.float32)

    def dense(maker: str, layer: nn.Layer[P, Matrix, Matrix]) -> LayerCase:
        return layer_case(maker, layer, flat, flat)

    block = nn.linear(4, weight=nn.glorot_uniform()) >> nn.leaky_relu(0.1)
    head = nn.linear(3, bias=nn.constant(0.5)) >> nn.softmax()
    return (
        dense("linear", nn.linear(4)),
        dense("linear", nn.linear(2, weight=nn.lecun_uniform(), bias=nn.constant(0.3))),
        dense("relu", nn.relu()),
        dense("leaky_relu", nn.leaky_relu()),
        dense("leaky_relu", nn.leaky_relu(0.3)),
        dense("leaky_relu", nn.leaky_relu(0.0)),
        dense("sigmoid", nn.sigmoid()),
        dense("tanh", nn.tanh()),
        dense("softmax", nn.softmax()),
        dense("log_softmax", nn.log_softmax()),
        dense("identity", nn.identity()),
        dense("activation", exponential_layer()),
        dense("serial", nn.serial(nn.linear(2))),
        dense("serial", nn.linear(5) >> nn.tanh() >> nn.linear(2) >> nn.log_softmax()),
        dense("stack", nn.stack(*[nn.linear(width) >> nn.tanh() for width in (4, 3, 2)])),
        layer_case("flatten", nn.flatten(), images, flat),
        layer_case(
            "serial", nn.flatten() >> nn.serial(block) >> nn.sigmoid() >> head, images, flat
        ),
    )


LAYERS = layer_cases(3)
LARGE_LAYERS = layer_cases(24)
