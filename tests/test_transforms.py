"""The transforms against independent formulas, and what clipping does with extreme gradients."""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
import pytest
from contracts import FLOATS, all_bits, bits, frozen, noise
from hypothesis import strategies as st
from properties import given

import purenn as nn
from purenn.arrays import Array, FloatDtype, Leaves

S = TypeVar("S")

FLOAT32, FLOAT64 = FLOATS

GRADS = [frozen(noise(seed, (3, 2)), FLOAT64) for seed in range(6)]

dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=str)


def vector(values: list[float], dtype: FloatDtype = FLOAT64) -> Array:
    return frozen(np.array(values), dtype)


def clipped(limit: float, grads: Leaves) -> Leaves:
    return nn.clip_by_value(limit).update(nn.EMPTY, grads, grads, 0)[1]


def by_norm(limit: float, grads: Leaves) -> tuple[float, Leaves]:
    transform = nn.clip_by_global_norm(limit)
    norm, after = transform.update(transform.init(grads), grads, grads, 0)
    return norm.value, after


# --- clip_by_value -------------------------------------------------------------------------------


@dtypes
def test_clipping_by_value_bounds_every_entry_and_leaves_the_rest(dtype: FloatDtype) -> None:
    (after,) = clipped(1.0, (vector([-3.0, -1.0, -0.5, -0.0, 0.25, 1.0, 2.0, math.inf], dtype),))
    assert bits(after) == bits(vector([-1.0, -1.0, -0.5, -0.0, 0.25, 1.0, 1.0, 1.0], dtype))


@dtypes
def test_clipping_by_value_leaves_nan_to_be_seen(dtype: FloatDtype) -> None:
    (after,) = clipped(1.0, (vector([math.nan, 5.0], dtype),))
    np.testing.assert_array_equal(after, [math.nan, 1.0])


@dtypes
def test_entries_at_the_limit_stay(dtype: FloatDtype) -> None:
    at = vector([0.1, -0.1, 0.1], dtype)
    assert bits(clipped(0.1, (at,))[0]) == bits(at)


@dtypes
@pytest.mark.parametrize("excess", [1.0001, 1.2, 1.5])
def test_a_single_entry_just_beyond_the_limit_is_brought_to_it(
    excess: float, dtype: FloatDtype
) -> None:
    for limit in (0.01, 1.0, 100.0):
        (after,) = clipped(limit, (vector([excess * limit], dtype),))
        assert after.tolist() == vector([limit], dtype).tolist()


@pytest.mark.parametrize("limit", [1e-300, 1e-200, 1e-23, 1e-19, 1e-8, 1e8, 1e19, 1e23, 1e38])
def test_limits_whose_squares_underflow_or_overflow_still_clip(limit: float) -> None:
    (after,) = clipped(limit, (vector([3.0 * limit, -2.0 * limit, 0.5 * limit]),))
    assert after.tolist() == [limit, -limit, 0.5 * limit]


@pytest.mark.parametrize("limit", [1e-23, 1e-19, 1e19, 1e23])
def test_so_they_do_in_float32(limit: float) -> None:
    (after,) = clipped(limit, (vector([3.0 * limit, -2.0 * limit], FLOAT32),))
    assert after.tolist() == vector([limit, -limit], FLOAT32).tolist()


def test_huge_entries_clip_without_a_warning() -> None:
    assert clipped(1.0, (vector([1e30, -3e38], FLOAT32),))[0].tolist() == [1.0, -1.0]
    assert clipped(1.0, (vector([1e200, -1e308]),))[0].tolist() == [1.0, -1.0]


def test_a_limit_beyond_float32_clips_nothing_finite() -> None:
    huge = vector([3e38, math.nan], FLOAT32)
    np.testing.assert_array_equal(clipped(1e300, (huge,))[0], huge)


@given(
    st.lists(st.floats(width=32, allow_nan=False), min_size=1),
    st.floats(2.0**-140, 2.0**100, width=32),
    st.sampled_from(FLOATS),
)
def test_clipping_by_value_is_numpys_clip(
    values: list[float], limit: float, dtype: FloatDtype
) -> None:
    grad = vector(values, dtype)
    edge = dtype.type(limit)
    assert bits(clipped(limit, (grad,))[0]) == bits(np.clip(grad, -edge, edge))


# --- clip_by_global_norm -------------------------------------------------------------------------


@dtypes
def test_clipping_by_norm_keeps_the_direction_and_reports_the_norm_before(
    dtype: FloatDtype,
) -> None:
    norm, (first, second) = by_norm(1.0, (vector([3.0, 0.0], dtype), vector([4.0], dtype)))
    assert norm == 5.0
    np.testing.assert_allclose(first, [0.6, 0.0], rtol=1e-6)
    np.testing.assert_allclose(second, [0.8], rtol=1e-6)


@dtypes
def test_a_norm_within_the_limit_changes_nothing(dtype: FloatDtype) -> None:
    grads = (vector([3.0], dtype), vector([4.0], dtype))
    for limit in (5.0, 7.0):
        norm, after = by_norm(limit, grads)
        assert norm == 5.0
        assert all_bits(after) == all_bits(grads)


def test_the_state_before_the_first_step_is_no_norm_yet() -> None:
    assert math.isnan(nn.clip_by_global_norm(1.0).init(()).value)
    assert math.isnan(nn.global_norm_report().init(()).value)


