"""Normalizations of each sample by itself: `layer_norm`, `rms_norm` and `group_norm`."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import attrs

from purenn import checks
from purenn.arrays import A, Array, Matrix, Vector, require_floats, typed_like, vector
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels import groups as grouped
from purenn.kernels import norms as kernels
from purenn.kernels.elementwise import times, times_plus
from purenn.kernels.features import feature_sums
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk, keyless
from purenn.layers._fitting import require_fit, require_params
from purenn.layers.scaling import Scale, filled, then_scaled
from purenn.tree import Node


@attrs.frozen(eq=False)
class Affine(Node):
    """The parameters of `layer_norm` and `group_norm`, each (features,).

    Args:
        scale: what the normalized features are multiplied by; 1 at first.
        shift: what is added then; 0 at first.
    """

    scale: Vector = attrs.field(converter=vector)
    shift: Vector = attrs.field(converter=vector)


@maker
def layer_norm(epsilon: float = 1e-5) -> Layer[Affine, A, A]:
    """Layer normalization: mean 0 and variance 1 along the last axis, then scale and shift.

    `(x - mean) / sqrt(variance + epsilon) * scale + shift`. The epsilon is above 0 and must not
    vanish in the dtype of the example. Ba, Kiros and Hinton, "Layer Normalization" (2016).
    """
    small = checks.number("The epsilon of layer_norm", epsilon, above=0.0)
    return _affine(
        "layer_norm()",
        small,
        lambda x: None,
        lambda params, x: _by_rows(params, x, x.shape[-1], small),
    )


def _rows(x: Array, width: int) -> Matrix:
    """All of a batch in rows of that width."""
    return x.reshape(x.size // width, width)


def _by_rows(params: Affine, x: A, width: int, epsilon: float) -> tuple[A, Pullback[A, Affine, A]]:
    """Each row standardized by itself, then scaled and shifted."""
    rows, inverse = kernels.standardized(_rows(x, width), epsilon)
    z = typed_like(rows.reshape(x.shape), x)

    def pull(dy: A) -> tuple[Affine, Thunk[A]]:
        def dx() -> A:
            dz = _rows(times(dy, params.scale), width)
            slopes = kernels.standardized_cotangent(rows, inverse, dz)
            return typed_like(slopes.reshape(x.shape), x)

        grads = feature_sums(times(dy, z)), feature_sums(dy)
        return Affine(*grads), dx

    return times_plus(z, params.scale, params.shift), pull


@maker
def group_norm(groups: int, epsilon: float = 1e-5) -> Layer[Affine, A, A]:
    """Group normalization: each group of features of a sample with mean 0 and variance 1.

    The mean and the variance are over all axes but the first, so over the rows and columns of
    images too; then each feature is scaled and shifted. As many groups as features are instance
    normalization. The number of groups divides that of features. The epsilon is that of
    `layer_norm`. Wu and He, "Group Normalization" (2018).
    """
    count = checks.integer("The groups of group_norm", groups)
    small = checks.number("The epsilon of group_norm", epsilon, above=0.0)
    subject = f"group_norm({count})"

    def check(x: Array) -> None:
        if x.shape[-1] % count:
            expected = f"a number of features that {count} divides"
            raise ShapeError(subject, f"expected {expected}, got {x.shape[-1]}.")

    def forward(params: Affine, x: A) -> tuple[A, Pullback[A, Affine, A]]:
        if x.ndim == 2:
            return _by_rows(params, x, x.shape[-1] // count, small)
        return _by_groups(params, x, count, small)

    return _affine(subject, small, check, forward)


def _by_groups(
    params: Affine, x: A, groups: int, epsilon: float
) -> tuple[A, Pullback[A, Affine, A]]:
    """Each group of features of a sample standardized at all places, then scaled and shifted."""
    places = (x.shape[0], prod(x.shape[1:-1]), x.shape[-1])
    y, centred = grouped.normalized(x.reshape(places), groups, epsilon, params.scale, params.shift)

    def pull(dy: A) -> tuple[Affine, Thunk[A]]:
        given = dy.reshape(places)
        sums = grouped.sums(centred, given)

        def dx() -> A:
            slopes = grouped.normalized_cotangent(centred, given, params.scale, *sums, groups)
            return typed_like(slopes.reshape(x.shape), x)

        return Affine(*map(grouped.sample_sums, sums)), dx

    return typed_like(y.reshape(x.shape), x), pull


@maker
def rms_norm(epsilon: float = 1e-6) -> Layer[Scale, A, A]:
    """Root mean square normalization along the last axis: `x / sqrt(mean(x²) + epsilon) * scale`.

    The epsilon is that of `layer_norm`. Zhang and Sennrich, "Root Mean Square Layer Normalization"
    (2019).
    """
    small = checks.number("The epsilon of rms_norm", epsilon, above=0.0)

    def forward(x: A) -> tuple[A, Callable[[A], A]]:
        z, inverse = kernels.standardized(_rows(x, x.shape[-1]), small, is_centred=False)

        def backward(dz: A) -> A:
            dx = kernels.standardized_cotangent(
                z, inverse, _rows(dz, x.shape[-1]), is_centred=False
            )
            return typed_like(dx.reshape(x.shape), x)

        return typed_like(z.reshape(x.shape), x), backward

    def check(example: A) -> None:
        checks.fits("The epsilon of rms_norm", small, example.dtype)

    return then_scaled("rms_norm()", forward, check)


def _affine(
    subject: str,
    epsilon: float,
    check: Callable[[A], None],
    forward: Callable[[Affine, A], tuple[A, Pullback[A, Affine, A]]],
) -> Layer[Affine, A, A]:
    """A layer that scales and shifts, with checks of examples and inputs."""

    def init(key: Key, example: A) -> Affine:
        require_floats(subject, example, 2)
        check(example)
        checks.fits(f"The epsilon of {subject.partition('(')[0]}", epsilon, example.dtype)
        return Affine(filled(example, 1.0), filled(example, 0.0))

    def checked(params: Affine, x: A) -> tuple[A, Pullback[A, Affine, A]]:
        require_params(subject, params, Affine)
        require_floats(subject, x, 2)
        require_fit(subject, params.scale, x)
        require_fit(subject, params.shift, x)
        check(x)
        return forward(params, x)

    return keyless(init, checked)
