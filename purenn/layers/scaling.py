"""A learned factor for each feature, by itself or after a normalization."""

from __future__ import annotations

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import A, Array, Vector, read_only, vector
from purenn.expressions import maker
from purenn.kernels.elementwise import times
from purenn.kernels.features import feature_sums
from purenn.keys import Key
from purenn.layers._contract import Differentiable, Layer, Pass, Thunk, checked
from purenn.layers._fitting import require_features, require_fit
from purenn.tree import Node


@attrs.frozen(eq=False)
class Scale(Node):
    """The parameters of `scale` and `rms_norm`: a factor for each feature, (features,)."""

    scale: Vector = attrs.field(converter=vector)


@maker
def scale() -> Layer[Scale, A, A]:
    """Multiply each feature by a learned factor, which is 1 at first."""
    return then_scaled("scale()", lambda x: (x, lambda dx: dx))


def then_scaled(
    subject: str, forward: Differentiable[A, A], epsilon: float = 0.0
) -> Layer[Scale, A, A]:
    """A function to its output and the output's pullback, then a factor for each feature.

    The epsilon of the function must not vanish in the dtype of the example.
    """

    def init(key: Key, example: A) -> Scale:
        checks.fits(f"The epsilon of {subject.partition('(')[0]}", epsilon, example.dtype)
        return Scale(filled(example, 1.0))

    def vjp(params: Scale, x: A, key: Key) -> Pass[A, Scale, A]:
        require_fit(subject, params.scale, x)
        z, backward = forward(x)

        def pull(dy: A) -> tuple[Scale, Thunk[A]]:
            grads = Scale(feature_sums(times(dy, z)))
            return grads, lambda: backward(times(dy, params.scale))

        return times(z, params.scale), pull

    return checked(subject, Scale, require_features, init, vjp)


def filled(example: Array, value: float) -> Vector:
    """A vector of so many features, in the dtype of the example."""
    return read_only(np.full(example.shape[-1], value, example.dtype))
