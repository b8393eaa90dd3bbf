"""Schedules: pure functions from the step, counted from 0, to a learning rate.

>>> schedule = join(linear_warm_up(0.1, steps=100), (100, cosine(0.1, steps=900)))
>>> schedule(0), schedule(100), schedule(1000)
(0.001, 0.1, 0.0)
>>> schedule
join(linear_warm_up(0.1, steps=100), (100, cosine(0.1, steps=900)))
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable
from math import cos, pi

import attrs

from purenn import checks
from purenn.errors import OptionError


@attrs.frozen(repr=False, eq=False)
class Schedule:
    """A function of the step and the expression that builds it."""

    name: str
    rate: Callable[[int], float]

    def __call__(self, step: int) -> float:
        """The rate at that step.

        Raises:
            OptionError: the step is negative.
        """
        if step < 0:
            raise OptionError(f"Steps are counted from 0, and {step} came.")
        return self.rate(step)

    def __repr__(self) -> str:
        return self.name


def constant(rate: float) -> Schedule:
    """The same rate at every step; 0 freezes the parameters.

    Raises:
        OptionError: the rate is negative or not finite.
    """
    value = checks.not_negative("A learning rate", rate)
    return Schedule(f"{value}", lambda step: value)


def step_decay(rate: float, factor: float, every: int) -> Schedule:
    """`rate * factor ** (step // every)`: a staircase."""
    first = checks.positive("The rate of step_decay", rate)
    base = checks.positive("The factor of step_decay", factor)
    length = checks.count("The steps of step_decay's stairs", every)
    return Schedule(
        f"step_decay({first}, factor={base}, every={length})",
        lambda step: first * base ** (step // length),
    )


def exponential(rate: float, factor: float, steps: int) -> Schedule:
    """`rate * factor ** (step / steps)`: smooth, down by `factor` every `steps` steps."""
    first = checks.positive("The rate of exponential", rate)
    base = checks.positive("The factor of exponential", factor)
    length = checks.count("The steps of exponential", steps)
    return Schedule(
        f"exponential({first}, factor={base}, steps={length})",
        lambda step: first * base ** (step / length),
    )


def cosine(rate: float, steps: int, final: float = 0.0) -> Schedule:
    """Half a cosine from `rate` down to `final` over `steps` steps, and `final` from then on.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), without
    the restarts.
    """
    first = checks.positive("The rate of cosine", rate)
    last = checks.not_negative("The final rate of cosine", final)
    length = checks.count("The steps of cosine", steps)
    ending = f", final={last}" if last else ""

    def schedule(step: int) -> float:
        if step >= length:
            return last
        return last + (first - last) * (0.5 + 0.5 * cos(pi * step / length))

    return Schedule(f"cosine({first}, steps={length}{ending})", schedule)


def linear_warm_up(rate: float, steps: int) -> Schedule:
    """`rate / steps` at the first step, growing evenly to `rate` at step `steps - 1`, and on."""
    last = checks.positive("The rate of linear_warm_up", rate)
    length = checks.count("The steps of linear_warm_up", steps)

    def schedule(step: int) -> float:
        return last if step + 1 >= length else last * (step + 1) / length

    return Schedule(f"linear_warm_up({last}, steps={length})", schedule)


def as_schedule(rate: float | Schedule) -> Schedule:
    """The schedule itself, or the constant one of a number.

    Raises:
        OptionError: the number is negative or not finite.
    """
    return rate if isinstance(rate, Schedule) else constant(rate)


def join(first: float | Schedule, *others: tuple[int, float | Schedule]) -> Schedule:
    """One schedule after another: each of `others` begins, at its own step 0, at the step given.

    A number stands for a constant rate.

    Raises:
        OptionError: the steps do not increase from at least 1, or a number is no rate.
    """
    starts = [0, *(checks.count("The start of a joined schedule", start) for start, _ in others)]
    schedules = [as_schedule(rate) for rate in (first, *(rate for _, rate in others))]
    if any(later <= earlier for earlier, later in itertools.pairwise(starts)):
        raise OptionError(f"The starts of joined schedules must increase, and {starts} came.")

    def schedule(step: int) -> float:
        current = bisect_right(starts, step) - 1
        return schedules[current](step - starts[current])

    shown = [f"({start}, {rate!r})" for start, rate in zip(starts, schedules, strict=True)]
    return Schedule(f"join({', '.join([repr(schedules[0]), *shown[1:]])})", schedule)
