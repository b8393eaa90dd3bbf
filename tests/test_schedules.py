"""The schedules: closed forms, bounds and joins."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from properties import given

import purenn as nn
from purenn.schedules import constant

rates = st.floats(1e-6, 10.0)
counts = st.integers(1, 1000)
steps = st.integers(0, 5000)


def test_constant_is_the_same_everywhere() -> None:
    assert [constant(0.1)(step) for step in (0, 1, 10**9)] == [0.1, 0.1, 0.1]


def test_step_decay_goes_down_stairs() -> None:
    schedule = nn.step_decay(0.8, factor=0.5, every=3)
    assert [schedule(step) for step in range(7)] == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]


@given(rates, st.floats(0.01, 1.0), counts, steps)
def test_exponential_falls_by_its_factor_in_so_many_steps(
    rate: float, factor: float, count: int, step: int
) -> None:
    schedule = nn.exponential(rate, factor, count)
    assert schedule(0) == rate
    assert schedule(step + count) == pytest.approx(factor * schedule(step), rel=1e-9)


@given(rates, rates, counts, steps)
def test_cosine_goes_from_its_rate_to_its_final_rate_and_stays(
    rate: float, final: float, count: int, step: int
) -> None:
    schedule = nn.cosine(rate, count, final)
    assert schedule(0) == pytest.approx(rate)
    assert schedule(count + step) == final
    low, high = sorted((rate, final))
    assert low * (1 - 1e-12) <= schedule(step) <= high * (1 + 1e-12)


def test_cosine_is_half_a_cosine() -> None:
    schedule = nn.cosine(0.2, steps=4)
    expected = [0.1 * (1 + math.cos(math.pi * step / 4)) for step in range(5)]
    assert [schedule(step) for step in range(5)] == pytest.approx(expected)
    assert [schedule(step) for step in (4, 5, 100)] == [0.0, 0.0, 0.0]


@given(rates, counts, steps)
def test_warm_up_grows_evenly_from_above_zero_to_its_rate_and_stays(
    rate: float, count: int, step: int
) -> None:
    schedule = nn.linear_warm_up(rate, count)
    assert schedule(0) == rate / count > 0
    assert schedule(count - 1) == schedule(count + step) == rate
    assert 0.0 < schedule(step) <= schedule(step + 1) <= rate


def test_warm_up_is_a_straight_line() -> None:
    schedule = nn.linear_warm_up(1.0, steps=4)
    assert [schedule(step) for step in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


@given(counts, counts, steps)
def test_joined_schedules_count_their_own_steps(first: int, second: int, step: int) -> None:
    parts: list[Callable[[int], float]] = [float, lambda step: 1e6 + step, lambda step: 2e6 + step]
    a, b, c = (nn.Schedule("part", part) for part in parts)
    joined = nn.join(a, (first, b), (first + second, c))
    if step < first:
        assert joined(step) == step
    elif step < first + second:
        assert joined(step) == 1e6 + step - first
    else:
        assert joined(step) == 2e6 + step - first - second


def test_numbers_join_as_constant_rates() -> None:
    schedule = nn.join(0.1, (2, 0.01), (4, 0.0))
    assert [schedule(step) for step in range(6)] == [0.1, 0.1, 0.01, 0.01, 0.0, 0.0]
    assert repr(schedule) == "join(0.1, (2, 0.01), (4, 0.0))"


def test_joins_join() -> None:
    inner = nn.join(1.0, (1, 2.0))
    outer = nn.join(inner, (2, inner))
    assert [outer(step) for step in range(5)] == [1.0, 2.0, 1.0, 2.0, 2.0]
