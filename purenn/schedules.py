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
from math import cos, inf, log2, pi, sqrt

import attrs

from purenn import checks
from purenn.errors import OptionError
from purenn.expressions import Expressed, maker


@attrs.frozen(repr=False, eq=False)
class Schedule(Expressed):
    """A function of the step: `rate(step)` is a finite number ≥ 0."""

    rate: Callable[[int], float]

    def __attrs_post_init__(self) -> None:
        checks.function("The rate of a Schedule", self.rate)

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
def step_decay(rate: float, factor: float, every: int) -> Schedule:
    """`rate * factor ** (step // every)`: a staircase."""
    first = checks.number("The rate of step_decay", rate, above=0.0)
    base = checks.number("The factor of step_decay", factor, above=0.0, most=1.0)
    length = checks.integer("The steps of step_decay's stairs", every)
    return Schedule(lambda step: first * base ** (step // length))


@maker
def exponential(rate: float, factor: float, steps: int) -> Schedule:
    """`rate * factor ** (step / steps)`: smooth, down by `factor` every `steps` steps."""
    first = checks.number("The rate of exponential", rate, above=0.0)
    base = checks.number("The factor of exponential", factor, above=0.0, most=1.0)
    length = checks.integer("The steps of exponential", steps)
    return Schedule(lambda step: first * base ** (step / length))


@maker
def cosine(rate: float, steps: int, final: float = 0.0) -> Schedule:
    """Half a cosine from `rate` down to `final` over `steps` steps, and `final` from then on.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), without
    the restarts.
    """
    first = checks.number("The rate of cosine", rate, above=0.0)
    last = checks.number("The final rate of cosine", final, least=0.0)
    length = checks.integer("The steps of cosine", steps)
    return Schedule(lambda step: _half_cosine(first, last, step, length))


def _half_cosine(first: float, last: float, step: float, length: float) -> float:
    if step >= length:
        return last
    return last + (first - last) * (0.5 + 0.5 * cos(pi * step / length))


@maker
def cosine_restarts(rate: float, steps: int, multiple: int = 1, final: float = 0.0) -> Schedule:
    """`cosine` again and again, each time over `multiple` times as many steps as before.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017).
    """
    first = checks.number("The rate of cosine_restarts", rate, above=0.0)
    last = checks.number("The final rate of cosine_restarts", final, least=0.0)
    shortest = checks.integer("The steps of cosine_restarts", steps)
    growth = checks.integer("The multiple of cosine_restarts", multiple)

    def schedule(step: int) -> float:
        length = shortest
        if growth == 1:
            step %= length
        while step >= length:
            step, length = step - length, length * growth
        return _half_cosine(first, last, step, length)

    return Schedule(schedule)


@maker
def one_cycle(
    rate: float,
    steps: int,
    rise: float = 0.3,
    divisor: float = 25.0,
    final_divisor: float = 1e4,
) -> Schedule:
    """Half a cosine up to `rate`, half a cosine down, and the last rate from step `steps` on.

    Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning
    Rates" (2018), with cosines as in PyTorch and optax.

    Args:
        rate: the highest.
        steps: how long the cycle is.
        rise: the share of the steps in which the rate goes up, from 0 to below 1.
        divisor: the first rate is `rate / divisor`.
        final_divisor: the last is the first divided by this.
    """
    highest = checks.number("The rate of one_cycle", rate, above=0.0)
    length = checks.integer("The steps of one_cycle", steps)
    peak = checks.fraction("The rise of one_cycle", rise) * length
    first = highest / checks.number("The divisor of one_cycle", divisor, least=1.0)
    last = first / checks.number("The final_divisor of one_cycle", final_divisor, least=1.0)

    def schedule(step: int) -> float:
        if step < peak:
            return _half_cosine(first, highest, step, peak)
        return _half_cosine(highest, last, step - peak, length - peak)

    return Schedule(schedule)


@maker
def log_cosine(rate: float, steps: int, cycles: int = 4) -> Schedule:
    """`rate * (0.5 - 0.5 * cos(2 pi log2(1 + (2^cycles - 1) * step / steps)))`, then 0.

    Cycles from 0 up to `rate` and back, each about twice as long as the one before. Holzmüller,
    Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on Tabular
    Data" (2024).
    """
    highest = checks.number("The rate of log_cosine", rate, above=0.0)
    length = checks.integer("The steps of log_cosine", steps)
    growth = 2.0 ** checks.integer("The cycles of log_cosine", cycles, 1, 64) - 1.0

    def schedule(step: int) -> float:
        if step >= length:
            return 0.0
        return highest * (0.5 - 0.5 * cos(2.0 * pi * log2(1.0 + growth * (step / length))))

    return Schedule(schedule)


@maker
def polynomial(rate: float, steps: int, power: float = 1.0, final: float = 0.0) -> Schedule:
    """`final + (rate - final) * (1 - step / steps)^power`, and `final` from step `steps` on."""
    first = checks.number("The rate of polynomial", rate, above=0.0)
    last = checks.number("The final rate of polynomial", final, least=0.0)
    length = checks.integer("The steps of polynomial", steps)
    exponent = checks.number("The power of polynomial", power, above=0.0)

    def schedule(step: int) -> float:
        share: float = max(0.0, 1.0 - step / length) ** exponent
        return last + (first - last) * share

    return Schedule(schedule)


@maker
def inverse_square_root(rate: float, steps: int) -> Schedule:
    """`linear_warm_up(rate, steps)`, then `rate * sqrt(steps / (step + 1))`.

    Vaswani et al., "Attention Is All You Need" (2017).
    """
    highest = checks.number("The rate of inverse_square_root", rate, above=0.0)
    length = checks.integer("The steps of inverse_square_root", steps)

    def schedule(step: int) -> float:
        count = step + 1
        return highest * (count / length if count < length else sqrt(length / count))

    return Schedule(schedule)


@maker
def linear_warm_up(rate: float, steps: int) -> Schedule:
    """`rate / steps` at the first step, growing evenly to `rate` at step `steps - 1`, and on."""
    last = checks.number("The rate of linear_warm_up", rate, above=0.0)
    length = checks.integer("The steps of linear_warm_up", steps)
    return Schedule(lambda step: last if step + 1 >= length else last * (step + 1) / length)


def as_schedule(rate: float | Schedule) -> Schedule:
    """The schedule itself, or the constant one of a number."""
    return rate if isinstance(rate, Schedule) else constant(rate)


@maker
def join(first: float | Schedule, *others: tuple[int, float | Schedule]) -> Schedule:
    """One schedule after another: each of `others` begins, at its own step 0, at the step given.

    A number stands for a constant rate. The steps increase from at least 1.
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
