"""The schedules: closed forms, bounds and joins."""

from __future__ import annotations

import math
import sys

import pytest

from purenn import schedules
from purenn.schedules import Schedule, constant, cosine, exponential, join, log_cosine, polynomial


def first(schedule: Schedule, count: int) -> list[float]:
    return [schedule(step) for step in range(count)]


def test_schedules_are_their_formulas() -> None:
    assert first(constant(0.1), 3) == [0.1, 0.1, 0.1]
    stairs = schedules.step_decay(0.8, factor=0.5, every=3)
    assert first(stairs, 7) == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]
    assert first(schedules.linear_warm_up(1.0, steps=4), 6) == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    assert schedules.linear_warm_up(0.1, steps=3)(2) == 0.1
    falls = [0.8 * 0.5 ** (step / 3) for step in range(7)]
    assert first(exponential(0.8, factor=0.5, steps=3), 7) == pytest.approx(falls, rel=1e-15)
    expected = [0.1 + 0.05 * (1 + math.cos(math.pi * step / 4)) for step in range(5)]
    assert first(cosine(0.2, steps=4, final=0.1), 5) == pytest.approx(expected, rel=1e-15)
    assert [cosine(0.2, steps=4)(step) for step in (4, 5, 100)] == [0.0, 0.0, 0.0]
    assert schedules.as_schedule(0.5) == constant(0.5) == schedules.as_schedule(constant(0.5))
    assert first(exponential(1e-5, 1e6, 100), 101)[::100] == pytest.approx([1e-5, 10.0])  # growing
    assert exponential(1e-7, factor=10, steps=100)(40_000) == sys.float_info.max
    assert (constant(0)(0), schedules.step_decay(1, 1, 1)(0), exponential(1, 1, 1)(9)) == (0, 1, 1)


def test_cycles_and_decays_are_their_formulas() -> None:
    once, twice = first(cosine(0.2, 3, 0.1), 3), first(cosine(0.2, 6, 0.1), 6)
    assert first(schedules.cosine_restarts(0.2, 3, final=0.1), 8) == once + once + once[:2]
    assert first(schedules.cosine_restarts(0.2, 3, 2, 0.1), 10) == [*once, *twice, 0.2]
    assert schedules.cosine_restarts(0.2, 10, 10)(1111 * 10**50) > 0.0
    ramp = [0.01, 0.01 + 0.09 * 0.5, 0.1]
    fall = [1e-4 + 0.0999 * (0.5 + 0.5 * math.cos(math.pi * step / 6)) for step in range(1, 7)]
    cycle = schedules.one_cycle(0.1, 8, rise=0.25, divisor=10.0, final_divisor=100.0)
    assert first(cycle, 10) == pytest.approx([*ramp, *fall, 1e-4], rel=1e-14)
    assert schedules.one_cycle(0.1, 8, rise=0)(0) == 0.1
    waves = [0.5 - 0.5 * math.cos(2 * math.pi * math.log2(1 + 15 * s / 30)) for s in range(30)]
    assert first(log_cosine(0.2, 30), 32) == pytest.approx([0.2 * w for w in waves] + [0.0, 0.0])
    assert [log_cosine(0.2, 7, 3)(step) for step in (0, 1, 3, 7)] == pytest.approx([0.0] * 4)
    quadratic = [0.1 + 0.4 * (1 - step / 4) ** 2 for step in range(5)]
    assert first(polynomial(0.5, 4, 2.0, 0.1), 6) == pytest.approx([*quadratic, 0.1], rel=1e-15)
    assert first(polynomial(1.0, 4), 5) == [1.0, 0.75, 0.5, 0.25, 0.0]
    roots = [0.25, 0.5, 0.75, 1.0, math.sqrt(4 / 5), math.sqrt(4 / 6)]
    assert first(schedules.inverse_square_root(1.0, 4), 6) == pytest.approx(roots, rel=1e-15)


def test_joined_schedules_count_their_own_steps_and_numbers_and_joins_join() -> None:
    counted = join(Schedule(float), (2, Schedule(lambda step: 10.0 + step)), (3, Schedule(float)))
    assert first(counted, 6) == [0.0, 1.0, 10.0, 0.0, 1.0, 2.0]
    inner = join(0.2, (1, 0.1), (3, 0))
    assert first(inner, 5) == [0.2, 0.1, 0.1, 0.0, 0.0]
    assert first(join(inner, (2, inner)), 6) == [0.2, 0.1, 0.2, 0.1, 0.1, 0.0]
