"""Layers that compute nothing: `flatten` and `identity`."""

from __future__ import annotations

from math import prod

import numpy as np

from purenn.arrays import Images, Matrix, Shape, require_float, require_sample, seal
from purenn.keys import Key
from purenn.layer import EMPTY, Empty, Primitive, Pullback, Thunk


def flatten() -> Primitive[Empty, Images, Matrix]:
    """Images (batch, rows, columns, channels) as (batch, features), in C order."""
    name = "flatten()"

    def init(key: Key, shape: Shape) -> tuple[Empty, Shape]:
        axes = ("rows", "columns", "channels")
        require_sample(name, shape, axes, "Leave it out if the samples are flat already.")
        return EMPTY, (prod(shape),)

    def apply(params: Empty, x: Images) -> Matrix:
        require_float(name, x, 4)
        y: Matrix = np.reshape(x, (x.shape[0], prod(x.shape[1:])))
        return seal(y)

    def vjp(params: Empty, x: Images, key: Key) -> tuple[Matrix, Pullback[Matrix, Empty, Images]]:
        y = apply(params, x)

        def pull(dy: Matrix) -> tuple[Empty, Thunk[Images]]:
            def dx() -> Images:
                cotangent: Images = np.reshape(dy, x.shape)
                return seal(cotangent)

            return EMPTY, dx

        return y, pull

    return Primitive(name, init, apply, vjp)


def identity() -> Primitive[Empty, Matrix, Matrix]:
    """The layer that gives what it takes: the neutral element of `>>`."""
    name = "identity()"

    def init(key: Key, shape: Shape) -> tuple[Empty, Shape]:
        require_sample(name, shape, ("features",), "Put flatten() before it.")
        return EMPTY, shape

    def apply(params: Empty, x: Matrix) -> Matrix:
        require_float(name, x, 2)
        return seal(x.view())

    def vjp(params: Empty, x: Matrix, key: Key) -> tuple[Matrix, Pullback[Matrix, Empty, Matrix]]:
        def pull(dy: Matrix) -> tuple[Empty, Thunk[Matrix]]:
            return EMPTY, lambda: seal(dy.view())

        return apply(params, x), pull

    return Primitive(name, init, apply, vjp)
