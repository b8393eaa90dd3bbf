"""Batch normalization: each feature with mean 0 and variance 1 over the batch."""

from __future__ import annotations

from math import inf, nan

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import A, Vector, read_only, vector
from purenn.checks import Fraction, Inner
from purenn.errors import ShapeError
from purenn.expressions import maker
from purenn.kernels import features as kernels
from purenn.kernels.elementwise import times
from purenn.keys import Key
from purenn.layers._contract import Layer, Pass, Thunk, checked
from purenn.layers._fitting import require_features, require_fit
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
        scale: multiplies the normalized features; 1 at first.
        shift: is added to the products; 0 at first.
        mean: the running mean; no optimizer moves it.
        variance: the running variance, biased like the batch's own; no optimizer moves it.
    """

    scale: Vector = attrs.field(converter=vector)
    shift: Vector = attrs.field(converter=vector)
    mean: Frozen[Vector] = attrs.field(converter=_held)
    variance: Frozen[Vector] = attrs.field(converter=_held)


@maker
def batch_norm(decay: Fraction = 0.9, epsilon: Inner = 1e-5) -> Layer[BatchNorm, A, A]:
    """Batch normalization of each feature over all axes but the last, then scale and shift.

    Training uses the batch's mean and variance and moves the running ones towards them:
    `mean <- decay * mean + (1 - decay) * batch_mean`, where PyTorch's momentum is `1 - decay`.
    Training needs at least two samples; inference uses the running ones. The epsilon is added to
    the variance, and must not vanish in the dtype of the example. A variance that overflows gives
    NaN in training. Ioffe and Szegedy, "Batch Normalization" (2015).
    """

    def init(key: Key, example: A) -> BatchNorm:
        checks.fits("The epsilon of batch_norm", epsilon, example.dtype)
        one, zero = filled(example, 1.0), filled(example, 0.0)
        return BatchNorm(one, zero, Frozen(zero), Frozen(one))

    def training(params: BatchNorm, x: A, key: Key) -> Pass[A, BatchNorm, A]:
        if x.shape[0] < 2:
            cure = "Leave out a last batch of one, as in batches[:-1], or take another size."
            raise ShapeError(SUBJECT, f"expected a batch of at least 2 samples to train on. {cure}")
        mean, variance = kernels.moments(x)
        known: Vector = np.where(variance < inf, variance, nan)  # else all would be its shift
        return _normalized(params, x, (mean, known), epsilon, decay)

    def inference(params: BatchNorm, x: A, key: Key) -> Pass[A, BatchNorm, A]:
        running = params.mean.value, params.variance.value
        return _normalized(params, x, running, epsilon, None)

    steady = checked(SUBJECT, BatchNorm, require_features, init, inference)
    trained = checked(SUBJECT, BatchNorm, require_features, init, training)
    return attrs.evolve(trained, apply=steady.apply, inference=steady)


def _normalized(
    params: BatchNorm, x: A, moments: tuple[Vector, Vector], epsilon: float, decay: float | None
) -> Pass[A, BatchNorm, A]:
    """Each feature normalized by these moments: of the batch, or constants if there is no decay."""
    for leaf in (params.scale, params.shift, params.mean.value, params.variance.value):
        require_fit(SUBJECT, leaf, x)
    mean, variance = moments
    inverse: Vector = 1.0 / np.sqrt(variance + variance.dtype.type(epsilon))
    factor: Vector = params.scale * inverse

    def moved(running: Frozen[Vector], new: Vector) -> Frozen[Vector]:
        if decay is None:
            return running
        value: Vector = x.dtype.type(decay) * running.value + x.dtype.type(1.0 - decay) * new
        return Frozen(read_only(value))

    def pull(dy: A) -> tuple[BatchNorm, Thunk[A]]:
        along: Vector = kernels.product_sums(x, mean, dy) * inverse
        scale, shift = read_only(along), kernels.feature_sums(dy)

        def dx() -> A:
            if decay is None:
                return times(dy, factor)
            count = x.dtype.type(x.size // x.shape[-1])
            slope = scale * inverse / count
            return kernels.normalized_cotangent(x, mean, dy, shift / count, slope, factor)

        statistics = moved(params.mean, mean), moved(params.variance, variance)
        return BatchNorm(scale, shift, *statistics), dx

    return kernels.normalized(x, mean, factor, params.shift), pull
