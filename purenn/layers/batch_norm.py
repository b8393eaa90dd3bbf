"""Batch normalization: each feature with mean 0 and variance 1 over the batch."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import A, Array, Vector, read_only, require_floats, typed_like, vector
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels.elementwise import standardize, times
from purenn.kernels.norms import feature_sums
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk, require_fit, require_params
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
        mean = _feature_mean(x)
        centred: Array = x - mean
        variance = _feature_mean(centred * centred)
        deviation = np.sqrt(variance + x.dtype.type(small))
        z = centred / deviation
        y = read_only(typed_like(z * params.scale + params.shift, x))

        def mixed(old: Vector, new: Vector) -> Frozen[Vector]:
            value: Vector = x.dtype.type(kept) * old + x.dtype.type(1.0 - kept) * new
            return Frozen(read_only(value))

        def pull(dy: A) -> tuple[BatchNorm, Thunk[A]]:
            along, level = _feature_mean(dy * z), _feature_mean(dy)
            count = x.dtype.type(x.size // x.shape[-1])

            def dx() -> A:
                slope = (dy - level - z * along) * (params.scale / deviation)
                return read_only(typed_like(slope, x))

            moved = (mixed(params.mean.value, mean), mixed(params.variance.value, variance))
            scale, shift = read_only(along * count), read_only(level * count)
            return BatchNorm(scale, shift, *moved), dx

        return y, pull

    inference = _by_running_statistics(init, small)
    return attrs.evolve(inference, vjp=vjp, inference=inference)


def _by_running_statistics(
    init: Callable[[Key, A], BatchNorm], epsilon: float
) -> Layer[BatchNorm, A, A]:
    def deviation_of(params: BatchNorm) -> Vector:
        variance = params.variance.value
        deviation: Vector = np.sqrt(variance + variance.dtype.type(epsilon))
        return deviation

    def apply(params: BatchNorm, x: A) -> A:
        _require_fit(params, x)
        factor = params.scale / deviation_of(params)
        y = x * factor + (params.shift - params.mean.value * factor)
        return read_only(typed_like(y, x))

    def vjp(params: BatchNorm, x: A, key: Key) -> tuple[A, Pullback[A, BatchNorm, A]]:
        def pull(dy: A) -> tuple[BatchNorm, Thunk[A]]:
            deviation = deviation_of(params)
            z = standardize(x, params.mean.value, deviation)
            slopes, sums = feature_sums(times(z, dy)), feature_sums(dy)
            grads = BatchNorm(slopes, sums, params.mean, params.variance)
            return grads, lambda: times(dy, params.scale / deviation)

        return apply(params, x), pull

    return Layer(init, apply, vjp)


def _feature_mean(x: Array) -> Vector:
    rows = x.reshape(-1, x.shape[-1])
    mean: Vector = np.add.reduce(rows, axis=0, dtype=np.float64) / rows.shape[0]
    return mean.astype(x.dtype)


def _require_fit(params: BatchNorm, x: A) -> None:
    require_params(SUBJECT, params, BatchNorm)
    require_floats(SUBJECT, x, 2)
    require_fit(SUBJECT, params.scale, x)
