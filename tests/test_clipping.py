"""Clipping by value and by norm, also of gradients whose squares underflow or overflow."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from contracts import FLOATS, bits, dtypes, noise
from hypothesis import strategies as st
from properties import given

import purenn as nn
from purenn.arrays import Array, FloatDtype, Leaves, read_only
from purenn.optimizers import Norm, adaptive_clipping, report_global_norm

FLOAT32, FLOAT64 = FLOATS


def vector(values: list[float], dtype: FloatDtype = FLOAT64) -> Array:
    return read_only(np.array(values, dtype))


def clipped(limit: float, grad: Array) -> Array:
    point = nn.Point((grad,), (), 0, math.nan, ())
    _, (after,) = nn.clip_by_value(limit).update(nn.Empty(), (grad,), point)
    return after


def normed(transform: nn.Transform[Norm], *grads: Array) -> tuple[float, Leaves]:
    point = nn.Point(grads, (), 0, math.nan, ())
    before = transform.init(point)
    assert math.isnan(before.value)
    state, after = transform.update(before, grads, point)
    return state.value, after


@given(
    st.lists(st.floats(width=32, allow_nan=False), min_size=1),
    st.floats(2.0**-140, 2.0**100, width=32),
    st.sampled_from(FLOATS),
)
def test_by_value_is_numpys_clip(values: list[float], limit: float, dtype: FloatDtype) -> None:
    grad, edge = vector(values, dtype), dtype.type(limit)
    assert bits(clipped(limit, grad)) == bits(np.clip(grad, -edge, edge))


@dtypes
@pytest.mark.parametrize("excess", [0.9999, 1.0, 1.0001, 1.5, math.inf, math.nan])
def test_one_entry_near_the_limit_is_clipped_exactly(excess: float, dtype: FloatDtype) -> None:
    limits = [0.01, 0.1, 1.0, 100.0, 1e-23, 1e-19, 1e-8, 1e8, 1e19, 1e23]  # of some no square
    limits += [1e-300, 1e-200, 1e38] if dtype == FLOAT64 else []
    for shape, limit in product(((1,), (128, 128)), limits):
        grad, edge = np.full(shape, -0.0, dtype), dtype.type(limit)
        grad[-1] = -excess * limit
        assert bits(clipped(limit, read_only(grad))) == bits(np.clip(grad, -edge, edge))


def test_huge_entries_clip_without_a_warning() -> None:
    rows = np.full((200, 100), -3e38, np.float32)
    assert bits(clipped(1.0, read_only(rows))) == bits(np.full_like(rows, -1.0))
    assert clipped(1.0, vector([1e200, -1e308])).tolist() == [1.0, -1.0]
    huge = vector([3e38, math.nan], FLOAT32)
    assert bits(clipped(1e300, huge)) == bits(huge)  # a limit beyond float32
    far = read_only(np.full((100, 2), 1.7e308))
    assert bits(adapted(1.0, far, far)) == bits(far)  # whose norms are not finite


@dtypes
def test_clipping_by_norm_keeps_the_direction_and_reports_the_norm(dtype: FloatDtype) -> None:
    small = vector([3.0, 0.0], dtype), vector([4.0], dtype)
    large = read_only(noise(0, (128, 128)).astype(dtype))
    for limit in (5.0, 7.0):
        assert normed(nn.clip_by_global_norm(limit), *small) == (5.0, small)
    norm, after = normed(nn.clip_by_global_norm(1.0), *small, large)
    assert norm == pytest.approx(math.sqrt(25.0 + float((large**2).sum())), rel=1e-6)
    for leaf, before in zip(after, (*small, large), strict=True):
        np.testing.assert_allclose(leaf, before / norm, rtol=1e-5)
        assert leaf.dtype == dtype
    assert normed(report_global_norm(), *small) == (5.0, small)


@dtypes
@pytest.mark.parametrize("bad", [0.0, math.nan, math.inf, -math.inf])
def test_no_factor_mends_a_norm_of_0_or_infinity(bad: float, dtype: FloatDtype) -> None:
    for grads in ((vector([bad, 0.0], dtype), vector([0.0], dtype)), (vector([0.0, bad], dtype),)):
        norm, after = normed(nn.clip_by_global_norm(1.0), *grads)
        np.testing.assert_equal(norm, abs(bad))
        assert [*map(bits, after)] == [*map(bits, grads)]
    both = vector([math.inf], dtype), vector([math.nan], dtype)
    assert math.isnan(normed(nn.clip_by_global_norm(1.0), *both)[0])


@pytest.mark.parametrize("size", [1e30, 6e37, 1e300, 1e-22, 1e-25, 1e-200])
def test_norms_neither_overflow_nor_underflow(size: float) -> None:
    dtype = FLOAT32 if 1e-30 < size < 1e38 else FLOAT64
    grads = vector([3 * size], dtype), vector([-4 * size], dtype)
    norm, (first, second) = normed(nn.clip_by_global_norm(size), *grads)
    found = norm / size, float(first[0]) / size, float(second[0]) / size
    assert found == pytest.approx((5.0, 0.6, -0.8), rel=1e-5)


@pytest.mark.parametrize("limit", [1e-3, 1e-12, 1e-30])
@pytest.mark.parametrize("scale", [3e38, 1e200])
def test_large_leaves_are_clipped_beside_others(limit: float, scale: float) -> None:
    grads = vector([3e38], FLOAT32), vector([scale])
    _, (first, second) = normed(nn.clip_by_global_norm(limit), *grads)
    assert math.hypot(first[0], second[0]) == pytest.approx(limit, rel=1e-6)


def test_the_norm_of_a_million_numbers_has_its_digits() -> None:
    norm, _ = normed(report_global_norm(), read_only(np.full(10**6, 0.1, np.float32)))
    assert norm == pytest.approx(100.0, rel=1e-4)


def adapted(limit: float, grad: Array, param: Array, epsilon: float = 0.001) -> Array:
    point = nn.Point((param,), (None,), 0, math.nan, ())
    _, (after,) = adaptive_clipping(limit, epsilon).update(nn.Empty(), (grad,), point)
    return after


@dtypes
@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e-30, 1e-15, 1.0, 1e30, 1e37, 1e200, 1e307])
def test_each_unit_is_clipped_by_its_own_norm(size: float, dtype: FloatDtype) -> None:
    if dtype == FLOAT32 and not 1e-31 < size < 1e38:
        return
    param = read_only(np.array([[3.0, 0.0, 3.0], [-4.0, 0.0, 4.0]], dtype) * dtype.type(size))
    grad = read_only(np.array([[0.0, 0.6, 6.0], [1.0, 0.8, 8.0]], dtype) * dtype.type(size))
    after = adapted(0.5, grad, param, epsilon=1e-4 * size)
    expected = np.array([[0.0, 3e-5, 1.5], [1.0, 4e-5, 2.0]])
    np.testing.assert_allclose(after / dtype.type(size), expected, rtol=1e-6)
    whole = adapted(0.5, read_only(grad[1]), read_only(param[1]), epsilon=1e-4 * size)
    factor = 0.5 * math.sqrt(32.0 / 65.64)
    np.testing.assert_allclose(whole / dtype.type(size), [factor, 0.8 * factor, 8 * factor], 1e-6)


def test_units_of_one_entry_have_their_limit_also_without_axes() -> None:
    huge = adapted(0.01, vector([3e38], FLOAT32), vector([0.0], FLOAT32))
    assert huge[0] == pytest.approx(1e-5, rel=1e-6)
    assert adapted(0.5, read_only(np.array(9.0)), read_only(np.array(2.0))).tolist() == 1.0


@dtypes
def test_units_whose_norm_is_0_or_not_finite_are_left_alone(dtype: FloatDtype) -> None:
    grad = read_only(np.array([[0.0, math.nan, math.inf, 30.0], [0.0, 1.0, 1.0, 40.0]], dtype))
    after = adapted(0.1, grad, read_only(np.ones((2, 4), dtype)))
    assert bits(after[:, :3]) == bits(grad[:, :3])
    np.testing.assert_allclose(after[:, 3], np.sqrt(0.02) * np.array([0.6, 0.8]), rtol=1e-6)


def test_the_norm_of_a_long_unit_has_its_digits() -> None:
    grad = read_only(np.full((10**5, 2), 0.1, np.float32))
    after = adapted(1.0, grad, read_only(np.zeros_like(grad)), epsilon=1.0)
    np.testing.assert_allclose(after, 10**-2.5, rtol=1e-5)
