"""Activations as rules that give the value and, in training, the slope at each element.

Most of these are not monotonic, so that their slopes follow from the input and not from the output;
value and slope share most of the work. A rule goes over a block while it is in the cache. Inputs
are clipped to where results still change in their dtype, so that neither 0 · inf nor an overflow
arises far out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import inf, pi, sqrt

import numpy as np

from purenn.arrays import FLOAT32, A, Array, FloatDtype, read_only
from purenn.kernels.activations import exp_of_minus_abs
from purenn.kernels.blocks import cut
from purenn.kernels.elementwise import clipped, scalar
from purenn.kernels.memory import LINE, empty_like
from purenn.kernels.ops import Ops

# The most elements of a block.
BLOCK = 2**16
# `(x, y, slope)`: the rule writes the values for a block of `x` into `y`, and unless it is None the
# slopes into `slope`, which are other arrays.
Rule = Callable[[Array, Array, Array | None], object]


def _pieces(*arrays: Array) -> Iterable[Sequence[Array]]:
    """Blocks of about the same size, from one cache line on to another."""
    size = arrays[0].size
    count = -(-size // BLOCK) or 1
    step = (size // (LINE * count) + 1) * LINE
    return cut(step, *[array.reshape(-1) for array in arrays])


def values(rule: Rule, x: A) -> A:
    """The rule's value for each element."""
    y = empty_like(x)
    for block, to in _pieces(x, y):
        rule(block, to, None)
    return read_only(y)


def values_and_slopes(rule: Rule, x: A) -> tuple[A, A]:
    """The rule's value and slope for each element."""
    y, slope = empty_like(x), empty_like(x)
    for piece in _pieces(x, y, slope):
        rule(*piece)
    return read_only(y), read_only(slope)


def _edge(dtype: FloatDtype) -> float:
    """Beyond this the logistic function is 1, and below minus this next to nothing."""
    return 88.0 if dtype == FLOAT32 else 709.0


def elu(ops: Ops, x: Array, y: Array, slope: Array | None, alpha: float, scale: float) -> None:
    """`scale * x` where it is positive and `scale * alpha * (exp(x) - 1)` elsewhere."""
    negative, positive = clipped(x, -inf, 0.0), clipped(x, 0.0, inf)
    ops.expm1(negative, y)
    np.multiply(y, scalar(scale * alpha, x.dtype), y)
    if slope is not None:
        # Not from an exponential: far out that is tiny, and products of subnormal numbers are slow.
        np.add(y, scalar(scale * alpha, x.dtype), slope)
        mask = np.less_equal(x, scalar(0.0, x.dtype), negative)
        np.multiply(slope, mask, slope)
        np.greater(x, scalar(0.0, x.dtype), mask)
        np.multiply(mask, scalar(scale, x.dtype), mask)
        np.add(slope, mask, slope)
    np.multiply(positive, scalar(scale, x.dtype), positive)
    np.add(y, positive, y)


# Mills' ratio is a polynomial in t = shift / (a + shift), times t. Coefficients from the highest
# power down, by Chebyshev interpolation in 60 digits on 0 <= a <= 14 or 39. The relative error is
# 2e-8 in float32 and 2e-16 in float64. Such a form was proposed by Shepherd and Laframboise,
# "Chebyshev Approximation of (1 + 2x) exp(x²) erfc x in 0 <= x < infinity" (1981).
# fmt: off
FEW = (
    0.0769937952, -0.352621418, 0.516950853, -0.264070195, 0.328436387, 0.157793385, 0.257493232,
    0.265623443, 0.266714677,
)
MANY = (
    0.0026333830357485803, -0.028411258837993482, 0.1378333176797249, -0.39266265996517974,
    0.71662439483712936, -0.8497283305953629, 0.61363305683790914, -0.17827716291274254,
    -0.14534837268448197, 0.25538713159213977, -0.20655249842349671, 0.095054596591576265,
    -0.052106836129119448, 0.018649810664799111, 0.030113375562080151, 0.072334092441836501,
    0.11576233351217499, 0.15930659930161714, 0.19621344088787354, 0.22226748976367289,
    0.2352941164915939, 0.23529411766400091,
)
# fmt: on


def gelu(ops: Ops, x: Array, y: Array, slope: Array | None) -> None:
    """`x * (1 + erf(x / sqrt(2))) / 2`, as `max(x, 0)` less |x| times the share beyond |x|.

    The share beyond a is `erfc(a / sqrt(2)) / 2`: the density at a times Mills' ratio. The relative
    error is a few units in the last place, and x² / 2 more from the exponential.
    """
    far, near, coefficients = (14.0, 3.75, FEW) if x.dtype == FLOAT32 else (39.0, 4.25, MANY)
    shift = scalar(near, x.dtype)
    a = np.abs(x, empty_like(x))
    a.clip(scalar(0.0, x.dtype), scalar(far, x.dtype), a)  # where the density vanishes
    t = np.add(a, shift, empty_like(x))
    np.divide(shift, t, t)
    ratio = np.multiply(t, scalar(coefficients[0], x.dtype), empty_like(x))
    for coefficient in coefficients[1:]:
        np.add(ratio, scalar(coefficient, x.dtype), ratio)
        np.multiply(ratio, t, ratio)
    density = np.multiply(a, a, t)
    np.multiply(density, scalar(-0.5, x.dtype), density)
    ops.exp(density, density)
    np.multiply(density, scalar(1.0 / sqrt(2.0 * pi), x.dtype), density)
    np.multiply(ratio, a, y)
    np.multiply(y, density, y)
    np.subtract(clipped(x, 0.0, inf), y, y)
    if slope is not None:
        np.subtract(ratio, a, slope)
        np.multiply(slope, density, slope)  # at -|x|; at |x| it is 1 less this
        change = np.multiply(slope, scalar(-2.0, x.dtype), ratio)
        np.add(change, scalar(1.0, x.dtype), change)
        np.multiply(change, np.greater(x, scalar(0.0, x.dtype), a), change)
        np.add(slope, change, slope)


