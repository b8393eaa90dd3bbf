"""The types of layers, models and their parameters are exact."""

from __future__ import annotations

from typing import TypeVar, assert_type

import numpy as np

import purenn as nn
from purenn import Empty, Linear
from purenn.arrays import Array, Images, Labels, Matrix, Vector
from purenn.layers import (
    BatchNorm,
    Block,
    Both,
    Embedding,
    Stack,
    beside,
    block,
    branches,
    concatenate,
    embedding,
    frozen,
    repeated,
    stack,
)
from purenn.tree import leaves, rebuild, to_dtype

KEY = nn.Key(0)

A = TypeVar("A", bound=Array)

x: Matrix = np.ones((2, 4), np.float32)
images: Images = np.ones((2, 4, 4, 1), np.float32)
labels: Labels = np.array([0, 1])

# A chain's parameters are the exact tuple of its layers'.
model = nn.linear(3) >> nn.batch_norm() >> nn.relu() >> frozen(nn.linear(1))
Params = tuple[Linear, BatchNorm, Empty, nn.Frozen[Linear]]
assert_type(model, nn.Layer[Params, Matrix, Matrix])
params = model.init(KEY, x)
assert_type(params[0].weight, Matrix)
assert_type(params[1].mean, nn.Frozen[Vector])
assert_type(params[3].value.bias, Vector)

# What stays whole does so on either side, whatever begins it.
whole = block(nn.dropout(0.1) >> nn.linear(2)) >> nn.tanh() >> block(nn.linear(1) >> nn.relu())
Whole = tuple[Block[tuple[Empty, Linear]], Empty, Block[tuple[Linear, Empty]]]
assert_type(whole.init(KEY, x), Whole)
blocks = nn.linear(2) >> stack(*[block(nn.linear(2) >> nn.relu()) for _ in range(3)])
assert_type(blocks.init(KEY, x), tuple[Linear, Stack[Block[tuple[Linear, Empty]]]])
again = nn.linear(3) >> repeated(nn.linear(3) >> nn.tanh(), 2)
assert_type(again.init(KEY, x), tuple[Linear, Block[tuple[Linear, Empty]]])
skip = nn.dropout(0.5) >> nn.residual(nn.linear(4)) >> nn.leaky_relu()
assert_type(skip, nn.Layer[tuple[Empty, Block[Linear], Empty], Matrix, Matrix])
forked = branches(nn.linear(2), nn.tanh()) >> concatenate() >> nn.linear(1)
assert_type(forked, nn.Layer[tuple[Both[Linear, Empty], Empty, Linear], Matrix, Matrix])
joined = beside(nn.flatten() >> nn.linear(2), embedding(9, 2)) >> concatenate()
Joined = tuple[Both[tuple[Empty, Linear], Embedding], Empty]
assert_type(joined, nn.Layer[Joined, tuple[Images, Labels], Matrix])
assert_type(joined.init(KEY, (images, labels)), Joined)


# Layers of one's own, of images and of any rank, take their place in a chain.
@nn.maker
def shifted(by: float) -> nn.Layer[Empty, Images, Images]:
    """A layer that adds a number."""

    def vjp(
        params: Empty, x: Images, key: nn.Key
    ) -> tuple[Images, nn.Pullback[Images, Empty, Images]]:
        return x + by, lambda dy: (params, lambda: dy)

    return nn.Layer(lambda key, x: Empty(), lambda params, x: x + by, vjp)


@nn.maker
def twice(inner: nn.Layer[Empty, A, A]) -> nn.Layer[Empty, A, A]:
    """A layer made of another."""

    def vjp(params: Empty, x: A, key: nn.Key) -> tuple[A, nn.Pullback[A, Empty, A]]:
        y, first = inner.vjp(params, x, key.child("first"))
        z, second = inner.vjp(params, y, key.child("second"))
        return z, lambda dz: first(second(dz)[1]())

    return nn.Layer(inner.init, lambda params, x: inner.apply(params, inner.apply(params, x)), vjp)


pictures = shifted(0.5) >> nn.relu() >> nn.batch_norm() >> nn.flatten() >> twice(nn.tanh())
Pictures = tuple[Empty, Empty, BatchNorm, Empty, Empty]
assert_type(pictures, nn.Layer[Pictures, Images, Matrix])
flat = nn.flatten() >> nn.linear(1)
y, pull = flat.vjp(flat.init(KEY, images), images, KEY)
assert_type(pull, nn.Pullback[Matrix, tuple[Empty, Linear], Images])
assert_type(pull(y)[1](), Images)

# Trees keep their type.
assert_type(to_dtype(params, np.dtype(np.float64))[0], Linear)
assert_type(nn.map_leaves(np.negative, params)[0], Linear)
assert_type(rebuild(params, leaves(params))[0], Linear)
