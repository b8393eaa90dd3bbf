"""Normalizations of each sample by itself: `layer_norm`, `rms_norm` and `group_norm`."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import attrs

from purenn import checks
from purenn.arrays import A, Array, Matrix, Vector, require_floats, typed_like, vector
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels import groups as groups_kernels
from purenn.kernels import norms as kernels
from purenn.kernels.elementwise import times, times_plus
from purenn.kernels.features import feature_sums
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk, keyless, require_fit, require_params
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

    def forward(params: Affine, x: A) -> tuple[A, Pullback[A, Affine, A]]:
        rows, inverse = kernels.standardized(_rows(x), small)
        z = typed_like(rows.reshape(x.shape), x)

        def pull(dy: A) -> tuple[Affine, Thunk[A]]:
            def dx() -> A:
                dz = _rows(times(dy, params.scale))
                slopes = kernels.standardized_cotangent(rows, inverse, dz)
                return typed_like(slopes.reshape(x.shape), x)

            grads = feature_sums(times(dy, z)), feature_sums(dy)
            return Affine(*grads), dx

        return times_plus(z, params.scale, params.shift), pull

    return _affine("layer_norm()", small, _rows, forward)


def _rows(x: Array) -> Matrix:
    """All axes but the last as one."""
    return x.reshape(prod(x.shape[:-1]), x.shape[-1])


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

    def split(x: Array) -> Array:
        if x.shape[-1] % count:
            expected = f"a number of features that {count} divides"
            raise ShapeError(subject, f"expected {expected}, got {x.shape[-1]}.")
        return x.reshape(x.shape[0], prod(x.shape[1:-1]), x.shape[-1])

    def forward(params: Affine, x: A) -> tuple[A, Pullback[A, Affine, A]]:
        y, centred = groups_kernels.normalized(split(x), count, small, params.scale, params.shift)

        def pull(dy: A) -> tuple[Affine, Thunk[A]]:
            given = split(dy)
            sums = groups_kernels.sums(centred, given)

            def dx() -> A:
                slopes = groups_kernels.normalized_cotangent(
                    centred, given, params.scale, *sums, count
                )
                return typed_like(slopes.reshape(x.shape), x)

            return Affine(*map(groups_kernels.sample_sums, sums)), dx

        return typed_like(y.reshape(x.shape), x), pull

    return _affine(subject, small, split, forward)


@maker
def rms_norm(epsilon: float = 1e-6) -> Layer[Scale, A, A]:
    """Root mean square normalization along the last axis: `x / sqrt(mean(x²) + epsilon) * scale`.

    The epsilon is that of `layer_norm`. Zhang and Sennrich, "Root Mean Square Layer Normalization"
    (2019).
    """
    small = checks.number("The epsilon of rms_norm", epsilon, above=0.0)

    def forward(x: A) -> tuple[A, Callable[[A], A]]:
        z, inverse = kernels.standardized(_rows(x), small, is_centred=False)

        def backward(dz: A) -> A:
            dx = kernels.standardized_cotangent(z, inverse, _rows(dz), is_centred=False)
            return typed_like(dx.reshape(x.shape), x)

        return typed_like(z.reshape(x.shape), x), backward

    def check(example: A) -> None:
        checks.fits("The epsilon of rms_norm", small, example.dtype)

    return then_scaled("rms_norm()", forward, check)


def _affine(
    subject: str,
    epsilon: float,
    check: Callable[[A], object],
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
        return forward(params, x)

    return keyless(init, checked)
