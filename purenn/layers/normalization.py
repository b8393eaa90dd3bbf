"""Normalizations: of each sample by itself, and `batch_norm`, of each feature over the batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf, nan, prod

import attrs
import numpy as np

from purenn import checks
from purenn.array_checks import vector
from purenn.arrays import A, Vector, read_only, typed_like
from purenn.checks import Count, Fraction, Inner
from purenn.errors import ParametersError, ShapeError
from purenn.expressions import maker
from purenn.kernels import features, norms
from purenn.kernels.elementwise import times, times_plus
from purenn.keys import Key
from purenn.layers._checked import checked
from purenn.layers._contract import AnyRank, FreePass, Pass, Thunk, any_rank
from purenn.layers._fitting import require_features, require_fit
from purenn.layers.scaling import Scale, filled, then_scaled
from purenn.tree import Frozen, Node

BATCH_NORM = "batch_norm()"


@attrs.frozen(eq=False)
class Affine(Node):
    """The parameters of `layer_norm` and `group_norm`, each (features,).

    The scale, 1 at first, multiplies the normalized values; the shift, 0 at first, is then added.
    """

    scale: Vector = attrs.field(converter=vector)
    shift: Vector = attrs.field(converter=vector)


@maker
def layer_norm(epsilon: Inner = 1e-5) -> AnyRank[Affine, A]:
    """Layer normalization: mean 0 and variance 1 along the last axis, then scale and shift.

    `(x - mean) / sqrt(variance + epsilon) * scale + shift`. The epsilon is above 0, below 1, and
    must not vanish in the dtype of the example. Ba, Kiros and Hinton, "Layer Normalization" (2016).
    """
    return _affine("layer_norm()", 1, epsilon, _by_rows)


@maker
def group_norm(groups: Count, epsilon: Inner = 1e-5) -> AnyRank[Affine, A]:
    """Group normalization: each group of features of a sample with mean 0 and variance 1.

    Both are taken over all axes between the first and the last too, such as rows and columns of
    images; then each feature is scaled and shifted. `groups` must divide the number of features; as
    many groups as features make instance normalization. The epsilon is that of `layer_norm`. Wu and
    He, "Group Normalization" (2018).
    """
    return _affine(f"group_norm({groups})", groups, epsilon, _by_groups)


@maker
def rms_norm(epsilon: Inner = 1e-6) -> AnyRank[Scale, A]:
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
) -> AnyRank[Affine, A]:
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

    return any_rank(checked(subject, Affine, check, init, vjp))


def _by_rows(params: Affine, x: A, groups: int, epsilon: float) -> Pass[A, Affine, A]:
    """Each group of features at each place standardized by itself, then scaled and shifted."""
    z, backward = _standardized(x, groups, epsilon, is_centred=True)
    return times_plus(z, params.scale, params.shift), lambda dy: (
        Affine(features.feature_sums(times(dy, z)), features.feature_sums(dy)),
        lambda: backward(times(dy, params.scale)),
    )


def _standardized(x: A, groups: int, epsilon: float, *, is_centred: bool) -> FreePass[A, A]:
    """Each group of features at each place standardized by itself, and the pullback."""
    width = x.shape[-1] // groups
    z, inverse = norms.standardized(x.reshape(-1, width), epsilon, is_centred=is_centred)

    def backward(dz: A) -> A:
        dx = norms.standardized_cotangent(z, inverse, dz.reshape(-1, width), is_centred=is_centred)
        return typed_like(dx.reshape(x.shape), x)

    return typed_like(z.reshape(x.shape), x), backward


def _by_groups(params: Affine, x: A, groups: int, epsilon: float) -> Pass[A, Affine, A]:
    """Each group of features of a sample standardized at all places, then scaled and shifted."""
    if x.ndim == 2:
        return _by_rows(params, x, groups, epsilon)
    places = (x.shape[0], prod(x.shape[1:-1]), x.shape[-1])
    y, centred = norms.normalized(x.reshape(places), groups, epsilon, params.scale, params.shift)

    def pull(dy: A) -> tuple[Affine, Thunk[A]]:
        given = dy.reshape(places)
        sums = norms.sums(centred, given)

        def dx() -> A:
            slopes = norms.normalized_cotangent(centred, given, params.scale, *sums, groups)
            return typed_like(slopes.reshape(x.shape), x)

        return Affine(*map(norms.sample_sums, sums)), dx

    return typed_like(y.reshape(x.shape), x), pull


def _held(statistics: Frozen[Vector]) -> Frozen[Vector]:
    checks.instance("Statistics of BatchNorm", statistics, Frozen, "Give Frozen(vector).")
    return Frozen(vector(statistics.value))


@attrs.frozen(eq=False)
class BatchNorm(Node):
    """The parameters of batch normalization, each (features,): scale and shift as in `Affine`.

    No optimizer moves the running mean and variance. The variance is biased like the batch's own,
    unlike PyTorch's.
    """

    scale: Vector = attrs.field(converter=vector)
    shift: Vector = attrs.field(converter=vector)
    mean: Frozen[Vector] = attrs.field(converter=_held)
    variance: Frozen[Vector] = attrs.field(converter=_held)


@maker
def batch_norm(decay: Fraction = 0.9, epsilon: Inner = 1e-5) -> AnyRank[BatchNorm, A]:
    """Batch normalization of each feature over all axes but the last, then scale and shift.

    Training uses the batch's mean and variance and moves the running ones towards them:
    `mean <- decay * mean + (1 - decay) * batch_mean`, where PyTorch's momentum is `1 - decay`.
    Training needs at least two samples; inference uses the running statistics. The epsilon is added
    to the variance, and must not vanish in the dtype of the example. A variance that overflows
    gives NaN in training. Ioffe and Szegedy, "Batch Normalization" (2015).
    """

    def init(key: Key, example: A) -> BatchNorm:
        checks.fits("The epsilon of batch_norm", epsilon, example.dtype)
        one, zero = filled(example, 1.0), filled(example, 0.0)
        return BatchNorm(one, zero, Frozen(zero), Frozen(one))

    def training(params: BatchNorm, x: A, key: Key) -> Pass[A, BatchNorm, A]:
        if x.shape[0] < 2:
            cure = "Leave out a last batch of one, as in batches[:-1], or take another size."
            problem = f"expected a batch of at least 2 samples to train on. {cure}"
            raise ShapeError(BATCH_NORM, problem)
        mean, variance = features.moments(x)
        known: Vector = np.where(variance < inf, variance, nan)  # else all would be its shift
        return _normalized(params, x, (mean, known), epsilon, decay)

    def inference(params: BatchNorm, x: A, key: Key) -> Pass[A, BatchNorm, A]:
        mean, variance = params.mean.value, params.variance.value
        if (variance < 0.0).any():
            got = f"{variance.min():.3g}. Give it deviations², or train it"
            raise ParametersError(BATCH_NORM, f"expected a running variance ≥ 0, got {got}.")
        return _normalized(params, x, (mean, variance), epsilon, None)

    steady = checked(BATCH_NORM, BatchNorm, require_features, init, inference)
    trained = checked(BATCH_NORM, BatchNorm, require_features, init, training)
    return any_rank(attrs.evolve(trained, apply=steady.apply, inference=steady))


def _normalized(
    params: BatchNorm, x: A, moments: tuple[Vector, Vector], epsilon: float, decay: float | None
) -> Pass[A, BatchNorm, A]:
    """Each feature normalized by these moments: of the batch, or constants if there is no decay."""
    for leaf in (params.scale, params.shift, params.mean.value, params.variance.value):
        require_fit(BATCH_NORM, leaf, x)
    mean, variance = moments
    inverse: Vector = 1.0 / np.sqrt(variance + variance.dtype.type(epsilon))
    factor: Vector = params.scale * inverse

    def moved(running: Frozen[Vector], new: Vector) -> Frozen[Vector]:
        if decay is None:
            return running
        value: Vector = x.dtype.type(decay) * running.value + x.dtype.type(1.0 - decay) * new
        return Frozen(read_only(value))

    def pull(dy: A) -> tuple[BatchNorm, Thunk[A]]:
        along: Vector = features.product_sums(x, mean, dy).astype(x.dtype) * inverse
        scale, shift = read_only(along), features.feature_sums(dy)

        def dx() -> A:
            if decay is None:
                return times(dy, factor)
            count = x.dtype.type(x.size // x.shape[-1])
            slope = scale * inverse / count
            return features.normalized_cotangent(x, mean, dy, shift / count, slope, factor)

        statistics = moved(params.mean, mean), moved(params.variance, variance)
        return BatchNorm(scale, shift, *statistics), dx

    return features.normalized(x, mean, factor, params.shift), pull
