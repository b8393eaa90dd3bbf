"""Batch normalization: each feature with mean 0 and variance 1 over the batch."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import A, Vector, read_only, require_floats, vector
from purenn.checks import Fraction, Positive
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels import features as kernels
from purenn.kernels.elementwise import times
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk
from purenn.layers._fitting import require_fit, require_params
from purenn.layers.scaling import filled
from purenn.tree import Frozen, Node

SUBJECT = "batch_norm()"


def _held(statistics: Frozen[Vector]) -> Frozen[Vector]:
    checks.instance("Statistics of BatchNorm", statistics, Frozen, "Give Frozen(vector).")
    return Frozen(vector(statistics.value))


@attrs.frozen(eq=False)
class BatchNorm(Node):
    """The parameters of batch normalization, each (features,).

    Args:
        scale: what the normalized features are multiplied by.
        shift: what is added then.
        mean: the running mean; no optimizer moves it.
        variance: the running variance, biased like the batch's own; no optimizer moves it.
    """

    scale: Vector = attrs.field(converter=vector)
    shift: Vector = attrs.field(converter=vector)
    mean: Frozen[Vector] = attrs.field(converter=_held)
    variance: Frozen[Vector] = attrs.field(converter=_held)


@maker
def batch_norm(decay: Fraction = 0.9, epsilon: Positive = 1e-5) -> Layer[BatchNorm, A, A]:
    """Normalize each feature over the batch and all axes but the last, then scale and shift.

    Training uses the batch's mean and variance and moves the running ones towards them:
    `mean <- decay * mean + (1 - decay) * batch_mean`. Inference uses the running ones.
    Ioffe and Szegedy, "Batch Normalization" (2015).

    The decay is from 0 to below 1. The epsilon, which is added to the variance, is above 0 and must
    not vanish in the dtype of the example.
    """

    def init(key: Key, example: A) -> BatchNorm:
        require_floats(SUBJECT, example, 2)
        checks.fits("The epsilon of batch_norm", epsilon, example.dtype)
        one, zero = filled(example, 1.0), filled(example, 0.0)
        return BatchNorm(one, zero, Frozen(zero), Frozen(one))

    def vjp(params: BatchNorm, x: A, key: Key) -> tuple[A, Pullback[A, BatchNorm, A]]:
        _require_fit(params, x)
        if x.shape[0] < 2:
            raise ShapeError(SUBJECT, "expected a batch of at least 2 samples to train on.")
        mean, variance = kernels.moments(x)
        inverse = _inverse_deviation(variance, epsilon)
        factor: Vector = params.scale * inverse
        y = kernels.normalized(x, mean, factor, params.shift)

        def mixed(old: Vector, new: Vector) -> Frozen[Vector]:
            value: Vector = x.dtype.type(decay) * old + x.dtype.type(1.0 - decay) * new
            return Frozen(read_only(value))

        def pull(dy: A) -> tuple[BatchNorm, Thunk[A]]:
            scale, shift = _sums(x, mean, inverse, dy)

            def dx() -> A:
                count = x.dtype.type(x.size // x.shape[-1])
                level, along = shift / count, scale * inverse / count
                return kernels.normalized_cotangent(x, mean, dy, level, along, factor)

            moved = (mixed(params.mean.value, mean), mixed(params.variance.value, variance))
            return BatchNorm(scale, shift, *moved), dx

        return y, pull

    inference = _by_running_statistics(init, epsilon)
    return attrs.evolve(inference, vjp=vjp, inference=inference)


def _by_running_statistics(
    init: Callable[[Key, A], BatchNorm], epsilon: float
) -> Layer[BatchNorm, A, A]:
    def apply(params: BatchNorm, x: A) -> A:
        _require_fit(params, x)
        factor: Vector = params.scale * _inverse_deviation(params.variance.value, epsilon)
        return kernels.normalized(x, params.mean.value, factor, params.shift)

    def vjp(params: BatchNorm, x: A, key: Key) -> tuple[A, Pullback[A, BatchNorm, A]]:
        def pull(dy: A) -> tuple[BatchNorm, Thunk[A]]:
            inverse = _inverse_deviation(params.variance.value, epsilon)
            sums = _sums(x, params.mean.value, inverse, dy)
            grads = BatchNorm(*sums, params.mean, params.variance)
            return grads, lambda: times(dy, params.scale * inverse)

        return apply(params, x), pull

    return Layer(init, apply, vjp)


def _inverse_deviation(variance: Vector, epsilon: float) -> Vector:
    inverse: Vector = 1.0 / np.sqrt(variance + variance.dtype.type(epsilon))
    return inverse


def _sums(x: A, mean: Vector, inverse: Vector, dy: A) -> tuple[Vector, Vector]:
    """The slopes of scale and shift."""
    scale: Vector = kernels.product_sums(x, mean, dy) * inverse
    return read_only(scale), kernels.feature_sums(dy)


def _require_fit(params: BatchNorm, x: A) -> None:
    require_params(SUBJECT, params, BatchNorm)
    require_floats(SUBJECT, x, 2)
    for leaf in (params.scale, params.shift, params.mean.value, params.variance.value):
        require_fit(SUBJECT, leaf, x)
