"""A learned factor for each feature, by itself or after a normalization."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np

from purenn.arrays import A, Array, Vector, read_only, require_floats, vector
from purenn.expressions import maker
from purenn.kernels.elementwise import times
from purenn.kernels.features import feature_sums
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk, keyless
from purenn.layers._fitting import require_features, require_params
from purenn.tree import Node


@attrs.frozen(eq=False)
class Scale(Node):
    """The parameters of `scale` and `rms_norm`: a factor for each feature, (features,)."""

    scale: Vector = attrs.field(converter=vector)


@maker
def scale() -> Layer[Scale, A, A]:
    """Multiply each feature by a learned factor, which is 1 at first."""
    return then_scaled("scale()", lambda x: (x, lambda dx: dx), lambda example: None)


def then_scaled(
    subject: str, forward: Callable[[A], tuple[A, Callable[[A], A]]], check: Callable[[A], None]
) -> Layer[Scale, A, A]:
    """A function to its output and the output's pullback, then a factor for each feature."""

    def init(key: Key, example: A) -> Scale:
        require_floats(subject, example, 2)
        check(example)
        return Scale(filled(example, 1.0))

    def scaled(params: Scale, x: A) -> tuple[A, Pullback[A, Scale, A]]:
        require_params(subject, params, Scale)
        require_features(subject, params.scale, x)
        z, backward = forward(x)

        def pull(dy: A) -> tuple[Scale, Thunk[A]]:
            grads = Scale(feature_sums(times(dy, z)))
            return grads, lambda: backward(times(dy, params.scale))

        return times(z, params.scale), pull

    return keyless(init, scaled)


def filled(example: Array, value: float) -> Vector:
    """A vector of so many features, in the dtype of the example."""
    return read_only(np.full(example.shape[-1], value, example.dtype))
