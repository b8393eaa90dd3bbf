"""Activations whose slopes follow from their input: elu, selu, gelu, silu, mish and others.

Like all activations, they keep the shape and dtype of their input, of any rank.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import attrs

from purenn import checks
from purenn.arrays import A, require_floats
from purenn.expressions import maker
from purenn.kernels import curves as kernels
from purenn.kernels.elementwise import times
from purenn.layers._contract import Layer, require_params
from purenn.layers.activations import without_params
from purenn.tree import Empty

# Constants of SELU, with which mean 0 and variance 1 are a fixed point.
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _curve(rule: kernels.Rule, subject: str) -> Layer[Empty, A, A]:
    """An activation from the rule for its value and its slope."""

    def apply(params: Empty, x: A) -> A:
        require_params(subject, params, Empty)
        require_floats(subject, x)
        return kernels.values(rule, x)

    def forward(x: A) -> tuple[A, Callable[[A], A]]:
        require_floats(subject, x)
        y, slope = kernels.values_and_slopes(rule, x)
        return y, partial(times, slope)

    return attrs.evolve(without_params(subject, forward), apply=apply)


def _elu(alpha: float, scale: float, subject: str) -> Layer[Empty, A, A]:
    return _curve(lambda x, y, slope: kernels.elu(x, y, slope, alpha, scale), subject)


@maker
def elu(alpha: float = 1.0) -> Layer[Empty, A, A]:
    """Exponential linear unit: `x` where it is positive and `alpha * (exp(x) - 1)` elsewhere.

    Its derivative at 0 is alpha, which is from 1e-30 to 1e30. Clevert, Unterthiner and Hochreiter,
    "Fast and Accurate Deep Network Learning by Exponential Linear Units (ELUs)" (2016).
    """
    a = checks.number("The alpha of elu", alpha, least=1e-30, most=1e30)
    return _elu(a, 1.0, f"elu({a})")


@maker
def selu() -> Layer[Empty, A, A]:
    """Scaled exponential linear unit: `1.0507 * elu(x)` with an alpha of 1.6733.

    For weights from `lecun_normal` and `alpha_dropout`. Klambauer, Unterthiner, Mayr and
    Hochreiter, "Self-Normalizing Neural Networks" (2017).
    """
    return _elu(SELU_ALPHA, SELU_SCALE, "selu()")


@maker
def gelu() -> Layer[Empty, A, A]:
    """Gaussian error linear unit, exact: `x * (1 + erf(x / sqrt(2))) / 2`.

    Hendrycks and Gimpel, "Gaussian Error Linear Units (GELUs)" (2016).
    """
    return _curve(kernels.gelu, "gelu()")


@maker
def gelu_tanh() -> Layer[Empty, A, A]:
    """GELU in its tanh form: `x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x³))) / 2`.

    It differs from `gelu` by less than 0.0005. Hendrycks and Gimpel (2016).
    """
    return _curve(kernels.gelu_tanh, "gelu_tanh()")


@maker
def silu() -> Layer[Empty, A, A]:
    """Sigmoid linear unit, or swish: `x * sigmoid(x)`.

    Elfwing, Uchibe and Doya, "Sigmoid-Weighted Linear Units" (2018); Ramachandran, Zoph and Le,
    "Searching for Activation Functions" (2017).
    """
    return _curve(kernels.silu, "silu()")


@maker
def mish() -> Layer[Empty, A, A]:
    """`x * tanh(softplus(x))`.

    Misra, "Mish: A Self Regularized Non-Monotonic Activation Function" (2020).
    """
    return _curve(kernels.mish, "mish()")


@maker
def softplus() -> Layer[Empty, A, A]:
    """`log(1 + exp(x))`, without overflow: a smooth rectifier, positive everywhere.

    Dugas, Bengio, Bélisle, Nadeau and Garcia, "Incorporating Second-Order Functional Knowledge for
    Better Option Pricing" (2001).
    """
    return _curve(kernels.softplus, "softplus()")


@maker
def softsign() -> Layer[Empty, A, A]:
    """`x / (1 + |x|)`: like tanh, with tails that approach -1 and 1 more slowly.

    Turian, Bergstra and Bengio, "Quadratic Features and Deep Architectures for Chunking" (2009).
    """
    return _curve(kernels.softsign, "softsign()")


@maker
def hard_tanh() -> Layer[Empty, A, A]:
    """`x` clipped to [-1, 1]. Its derivative at -1 and 1 is taken as 0.

    Collobert, "Large Scale Machine Learning" (2004).
    """
    return _curve(kernels.hard_tanh, "hard_tanh()")
