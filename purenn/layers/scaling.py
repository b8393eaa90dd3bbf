"""A learned number for each feature: `scale`, `prelu` and `parametric`."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import attrs
import numpy as np

from purenn import checks
from purenn.array_checks import vector
from purenn.arrays import A, Array, Vector, read_only
from purenn.checks import Number
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels import activations as kernels
from purenn.kernels.elementwise import clipped, minus, plus, times
from purenn.kernels.features import feature_sums
from purenn.keys import Key
from purenn.layers._checked import checked
from purenn.layers._contract import AnyRank, FreePass, Layer, Pass, Thunk, any_rank
from purenn.layers._fitting import require_features, require_fit
from purenn.tree import EMPTY, Empty, Node


@attrs.frozen(eq=False)
class Scale(Node):
    """The parameters of `scale` and `rms_norm`: a factor for each feature, (features,)."""

    scale: Vector = attrs.field(converter=vector)


@maker
def scale() -> AnyRank[Scale, A]:
    """Multiply each feature by a learned factor, which is 1 at first."""
    return then_scaled("scale()", lambda x: (x, lambda dx: dx))


def then_scaled(
    subject: str, forward: Callable[[A], FreePass[A, A]], epsilon: float = 0.0
) -> AnyRank[Scale, A]:
    """A function, with an epsilon that must fit the dtype, and then a factor for each feature."""

    def init(key: Key, example: A) -> Scale:
        checks.fits(f"The epsilon of {subject.partition('(')[0]}", epsilon, example.dtype)
        return Scale(filled(example, 1.0))

    def vjp(params: Scale, x: A, key: Key) -> Pass[A, Scale, A]:
        require_fit(subject, params.scale, x)
        z, backward = forward(x)
        return times(z, params.scale), lambda dy: (
            Scale(feature_sums(times(dy, z))),
            lambda: backward(times(dy, params.scale)),
        )

    return any_rank(checked(subject, Scale, require_features, init, vjp))


def filled(example: Array, value: float) -> Vector:
    """A vector with an entry for each feature of the example, in its dtype."""
    return read_only(np.full(example.shape[-1], value, example.dtype))


@attrs.frozen(eq=False)
class PRelu(Node):
    """The parameters of `prelu`: the slope of each feature below 0, (features,)."""

    slope: Vector = attrs.field(converter=vector)


@maker
def prelu(slope: Number = 0.25) -> AnyRank[PRelu, A]:
    """Parametric ReLU: `x` where it is positive, else `slope * x`, with a slope for each feature.

    `slope` is the initial value. The derivative at 0 is the slope. He, Zhang, Ren and Sun, "Delving
    Deep into Rectifiers" (2015).
    """
    subject = f"prelu({slope})"

    def init(key: Key, example: A) -> PRelu:
        checks.fits("The slope of prelu", slope, example.dtype)
        return PRelu(filled(example, slope))

    def vjp(params: PRelu, x: A, key: Key) -> Pass[A, PRelu, A]:
        require_fit(subject, params.slope, x)
        return kernels.prelu(x, params.slope), lambda dy: (
            PRelu(feature_sums(times(clipped(x, -inf, 0.0), dy))),
            lambda: kernels.prelu_cotangent(x, dy, params.slope),
        )

    return any_rank(checked(subject, PRelu, require_features, init, vjp))


@attrs.frozen(eq=False)
class Parametric(Node):
    """The parameters of `parametric`: the share of the activation in each feature, (features,)."""

    share: Vector = attrs.field(converter=vector)


@maker
def parametric(activation: Layer[Empty, A, A]) -> AnyRank[Parametric, A]:
    """`x + (f(x) - x) * share` for an activation f, with a learned share, 1 at first, per feature.

    With a share of 0 it is the identity. Holzmüller, Grinsztajn and Steinwart, "Better by Default"
    (2024).
    """
    subject = f"parametric({activation!r})"

    def init(key: Key, example: A) -> Parametric:
        own: object = activation.init(key, example)
        if not isinstance(own, Empty) or activation.apply(own, example).shape != example.shape:
            expected = "an activation without parameters that keeps the shape of its input"
            raise ShapeError(subject, f"expected {expected}.")
        return Parametric(filled(example, 1.0))

    def apply(params: Parametric, x: A) -> A:
        require_fit(subject, params.share, x)
        return plus(x, times(minus(activation.apply(EMPTY, x), x), params.share))

    def vjp(params: Parametric, x: A, key: Key) -> Pass[A, Parametric, A]:
        require_fit(subject, params.share, x)
        value, pull_inner = activation.vjp(EMPTY, x, key)
        difference = minus(value, x)

        def pull(dy: A) -> tuple[Parametric, Thunk[A]]:
            def dx() -> A:
                through = times(dy, params.share)
                return plus(minus(dy, through), pull_inner(through)[1]())

            return Parametric(feature_sums(times(dy, difference))), dx

        return plus(x, times(difference, params.share)), pull

    return any_rank(checked(subject, Parametric, require_features, init, vjp, apply))