@dtypes
def test_a_norm_of_0_divides_nothing(dtype: FloatDtype) -> None:
    zeros = (vector([0.0, -0.0], dtype),)
    norm, after = by_norm(1.0, zeros)
    assert norm == 0.0
    assert all_bits(after) == all_bits(zeros)


@dtypes
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 1])
def test_a_norm_that_is_not_finite_is_reported_and_changes_nothing(
    bad: float, place: int, dtype: FloatDtype
) -> None:
    values = [[1.0, 0.0], [0.0, 0.0]]
    values[place][1] = bad
    grads = tuple([vector(leaf, dtype) for leaf in values])
    norm, after = by_norm(1.0, grads)
    assert math.isnan(norm) if math.isnan(bad) else norm == math.inf
    assert all_bits(after) == all_bits(grads)


def test_nan_is_reported_even_beside_infinity() -> None:
    for values in ([math.nan, math.inf], [math.inf, math.nan]):
        norm, _ = by_norm(1.0, (vector(values[:1]), vector(values[1:])))
        assert math.isnan(norm)


@pytest.mark.parametrize(("size", "dtype"), [(1e30, FLOAT32), (3e38, FLOAT32), (1e300, FLOAT64)])
def test_huge_gradients_clip_without_overflow(size: float, dtype: FloatDtype) -> None:
    norm, after = by_norm(1.0, (vector([size, -size], dtype), vector([size, size], dtype)))
    assert norm == pytest.approx(2.0 * size)
    np.testing.assert_allclose(after, [[0.5, -0.5], [0.5, 0.5]], rtol=1e-5)


@pytest.mark.parametrize(("size", "dtype"), [(1e-25, FLOAT32), (1e-200, FLOAT64)])
def test_tiny_gradients_clip_without_underflow(size: float, dtype: FloatDtype) -> None:
    norm, (after,) = by_norm(size, (vector([3.0 * size, 4.0 * size], dtype),))
    assert norm == pytest.approx(5.0 * size)
    np.testing.assert_allclose(after, [0.6 * size, 0.8 * size], rtol=1e-5)


@given(
    st.lists(st.floats(-(2.0**60), 2.0**60, width=32), min_size=1, max_size=20), st.integers(0, 19)
)
def test_the_norm_is_that_of_all_leaves_as_one_vector(values: list[float], cut: int) -> None:
    whole = (vector(values, FLOAT32),)
    parts = (vector(values[:cut], FLOAT32), vector(values[cut:], FLOAT32))
    norm, _ = by_norm(1.0, parts)
    assert norm == pytest.approx(math.hypot(*values), rel=1e-5)
    report = nn.global_norm_report()
    state, same = report.update(report.init(whole), whole, whole, 0)
    assert state.value == pytest.approx(norm, rel=1e-6)
    assert same == whole


# --- learning rate and chains --------------------------------------------------------------------


@dtypes
def test_learning_rate_goes_downhill_by_the_schedule_of_the_step(dtype: FloatDtype) -> None:
    grad = vector([1.0, -2.0], dtype)
    for step, factor in enumerate([0.5, 0.25, 0.125]):
        transform = nn.learning_rate(nn.step_decay(0.5, factor=0.5, every=1))
        _, (update,) = transform.update(nn.EMPTY, (grad,), (grad,), step)
        assert bits(update) == bits(vector([-factor, 2.0 * factor], dtype))


@dtypes
@pytest.mark.parametrize("number", [np.float64(0.3), np.float32(0.3), np.float16(0.3)])
def test_numbers_of_any_type_as_options_do_not_change_the_dtype(
    number: float, dtype: FloatDtype
) -> None:
    grad = vector([1.0, -2.0], dtype)
    chain = nn.clip_by_global_norm(number) >> nn.momentum(number) >> nn.learning_rate(number)
    whole = chain >> nn.clip_by_value(number) >> nn.nesterov(number)
    _, (update,) = whole.update(whole.init((grad,)), (grad,), (grad,), 0)
    assert update.dtype == dtype


def after_two_steps(transform: nn.Transform[S]) -> float:
    grads = (vector([2.0]),)
    state, _ = transform.update(transform.init(grads), grads, grads, 0)
    _, (update,) = transform.update(state, grads, grads, 1)
    return float(update[0])


def test_the_order_is_what_is_written() -> None:
    first_clipped = after_two_steps(nn.clip_by_value(1.0) >> nn.momentum(0.5))
    last_clipped = after_two_steps(nn.momentum(0.5) >> nn.clip_by_value(1.0))
    assert first_clipped == 1.5
    assert last_clipped == 1.0


def test_a_chain_is_its_parts_one_after_the_other() -> None:
    outer, inner = nn.clip_by_value(1.0), nn.momentum(0.9) >> nn.learning_rate(0.1)
    chain = outer >> inner
    state = chain.init((GRADS[0],))
    assert isinstance(state[0], nn.Empty)
    assert isinstance(state[1][0], nn.Velocity)
    after, updates = chain.update(state, (GRADS[1],), (GRADS[0],), 0)
    _, between = outer.update(state[0], (GRADS[1],), (GRADS[0],), 0)
    expected_state, expected = inner.update(state[1], between, (GRADS[0],), 0)
    assert all_bits(updates) == all_bits(expected)
    assert all_bits(nn.leaves(after[1])) == all_bits(nn.leaves(expected_state))
    assert repr(chain) == "clip_by_value(1.0) >> (momentum(0.9) >> learning_rate(0.1))"
