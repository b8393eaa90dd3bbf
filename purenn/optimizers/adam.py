"""Adagrad, RMSprop, Adam and their kin: each entry is divided by the root of its past squares."""

from __future__ import annotations

import attrs
import numpy as np

from purenn.arrays import Array, Leaves
from purenn.checks import Fraction, NotNegative, Positive
from purenn.expressions import maker
from purenn.kernels import updates as kernels
from purenn.kernels.memory import empty_like
from purenn.optimizers._contract import Transform
from purenn.optimizers._optimizer import Optimizer, descend
from purenn.optimizers.elementwise import entrywise, fitting, total_weight
from purenn.optimizers.scaling import Where, matrices, scale_by_trust_ratio
from purenn.optimizers.scaling import weight_decay as add_decayed_weights
from purenn.schedules import Schedule
from purenn.tree import Empty, Node


@attrs.frozen(eq=False)
class Squares(Node):
    """The sum of the squared gradients, or their decaying mean."""

    square: Leaves


@maker
def scale_by_adagrad(epsilon: Positive = 1e-10) -> Transform[Squares]:
    """Adagrad: `g / (sqrt(s) + epsilon)`, where s is the sum of the squared gradients so far.

    Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic
    Optimization" (2011), in the diagonal form, with the epsilon outside the root, as in PyTorch.
    """

    def rule(step: int, g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        np.multiply(g, g, out)
        np.add(old[0], out, new[0])
        return kernels.over_root(g, new[0], epsilon, out)

    return fitting(entrywise(Squares, rule), {"The epsilon of scale_by_adagrad": epsilon})


@maker
def adagrad(rate: float | Schedule, epsilon: Positive = 1e-10) -> Optimizer[Squares]:
    """Adagrad: `descend(scale_by_adagrad(epsilon), rate)`."""
    return descend(scale_by_adagrad(epsilon), rate)


@maker
def scale_by_rms(
    decay: Fraction = 0.9, epsilon: Positive = 1e-8, *, bias_correction: bool = False
) -> Transform[Squares]:
    """RMSprop: `g / (sqrt(v) + epsilon)`, where v is the decaying mean of the squared gradients.

    Tieleman and Hinton, "Lecture 6.5 - RMSProp" (2012), with the epsilon outside the root, as in
    PyTorch. With `bias_correction`, v is divided by `1 - decay^t` at step t = 1, 2, ...
    """

    def rule(step: int, g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        np.multiply(g, g, out)
        square = kernels.flush_subnormals(kernels.blend(old[0], decay, out, out, new[0]), step)
        if bias_correction:
            return kernels.adam_direction(g, square, 1.0, total_weight(decay, step), epsilon, out)
        return kernels.over_root(g, square, epsilon, out)

    return fitting(entrywise(Squares, rule), {"The epsilon of scale_by_rms": epsilon})


@maker
def rmsprop(
    rate: float | Schedule, decay: Fraction = 0.9, epsilon: Positive = 1e-8
) -> Optimizer[Squares]:
    """RMSprop: `descend(scale_by_rms(decay, epsilon), rate)`.

    With momentum: `descend(scale_by_rms() >> momentum(0.9), rate)`. The default decay is that of
    optax and Keras; PyTorch has 0.99.
    """
    return descend(scale_by_rms(decay, epsilon), rate)


@attrs.frozen(eq=False)
class Moments(Node):
    """The decaying sums of the gradients and of their squares: means, up to a factor.

    Sums take fewer operations, and the factors go into the correction of the bias.
    """

    mean: Leaves
    square: Leaves


def _weights(decay: float, step: int) -> float:
    """The sum of the weights in a decaying sum, of which the first was 1 at step 0."""
    return total_weight(decay, step) / (1.0 - decay)


@maker
def scale_by_adam(
    b1: Fraction = 0.9, b2: Fraction = 0.999, epsilon: Positive = 1e-8
) -> Transform[Moments]:
    """Adam: `m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + epsilon)` at step t = 1, 2, ...

    Here m and v are the decaying means of the gradient and of its square. Kingma and Ba, "Adam: a
    Method for Stochastic Optimization" (2015), algorithm 1: the epsilon outside the root. The state
    holds `m / (1 - b1)` and `v / (1 - b2)`: to continue with other decays, multiply each by
    `(1 - old) / (1 - new)`, so that m and v do not jump.
    """

    def rule(step: int, g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        mean, square = kernels.add_moments(g, b1, b2, step, out, old, new)
        parts = _weights(b1, step), _weights(b2, step)
        return kernels.adam_direction(mean, square, *parts, epsilon, out)

    return fitting(entrywise(Moments, rule), {"The epsilon of scale_by_adam": epsilon})


@maker
def adam(
    rate: float | Schedule, b1: Fraction = 0.9, b2: Fraction = 0.999, epsilon: Positive = 1e-8
) -> Optimizer[Moments]:
    """Adam: `descend(scale_by_adam(b1, b2, epsilon), rate)`."""
    return descend(scale_by_adam(b1, b2, epsilon), rate)


@maker
def adamw(
    rate: float | Schedule,
    b1: Fraction = 0.9,
    b2: Fraction = 0.999,
    epsilon: Positive = 1e-8,
    weight_decay: NotNegative = 0.01,
    where: Where = matrices,
) -> Optimizer[tuple[Moments, Empty]]:
    """AdamW: `descend(scale_by_adam(b1, b2, epsilon) >> weight_decay(...), rate)`.

    The decay is multiplied by the rate, as in PyTorch and optax, and its default is PyTorch's;
    optax has 0.0001. Vectors do not decay by default.
    """
    return descend(scale_by_adam(b1, b2, epsilon) >> add_decayed_weights(weight_decay, where), rate)


@maker
def scale_by_nadam(
    b1: Fraction = 0.9, b2: Fraction = 0.999, epsilon: Positive = 1e-8
) -> Transform[Moments]:
    """`(b1 * m / (1 - b1^(t+1)) + (1 - b1) * g / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)`.

    At step t = 1, 2, ..., with m and v as in `scale_by_adam`. Dozat, "Incorporating Nesterov
    Momentum into Adam" (2016), with a constant b1, as in optax; PyTorch lets it grow.
    """

    def rule(step: int, g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        mean, square = kernels.add_moments(g, b1, b2, step, out, old, new)
        kernels.scale(g, 1.0 / _weights(b1, step), out)
        spare = empty_like(g)
        looking = kernels.scale_and_add(mean, b1 / _weights(b1, step + 1), out, spare, spare)
        return kernels.adam_direction(looking, square, 1.0, _weights(b2, step), epsilon, out)

    return fitting(entrywise(Moments, rule), {"The epsilon of scale_by_nadam": epsilon})


@maker
def nadam(
    rate: float | Schedule, b1: Fraction = 0.9, b2: Fraction = 0.999, epsilon: Positive = 1e-8
) -> Optimizer[Moments]:
    """NAdam: `descend(scale_by_nadam(b1, b2, epsilon), rate)`."""
    return descend(scale_by_nadam(b1, b2, epsilon), rate)


@attrs.frozen(eq=False)
class Maxima(Node):
    """The moments of Adam, and the largest mean square so far, corrected for its bias."""

    mean: Leaves
    square: Leaves
    largest: Leaves


@maker
def scale_by_amsgrad(
    b1: Fraction = 0.9, b2: Fraction = 0.999, epsilon: Positive = 1e-8
) -> Transform[Maxima]:
    """AMSGrad: `m / (1 - b1^t) / (sqrt(n) + epsilon)`, with `n <- max(n, v / (1 - b2^t))`.

    Reddi, Kale and Kumar, "On the Convergence of Adam and Beyond" (2018), with the bias corrected
    before the maximum, as in optax; PyTorch corrects it afterwards, so that its divisor may fall.
    """

    def rule(step: int, g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        mean, square = kernels.add_moments(g, b1, b2, step, out, old, new)
        np.maximum(old[2], kernels.scale(square, 1.0 / _weights(b2, step), out), out=new[2])
        return kernels.adam_direction(mean, new[2], _weights(b1, step), 1.0, epsilon, out)

    return fitting(entrywise(Maxima, rule), {"The epsilon of scale_by_amsgrad": epsilon})


@maker
def amsgrad(
    rate: float | Schedule, b1: Fraction = 0.9, b2: Fraction = 0.999, epsilon: Positive = 1e-8
) -> Optimizer[Maxima]:
    """AMSGrad: `descend(scale_by_amsgrad(b1, b2, epsilon), rate)`."""
    return descend(scale_by_amsgrad(b1, b2, epsilon), rate)


@maker
def lamb(
    rate: float | Schedule,
    b1: Fraction = 0.9,
    b2: Fraction = 0.999,
    epsilon: Positive = 1e-6,
    weight_decay: NotNegative = 0.01,
    where: Where = matrices,
) -> Optimizer[tuple[Moments, Empty, Empty]]:
    """LAMB: `descend(scale_by_adam(...) >> weight_decay(...) >> scale_by_trust_ratio(), rate)`.

    The moments are corrected for their bias, and the norm of the update includes the decay.
    """
    direction = scale_by_adam(b1, b2, epsilon) >> add_decayed_weights(weight_decay, where)
    return descend(direction >> scale_by_trust_ratio(), rate)
