"""Batch normalization: each feature with mean 0 and variance 1 over the batch."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import A, Vector, read_only, require_floats, vector
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels import features as kernels
from purenn.kernels.elementwise import times
from purenn.kernels.features import feature_sums
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk
from purenn.layers._fitting import require_fit, require_params
from purenn.tree import Frozen, Node

SUBJECT = "batch_norm()"


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
    mean: Frozen[Vector]
    variance: Frozen[Vector]


@maker
def batch_norm(decay: float = 0.9, epsilon: float = 1e-5) -> Layer[BatchNorm, A, A]:
    """Normalize each feature over the batch and all axes but the last, then scale and shift.

    Training uses the batch's mean and variance and moves the running ones towards them:
    `mean <- decay * mean + (1 - decay) * batch_mean`. Inference uses the running ones.
    Ioffe and Szegedy, "Batch Normalization" (2015).

    The decay is from 0 to below 1. The epsilon, which is added to the variance, is above 0 and must
    not vanish in the dtype of the example.
    """
    kept = checks.fraction("The decay of batch_norm", decay)
    small = checks.number("The epsilon of batch_norm", epsilon, above=0.0)

    def init(key: Key, example: A) -> BatchNorm:
        require_floats(SUBJECT, example, 2)
        checks.fits("The epsilon of batch_norm", small, example.dtype)
        one: Vector = read_only(np.ones(example.shape[-1], example.dtype))
        zero: Vector = read_only(np.zeros(example.shape[-1], example.dtype))
        return BatchNorm(one, zero, Frozen(zero), Frozen(one))

    def vjp(params: BatchNorm, x: A, key: Key) -> tuple[A, Pullback[A, BatchNorm, A]]:
        _require_fit(params, x)
        if x.shape[0] < 2:
            raise ShapeError(SUBJECT, "expected a batch of at least 2 samples to train on.")
        mean, variance = kernels.moments(x)
        deviation = np.sqrt(variance + x.dtype.type(small))
        inverse: Vector = x.dtype.type(1.0) / deviation
        factor: Vector = params.scale * inverse
        y = kernels.normalized(x, mean, factor, params.shift)

        def mixed(old: Vector, new: Vector) -> Frozen[Vector]:
            value: Vector = x.dtype.type(kept) * old + x.dtype.type(1.0 - kept) * new
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

    inference = _by_running_statistics(init, small)
    return attrs.evolve(inference, vjp=vjp, inference=inference)


def _by_running_statistics(
    init: Callable[[Key, A], BatchNorm], epsilon: float
) -> Layer[BatchNorm, A, A]:
    def inverse_of(params: BatchNorm) -> Vector:
        variance = params.variance.value
        one, small = variance.dtype.type(1.0), variance.dtype.type(epsilon)
        inverse: Vector = one / np.sqrt(variance + small)
        return inverse

    def apply(params: BatchNorm, x: A) -> A:
        _require_fit(params, x)
        factor: Vector = params.scale * inverse_of(params)
        return kernels.normalized(x, params.mean.value, factor, params.shift)

    def vjp(params: BatchNorm, x: A, key: Key) -> tuple[A, Pullback[A, BatchNorm, A]]:
        def pull(dy: A) -> tuple[BatchNorm, Thunk[A]]:
            inverse = inverse_of(params)
            sums = _sums(x, params.mean.value, inverse, dy)
            grads = BatchNorm(*sums, params.mean, params.variance)
            return grads, lambda: times(dy, params.scale * inverse)

        return apply(params, x), pull

    return Layer(init, apply, vjp)


def _sums(x: A, mean: Vector, inverse: Vector, dy: A) -> tuple[Vector, Vector]:
    """The slopes of scale and shift."""
    scale: Vector = kernels.product_sums(x, mean, dy) * inverse
    return read_only(scale), feature_sums(dy)


def _require_fit(params: BatchNorm, x: A) -> None:
    require_params(SUBJECT, params, BatchNorm)
    require_floats(SUBJECT, x, 2)
    require_fit(SUBJECT, params.scale, x)
