"""Parametric ReLU: a leaky ReLU whose slopes are learned."""

from __future__ import annotations

import attrs

from purenn import checks
from purenn.arrays import A, Vector, vector
from purenn.checks import Number
from purenn.expressions import maker
from purenn.kernels import activations as kernels
from purenn.kernels.features import feature_sums
from purenn.keys import Key
from purenn.layers._contract import Layer, Pass, Thunk, checked
from purenn.layers._fitting import require_features, require_fit
from purenn.layers.scaling import filled
from purenn.tree import Node


@attrs.frozen(eq=False)
class PRelu(Node):
    """The parameters of `prelu`: the slope of each feature below 0, (features,)."""

    slope: Vector = attrs.field(converter=vector)


@maker
def prelu(slope: Number = 0.25) -> Layer[PRelu, A, A]:
    """`x` where it is positive and `slope * x` elsewhere, with a learned slope for each feature.

    The argument is the first value of the slopes. The derivative at 0 is the slope. He, Zhang, Ren
    and Sun, "Delving Deep into Rectifiers" (2015).
    """
    subject = f"prelu({slope})"

    def init(key: Key, example: A) -> PRelu:
        checks.fits("The slope of prelu", slope, example.dtype)
        return PRelu(filled(example, slope))

    def vjp(params: PRelu, x: A, key: Key) -> Pass[A, PRelu, A]:
        require_fit(subject, params.slope, x)

        def pull(dy: A) -> tuple[PRelu, Thunk[A]]:
            grads = PRelu(feature_sums(kernels.prelu_slopes(x, dy)))
            return grads, lambda: kernels.prelu_cotangent(x, dy, params.slope)

        return kernels.prelu(x, params.slope), pull

    return checked(subject, PRelu, require_features, init, vjp)
