"""Activations: layers without parameters that keep shape and dtype, for batches of any rank."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated

import numpy as np

from purenn import checks
from purenn.array_checks import require_floats
from purenn.arrays import A, Array, typed_like, view
from purenn.checks import Fraction
from purenn.errors import ShapeError
from purenn.expressions import maker, with_ops
from purenn.kernels import activations as kernels
from purenn.kernels import curves
from purenn.kernels.activations import applied
from purenn.kernels.elementwise import times
from purenn.kernels.ops import Ops
from purenn.layers._checked import Check, without_params
from purenn.layers._contract import AnyRank, FreePass, any_rank
from purenn.layers._fitting import require_features
from purenn.tree import Empty

Alpha = Annotated[float, partial(checks.number, least=1e-30, most=1e30)]
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805  # keep mean 0 and variance 1


@maker
def activation(
    forward: Callable[[A], A], backward: Callable[[A, A], A], name: str = "activation"
) -> AnyRank[Empty, A]:
    """An activation of your own, from functions `x -> y` and `(y, dy) -> dx`.

    The second is given the output y, not x. Both keep shape and dtype. Error messages use the name.
    """

    def kept(y: object, x: A) -> A:
        if not isinstance(y, np.ndarray) or (y.shape, y.dtype) != (x.shape, x.dtype):
            expected = f"a function that gives {checks.described(x)} for one"
            raise ShapeError(name, f"expected {expected}, got {checks.described(y)}.")
        return view(typed_like(y, x))  # which may be x itself

    return pointwise(lambda x: kept(forward(x), x), lambda y, dy: kept(backward(y, dy), dy), name)


def pointwise(
    forward: Callable[[A], A],
    backward: Callable[[A, A], A],
    subject: str,
    check: Check[A] = require_floats,
) -> AnyRank[Empty, A]:
    """`activation`, of functions that give read-only arrays, and with another check of inputs."""

    def with_pullback(x: A) -> FreePass[A, A]:
        y = forward(x)
        return y, partial(backward, y)

    return any_rank(without_params(subject, check, with_pullback, forward))


def _of_ops(
    forward: Callable[[Ops, A], A],
    backward: Callable[[A, A], A],
    subject: str,
    check: Check[A] = require_floats,
) -> AnyRank[Empty, A]:
    """`pointwise`, of a function that computes with operations."""
    return with_ops(lambda ops: pointwise(partial(forward, ops), backward, subject, check))


def _curve(rule: curves.Rule, subject: str) -> AnyRank[Empty, A]:
    """An activation whose slopes follow from its input, from the rule for both."""

    def forward(x: A) -> FreePass[A, A]:
        y, slope = curves.values_and_slopes(rule, x)
        return y, lambda dy: times(dy, slope)  # a cotangent of another shape does not fit

    apply = partial(curves.values, rule)
    return any_rank(without_params(subject, require_floats, forward, apply))


def _curve_of_ops(
    rule: Callable[[Ops, Array, Array, Array | None], object], subject: str
) -> AnyRank[Empty, A]:
    return with_ops(lambda ops: _curve(partial(rule, ops), subject))


@maker
def relu() -> AnyRank[Empty, A]:
    """Rectified linear unit: `max(x, 0)`. Its derivative at 0 is taken as 0."""
    return pointwise(kernels.relu, kernels.relu_cotangent, "relu()")


@maker
def leaky_relu(slope: Fraction = 0.01) -> AnyRank[Empty, A]:
    """Leaky ReLU: `x` where it is positive and `slope * x` elsewhere.

    Its derivative at 0 is the slope, which is ≥ 0 and < 1. Maas, Hannun and Ng, "Rectifier
    Nonlinearities Improve Neural Network Acoustic Models" (2013).
    """
    forward = partial(kernels.leaky_relu, slope=slope)
    backward = partial(kernels.leaky_relu_cotangent, slope=slope)
    return pointwise(forward, backward, f"leaky_relu({slope})")


@maker
def sigmoid() -> AnyRank[Empty, A]:
    """The logistic function `1 / (1 + exp(-x))`, without overflow."""
    return _of_ops(lambda ops, x: applied(ops.sigmoid, x), kernels.sigmoid_cotangent, "sigmoid()")


@maker
def exponential() -> AnyRank[Empty, A]:
    """`exp(x)`, for positive outputs; infinite where it overflows."""

    @np.errstate(over="ignore")
    def forward(ops: Ops, x: A) -> A:
        return applied(ops.exp, x)

    return _of_ops(forward, kernels.exponential_cotangent, "exponential()")


@maker
def tanh() -> AnyRank[Empty, A]:
    """The hyperbolic tangent."""
    return _of_ops(lambda ops, x: applied(ops.tanh, x), kernels.tanh_cotangent, "tanh()")


@maker
def softmax() -> AnyRank[Empty, A]:
    """Probabilities: `exp(x) / sum(exp(x))` along the last axis, the features, without overflow.

    To train a classifier, leave it out and use `softmax_cross_entropy`, which takes logits.
    """
    return _of_ops(kernels.softmax, kernels.softmax_cotangent, "softmax()", require_features)


@maker
def log_softmax() -> AnyRank[Empty, A]:
    """The logarithm of `softmax`, which stays finite where the probability underflows."""

    def make(ops: Ops) -> AnyRank[Empty, A]:
        forward, backward = kernels.log_softmax, kernels.log_softmax_cotangent
        both = partial(forward, ops), partial(backward, ops)
        return pointwise(*both, "log_softmax()", require_features)

    return with_ops(make)


@maker
def elu(alpha: Alpha = 1.0) -> AnyRank[Empty, A]:
    """Exponential linear unit: `x` where it is positive and `alpha * (exp(x) - 1)` elsewhere.

    Its derivative at 0 is alpha, which is from 1e-30 to 1e30. Clevert, Unterthiner and Hochreiter,
    "Fast and Accurate Deep Network Learning by Exponential Linear Units (ELUs)" (2016).
    """
    return _curve_of_ops(partial(curves.elu, alpha=alpha, scale=1.0), f"elu({alpha})")


@maker
def selu() -> AnyRank[Empty, A]:
    """Scaled exponential linear unit: `1.0507 * elu(x)` with an alpha of 1.6733.

    Use it with `lecun_normal` weights and `alpha_dropout`. Klambauer, Unterthiner, Mayr and
    Hochreiter, "Self-Normalizing Neural Networks" (2017).
    """
    return _curve_of_ops(partial(curves.elu, alpha=SELU_ALPHA, scale=SELU_SCALE), "selu()")


@maker
def gelu() -> AnyRank[Empty, A]:
    """Gaussian error linear unit, exact: `x * (1 + erf(x / sqrt(2))) / 2`.

    Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)" (2016).
    """
    return _curve_of_ops(curves.gelu, "gelu()")


@maker
def gelu_tanh() -> AnyRank[Empty, A]:
    """GELU in its tanh form: `x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x³))) / 2`.

    It differs from `gelu` by less than 0.0005. Hendrycks and Gimpel (2016).
    """
    return _curve_of_ops(curves.gelu_tanh, "gelu_tanh()")


@maker
def silu() -> AnyRank[Empty, A]:
    """Sigmoid linear unit, or swish: `x * sigmoid(x)`.

    Elfwing, Uchibe and Doya, "Sigmoid-Weighted Linear Units" (2018).
    """
    return _curve_of_ops(curves.silu, "silu()")


@maker
def mish() -> AnyRank[Empty, A]:
    """Mish: `x * tanh(softplus(x))`.

    Misra, "Mish: A Self Regularized Non-Monotonic Activation Function" (2020).
    """
    return _curve_of_ops(curves.mish, "mish()")


@maker
def softplus() -> AnyRank[Empty, A]:
    """Softplus, a smooth rectifier: `log(1 + exp(x))`, without overflow.

    Dugas, Bengio, Bélisle, Nadeau and Garcia, "Incorporating Second-Order Functional Knowledge for
    Better Option Pricing" (2001).
    """
    return _curve_of_ops(curves.softplus, "softplus()")


@maker
def softsign() -> AnyRank[Empty, A]:
    """Softsign: `x / (1 + |x|)`, like tanh, but approaching -1 and 1 more slowly.

    Turian, Bergstra and Bengio, "Quadratic Features and Deep Architectures for Chunking" (2009).
    """
    return _curve(curves.softsign, "softsign()")


@maker
def hard_tanh() -> AnyRank[Empty, A]:
    """Hard tanh: `x` clipped to [-1, 1]. Its derivative at -1 and 1 is taken as 0.

    Collobert, "Large Scale Machine Learning" (2004).
    """
    return _curve(curves.hard_tanh, "hard_tanh()")
