"""The schedules: closed forms, bounds and joins."""

from __future__ import annotations

import math

import pytest
from hypothesis import strategies as st
from properties import given

from purenn import schedules
from purenn.schedules import Schedule, constant, cosine, exponential, join, linear_warm_up

rates = st.floats(1e-6, 10.0)
counts = st.integers(1, 1000)
steps = st.integers(0, 5000)


def first(schedule: Schedule, count: int) -> list[float]:
    return [schedule(step) for step in range(count)]


def test_schedules_are_their_formulas() -> None:
    assert first(constant(0.1), 3) == [0.1, 0.1, 0.1]
    stairs = schedules.step_decay(0.8, factor=0.5, every=3)
    assert first(stairs, 7) == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]
    assert first(linear_warm_up(1.0, steps=4), 6) == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    expected = [0.1 + 0.05 * (1 + math.cos(math.pi * step / 4)) for step in range(5)]
    assert first(cosine(0.2, steps=4, final=0.1), 5) == pytest.approx(expected, rel=1e-15)
    assert [cosine(0.2, steps=4)(step) for step in (4, 5, 100)] == [0.0, 0.0, 0.0]
    assert schedules.as_schedule(0.5) == constant(0.5) == schedules.as_schedule(constant(0.5))
    assert (constant(0)(0), schedules.step_decay(1, 1, 1)(0), exponential(1, 1, 1)(9)) == (0, 1, 1)


@given(rates, st.floats(0.01, 1.0), counts, steps)
def test_exponential_falls_evenly(rate: float, factor: float, count: int, step: int) -> None:
    schedule = exponential(rate, factor, count)
    assert schedule(0) == rate
    assert schedule(step + count) == pytest.approx(factor * schedule(step), rel=1e-9)


@given(rates, rates, counts, steps)
def test_cosine_stays_between_its_rates(rate: float, final: float, count: int, step: int) -> None:
    schedule = cosine(rate, count, final)
    assert schedule(0) == pytest.approx(rate)
    assert schedule(count + step) == final
    low, high = sorted((rate, final))
    assert low * (1 - 1e-12) <= schedule(step) <= high * (1 + 1e-12)


@given(rates, counts, steps)
def test_warm_up_grows_to_its_rate_and_stays(rate: float, count: int, step: int) -> None:
    schedule = linear_warm_up(rate, count)
    assert schedule(0) == rate / count
    assert schedule(count - 1) == schedule(count + step) == rate
    assert 0.0 < schedule(step) <= schedule(step + 1) <= rate


@given(counts, counts, steps)
def test_joined_schedules_count_their_own_steps(one: int, two: int, step: int) -> None:
    parts = [Schedule(float), Schedule(lambda step: 1e6 + step), Schedule(lambda step: 2e6 + step)]
    joined = join(parts[0], (one, parts[1]), (one + two, parts[2]))
    begun = 0 if step < one else one if step < one + two else one + two
    assert joined(step) == (0, 1e6, 2e6)[[0, one, one + two].index(begun)] + step - begun


def test_numbers_and_joins_join() -> None:
    inner = join(0.2, (1, 0.1), (3, 0))
    assert first(inner, 5) == [0.2, 0.1, 0.1, 0.0, 0.0]
    assert first(join(inner, (2, inner)), 6) == [0.2, 0.1, 0.2, 0.1, 0.1, 0.0]
