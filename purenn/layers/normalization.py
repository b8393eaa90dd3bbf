"""Normalizations of each sample by itself: `layer_norm`, `rms_norm` and `group_norm`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod

import attrs

from purenn import checks
from purenn.arrays import A, Vector, typed_like, vector
from purenn.checks import Count, Inner
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels import norms as kernels
from purenn.kernels.elementwise import times, times_plus
from purenn.kernels.features import feature_sums
from purenn.keys import Key
from purenn.layers._contract import FreePass, Layer, Pass, Thunk, checked
from purenn.layers._fitting import require_features, require_fit
from purenn.layers.scaling import Scale, filled, then_scaled
from purenn.tree import Node


@attrs.frozen(eq=False)
class Affine(Node):
    """The parameters of `layer_norm` and `group_norm`, each (features,).

    Args:
        scale: multiplies the normalized features; 1 at first.
        shift: is added to the products; 0 at first.
    """

    scale: Vector = attrs.field(converter=vector)
    shift: Vector = attrs.field(converter=vector)


@maker
def layer_norm(epsilon: Inner = 1e-5) -> Layer[Affine, A, A]:
    """Layer normalization: mean 0 and variance 1 along the last axis, then scale and shift.

    `(x - mean) / sqrt(variance + epsilon) * scale + shift`. The epsilon is above 0, below 1, and
    must not vanish in the dtype of the example. Ba, Kiros and Hinton, "Layer Normalization" (2016).
    """
    return _affine("layer_norm()", 1, epsilon, _by_rows)


@maker
def group_norm(groups: Count, epsilon: Inner = 1e-5) -> Layer[Affine, A, A]:
    """Group normalization: each group of features of a sample with mean 0 and variance 1.

    Both are over all axes between the first and the last as well, such as rows and columns of
    images; then each feature is scaled and shifted. `groups` must divide the number of features; as
    many groups as features make instance normalization. The epsilon is that of `layer_norm`. Wu and
    He, "Group Normalization" (2018).
    """
    return _affine(f"group_norm({groups})", groups, epsilon, _by_groups)


@maker
def rms_norm(epsilon: Inner = 1e-6) -> Layer[Scale, A, A]:
    """Root mean square normalization along the last axis: `x / sqrt(mean(x²) + epsilon) * scale`.

    The epsilon is that of `layer_norm`. Zhang and Sennrich, "Root Mean Square Layer Normalization"
    (2019).
    """
    forward = partial(_standardized, groups=1, epsilon=epsilon, is_centred=False)
    return then_scaled("rms_norm()", forward, epsilon)


def _affine(
    subject: str,
    groups: int,
    epsilon: float,
    forward: Callable[[Affine, A, int, float], Pass[A, Affine, A]],
) -> Layer[Affine, A, A]:
    """A layer that scales and shifts, with checks of examples and inputs."""

    def check(subject: str, x: A) -> None:
        require_features(subject, x)
        if x.shape[-1] % groups:
            expected = f"a number of features that {groups} divides"
            raise ShapeError(subject, f"expected {expected}, got {x.shape[-1]}.")

    def init(key: Key, example: A) -> Affine:
        checks.fits(f"The epsilon of {subject.partition('(')[0]}", epsilon, example.dtype)
        return Affine(filled(example, 1.0), filled(example, 0.0))

    def vjp(params: Affine, x: A, key: Key) -> Pass[A, Affine, A]:
        require_fit(subject, params.scale, x)
        require_fit(subject, params.shift, x)
        return forward(params, x, groups, epsilon)

    return checked(subject, Affine, check, init, vjp)


def _by_rows(params: Affine, x: A, groups: int, epsilon: float) -> Pass[A, Affine, A]:
    """Each group of features at each place standardized by itself, then scaled and shifted."""
    z, backward = _standardized(x, groups, epsilon, is_centred=True)
    return times_plus(z, params.scale, params.shift), lambda dy: (
        Affine(feature_sums(times(dy, z)), feature_sums(dy)),
        lambda: backward(times(dy, params.scale)),
    )


def _standardized(x: A, groups: int, epsilon: float, *, is_centred: bool) -> FreePass[A, A]:
    """Each group of features at each place standardized by itself, and the pullback."""
    width = x.shape[-1] // groups
    z, inverse = kernels.standardized(x.reshape(-1, width), epsilon, is_centred=is_centred)

    def backward(dz: A) -> A:
        slopes = dz.reshape(-1, width)
        dx = kernels.standardized_cotangent(z, inverse, slopes, is_centred=is_centred)
        return typed_like(dx.reshape(x.shape), x)

    return typed_like(z.reshape(x.shape), x), backward


def _by_groups(params: Affine, x: A, groups: int, epsilon: float) -> Pass[A, Affine, A]:
    """Each group of features of a sample standardized at all places, then scaled and shifted."""
    if x.ndim == 2:
        return _by_rows(params, x, groups, epsilon)
    places = (x.shape[0], prod(x.shape[1:-1]), x.shape[-1])
    y, centred = kernels.normalized(x.reshape(places), groups, epsilon, params.scale, params.shift)

    def pull(dy: A) -> tuple[Affine, Thunk[A]]:
        given = dy.reshape(places)
        sums = kernels.sums(centred, given)

        def dx() -> A:
            slopes = kernels.normalized_cotangent(centred, given, params.scale, *sums, groups)
            return typed_like(slopes.reshape(x.shape), x)

        return Affine(*map(kernels.sample_sums, sums)), dx

    return typed_like(y.reshape(x.shape), x), pull