def _gate(ops: Ops, x: Array, argument: Array, y: Array, slope: Array | None) -> None:
    """`x * s` for the logistic function s of the argument, both above minus the edge.

    The slope becomes `s * (1 + slope * (1 - s))`, for x times the slope of the argument.
    """
    e = np.negative(argument, empty_like(x))
    ops.exp(e, e)
    s = np.add(e, scalar(1.0, x.dtype), empty_like(x))
    np.divide(scalar(1.0, x.dtype), s, s)
    np.multiply(x, s, y)
    if slope is not None:
        np.multiply(e, s, e)  # 1 - s, without cancellation
        np.multiply(slope, e, slope)
        np.add(slope, scalar(1.0, x.dtype), slope)
        np.multiply(slope, s, slope)


def silu(ops: Ops, x: Array, y: Array, slope: Array | None) -> None:
    """`x / (1 + exp(-x))`."""
    near = clipped(x, -_edge(x.dtype), inf)
    if slope is not None:
        x.clip(scalar(-_edge(x.dtype), x.dtype), scalar(_edge(x.dtype), x.dtype), slope)
    _gate(ops, near, near, y, slope)


def gelu_tanh(ops: Ops, x: Array, y: Array, slope: Array | None) -> None:
    """`x * (1 + tanh(u / 2)) / 2`, which is x times the logistic function of u.

    Here u is `2 * sqrt(2 / pi) * (x + 0.044715 * x³)`.
    """
    far = 10.0 if x.dtype == FLOAT32 else 21.0
    near = clipped(x, -far, far)
    once, thrice = 2.0 * sqrt(2.0 / pi), 2.0 * sqrt(2.0 / pi) * 0.044715
    u = np.multiply(near, near, empty_like(x))
    np.multiply(u, scalar(thrice, x.dtype), u)
    if slope is not None:
        np.multiply(u, scalar(3.0, x.dtype), slope)
        np.add(slope, scalar(once, x.dtype), slope)
        np.multiply(slope, near, slope)
    np.add(u, scalar(once, x.dtype), u)
    np.multiply(u, near, u)
    np.maximum(x, near, out=near)
    _gate(ops, near, u, y, slope)


def mish(ops: Ops, x: Array, y: Array, slope: Array | None) -> None:
    """`x * tanh(log(1 + e))` for e = exp(x): x times n / (n + 2) for n = e * (e + 2).

    The slope is `(n + 4 * x * e * (1 + e) / (n + 2)) / (n + 2)`.
    """
    near = clipped(x, -_edge(x.dtype), 40.0)  # beyond, the hyperbolic tangent is 1
    e = empty_like(x)
    ops.exp(near, e)
    n = np.add(e, scalar(2.0, x.dtype), empty_like(x))
    np.multiply(n, e, n)
    more = np.add(n, scalar(2.0, x.dtype), empty_like(x))
    if slope is not None:
        np.multiply(near, e, slope)
        np.divide(slope, more, slope)
        np.add(e, scalar(1.0, x.dtype), e)
        np.multiply(slope, e, slope)
        np.multiply(slope, scalar(4.0, x.dtype), slope)
        np.add(slope, n, slope)
        np.divide(slope, more, slope)
    np.divide(n, more, y)
    np.maximum(x, near, out=near)
    np.multiply(y, near, y)


def softplus(ops: Ops, x: Array, y: Array, slope: Array | None) -> None:
    """`log(1 + exp(x))`, as `max(x, 0) + log1p(exp(-|x|))`; its slope is the logistic function."""
    e = exp_of_minus_abs(ops, x)
    ops.log1p(e, y)
    np.add(y, clipped(x, 0.0, inf), y)
    if slope is not None:  # 1 or e, whichever belongs to the sign, divided by 1 + e
        np.greater_equal(x, scalar(0.0, x.dtype), slope)
        np.maximum(slope, e, out=slope)
        np.add(e, scalar(1.0, x.dtype), e)
        np.divide(slope, e, slope)


def softsign(x: Array, y: Array, slope: Array | None) -> None:
    """`x / (1 + |x|)`; its slope is `1 / (1 + |x|)²`."""
    largest = float(np.finfo(x.dtype).max)
    finite = clipped(x, -largest, largest)
    more = np.abs(finite, empty_like(x))
    np.add(more, scalar(1.0, x.dtype), more)
    np.divide(finite, more, y)
    if slope is not None:
        np.divide(scalar(1.0, x.dtype), more, slope)
        np.multiply(slope, slope, slope)


def hard_tanh(x: Array, y: Array, slope: Array | None) -> None:
    """`x` clipped to [-1, 1]; its slope is 1 between them and 0 elsewhere."""
    x.clip(scalar(-1.0, x.dtype), scalar(1.0, x.dtype), y)
    if slope is not None:
        np.abs(x, slope)
        np.less(slope, scalar(1.0, x.dtype), slope)
