"""Parametric activations: how much of an activation there is, is learned for each feature."""

from __future__ import annotations

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import A, Vector, read_only, vector
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels.elementwise import plus, times
from purenn.kernels.features import feature_sums
from purenn.kernels.memory import empty_like
from purenn.keys import Key
from purenn.layers._contract import Layer, Pass, Thunk, checked
from purenn.layers._fitting import require_features, require_fit
from purenn.layers.scaling import filled
from purenn.tree import EMPTY, Empty, Node


@attrs.frozen(eq=False)
class Parametric(Node):
    """The parameters of `parametric`: the share of the activation in each feature, (features,)."""

    share: Vector = attrs.field(converter=vector)


@maker
def parametric(activation: Layer[Empty, A, A]) -> Layer[Parametric, A, A]:
    """`x + (f(x) - x) * share` for an activation f, with a learned share, 1 at first, per feature.

    At 0 it is the identity. Holzmüller, Grinsztajn and Steinwart, "Better by Default" (2024).
    """
    checks.instance("The activation of parametric", activation, Layer)
    subject = f"parametric({activation!r})"

    def init(key: Key, example: A) -> Parametric:
        own: object = activation.init(key, example)
        if not isinstance(own, Empty) or activation.apply(own, example).shape != example.shape:
            expected = "an activation without parameters that keeps the shape of its input"
            raise ShapeError(subject, f"expected {expected}.")
        return Parametric(filled(example, 1.0))

    def apply(params: Parametric, x: A) -> A:
        require_fit(subject, params.share, x)
        return plus(x, times(_difference(activation.apply(EMPTY, x), x), params.share))

    def vjp(params: Parametric, x: A, key: Key) -> Pass[A, Parametric, A]:
        require_fit(subject, params.share, x)
        value, pull_inner = activation.vjp(EMPTY, x, key)
        difference = _difference(value, x)

        def pull(dy: A) -> tuple[Parametric, Thunk[A]]:
            def dx() -> A:
                through = times(dy, params.share)
                return plus(_difference(dy, through), pull_inner(through)[1]())

            return Parametric(feature_sums(times(dy, difference))), dx

        return plus(x, times(difference, params.share)), pull

    return checked(subject, Parametric, require_features, init, vjp, apply)


def _difference(x: A, y: A) -> A:
    found = empty_like(x)
    np.subtract(x, y, found)
    return read_only(found)
