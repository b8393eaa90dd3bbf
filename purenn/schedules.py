"""Schedules: pure functions from the step, counted from 0, to a learning rate.

>>> schedule = join(linear_warm_up(0.1, steps=100), (100, cosine(0.1, steps=900)))
>>> schedule(0), schedule(100), schedule(1000)
(0.001, 0.1, 0.0)
>>> schedule
join(linear_warm_up(0.1, 100), (100, cosine(0.1, 900)))
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from math import inf, pi, sqrt
from sys import float_info
from typing import Annotated

import attrs

from purenn import checks
from purenn.checks import Count, Fraction, NotNegative, Positive, Share
from purenn.errors import OptionError
from purenn.expressions import Expressed, maker
from purenn.kernels.portable import scalars

Divisor = Annotated[float, partial(checks.number, least=1.0)]
Cycles = Annotated[int, partial(checks.integer, most=64)]


@attrs.frozen(repr=False, eq=False, getstate_setstate=False)
class Schedule(Expressed):
    """A function of the step: `rate(step)` is a finite number ≥ 0."""

    rate: Callable[[int], float] = attrs.field(validator=checks.called)

    def __call__(self, step: int) -> float:
        """The rate at that step."""
        if type(step) is not int or step < 0:
            step = checks.integer("The step of a schedule", step, 0)
        rate = self.rate(step)
        if type(rate) is not float or not 0.0 <= rate < inf:
            rate = checks.number(f"The rate of {self!r} at step {step}", rate, least=0.0)
        return rate


@maker
def constant(rate: float) -> Schedule:
    """The same rate at every step; 0 freezes the parameters."""
    value = checks.number("A learning rate", rate, least=0.0)
    return Schedule(lambda step: value)


@maker
def step_decay(rate: Positive, factor: Share, every: Count) -> Schedule:
    """Multiply the rate by `factor` every `every` steps: `rate * factor ** (step // every)`."""
    return Schedule(lambda step: rate * scalars.power(factor, step // every))


@maker
def exponential(rate: Positive, factor: Positive, steps: Count) -> Schedule:
    """Multiply the rate by `factor` over every `steps` steps: `rate * factor ** (step / steps)`.

    A factor above 1 raises it, as in a learning-rate range test: `exponential(1e-5, 1e6, 100)`. It
    stops at the largest float.
    """
    most = float_info.max
    return Schedule(lambda step: min(most, rate * scalars.power(factor, step / steps)))


@maker
def cosine(rate: Positive, steps: Count, final: NotNegative = 0.0) -> Schedule:
    """Cosine decay: half a cosine from `rate` to `final` over `steps` steps, then `final`.

    Loshchilov and Hutter (2017), as in `cosine_restarts`, but without restarts.
    """
    return Schedule(lambda step: _half_cosine(rate, final, step, steps))


def _half_cosine(first: float, last: float, step: float, length: float) -> float:
    if step >= length:
        return last
    return _between(first, last, 0.5 + 0.5 * scalars.cos(pi * step / length))


def _between(first: float, last: float, share: float) -> float:
    """That share of the first, and the rest of the last: exact at both ends."""
    return first * share + last * (1.0 - share)


@maker
def cosine_restarts(
    rate: Positive, steps: Count, multiple: Count = 1, final: NotNegative = 0.0
) -> Schedule:
    """`cosine` with warm restarts, each over `multiple` times as many steps as the one before.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017).
    """

    def schedule(step: int) -> float:
        length = steps
        if multiple == 1:
            step %= length
        while step >= length:
            step, length = step - length, length * multiple
        return _half_cosine(rate, final, step, length)

    return Schedule(schedule)


@maker
def one_cycle(
    rate: Positive,
    steps: Count,
    rise: Fraction = 0.3,
    divisor: Divisor = 25.0,
    final_divisor: Divisor = 1e4,
) -> Schedule:
    """One cycle: half a cosine up to `rate`, half a cosine down, and the last rate from then on.

    Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning
    Rates" (2018), with cosines, as in optax; in PyTorch the peak and the end come a step earlier.
    It rises from `rate / divisor` over a fraction `rise` of the steps; if that ends between two
    steps, neither has the peak, which optax moves to the first. The last rate is the first divided
    by `final_divisor`.
    """
    first, peak = rate / divisor, rise * steps
    last = first / final_divisor

    def schedule(step: int) -> float:
        if step < peak:
            return _half_cosine(first, rate, step, peak)
        return _half_cosine(rate, last, step - peak, steps - peak)

    return Schedule(schedule)


@maker
def log_cosine(rate: Positive, steps: Count, cycles: Cycles = 4) -> Schedule:
    """`rate * (0.5 - 0.5 * cos(2 pi log2(1 + (2^cycles - 1) * step / steps)))`, then 0.

    Cycles from 0 up to `rate` and back, each about twice as long as the one before. Holzmüller,
    Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular
    Data" (2024).
    """

    def schedule(step: int) -> float:
        if step >= steps:
            return 0.0
        cycle = scalars.log2(1.0 + (2.0**cycles - 1.0) * (step / steps))
        return rate * (0.5 - 0.5 * scalars.cos(2.0 * pi * cycle))

    return Schedule(schedule)


@maker
def polynomial(
    rate: Positive, steps: Count, power: Positive = 1.0, final: NotNegative = 0.0
) -> Schedule:
    """`final + (rate - final) * (1 - step / steps)^power`, and `final` from step `steps` on."""
    return Schedule(
        lambda step: _between(rate, final, scalars.power(max(0.0, 1.0 - step / steps), power))
    )


@maker
def inverse_square_root(rate: Positive, steps: Count) -> Schedule:
    """Linear warm-up to `rate` over `steps` steps, then `rate * sqrt(steps / (step + 1))`.

    Vaswani et al., "Attention Is All You Need" (2017).
    """
    return Schedule(lambda step: rate * min((step + 1) / steps, sqrt(steps / (step + 1))))


@maker
def linear_warm_up(rate: Positive, steps: Count) -> Schedule:
    """Linear warm-up: `rate / steps` at step 0, growing to `rate` at step `steps - 1` and after."""
    return Schedule(lambda step: rate if step + 1 >= steps else rate * (step + 1) / steps)


def as_schedule(rate: float | Schedule) -> Schedule:
    """The schedule itself, or the constant one of a number."""
    if callable(rate):
        checks.instance("A learning rate", rate, Schedule)
    return rate if isinstance(rate, Schedule) else constant(rate)


@maker
def join(first: float | Schedule, *others: tuple[int, float | Schedule]) -> Schedule:
    """One schedule after another: each of `others` starts, from its own step 0, at its given step.

    A number stands for a constant rate. The steps are at least 1, and increase.
    """
    for other in others:
        if not checks.is_pair(other):
            raise OptionError(f"join: expected pairs (step, schedule), got {other!r}.")
    starts = [0, *(checks.integer("The start of a joined schedule", start) for start, _ in others)]
    schedules = [as_schedule(rate) for rate in (first, *(rate for _, rate in others))]
    if any(later <= earlier for earlier, later in itertools.pairwise(starts)):
        raise OptionError(f"join: expected steps that increase, got {starts[1:]}.")

    def schedule(step: int) -> float:
        current = bisect_right(starts, step) - 1
        return schedules[current](step - starts[current])

    return Schedule(schedule)
