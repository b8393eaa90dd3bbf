"""The optimizer: it owns the parameters, and gives new ones each time."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import pytest
from contracts import FLOATS, all_bits, frozen, noise

import purenn as nn
from purenn.arrays import Array, FloatDtype, Matrix

S = TypeVar("S")

KEY = nn.Key(0)
MODEL = nn.linear(3) >> nn.relu() >> nn.linear(1)


def test_sgd_and_its_kin_are_visible_chains() -> None:
    assert repr(nn.sgd(0.1)) == "Optimizer(momentum(0.9) >> learning_rate(0.1))"
    assert repr(nn.nesterov_sgd(0.1, 0.8)) == "Optimizer(nesterov(0.8) >> learning_rate(0.1))"
    expected = "Optimizer(clip_by_value(2.0) >> momentum(0.9) >> learning_rate(0.1))"
    assert repr(nn.clipped_sgd(0.1, limit=2.0)) == expected


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_clipped_sgd_is_the_articles(dtype: FloatDtype) -> None:
    optimizer = nn.clipped_sgd(0.01, decay=0.9, limit=1.0)
    state = optimizer.init((frozen(noise(0, (4, 3)), dtype),))
    point = state.params[0].astype(np.float64)
    velocity = np.zeros((4, 3))
    for step in range(5):
        grad = frozen(2.0 * noise(step + 1, (4, 3)), dtype)
        velocity = 0.9 * velocity + np.clip(grad, -1.0, 1.0)
        point = point - 0.01 * velocity
        state, (new,) = optimizer.update(state, (grad,))
        np.testing.assert_allclose(new, point, rtol=1e-5 if dtype == FLOATS[0] else 1e-13)
    assert state.step == 5


def test_a_state_can_be_continued_more_than_once() -> None:
    optimizer = nn.sgd(0.1)
    params, _ = MODEL.init(KEY, (2,))
    start = optimizer.init(params)
    before = all_bits(nn.leaves(start.params))
    first, _ = optimizer.update(start, params)
    optimizer.update(first, params)
    again, _ = optimizer.update(start, params)
    assert all_bits(nn.leaves(first.params)) == all_bits(nn.leaves(again.params))
    assert all_bits(nn.leaves(start.params)) == before
    assert (start.step, first.step, again.step) == (0, 1, 1)


def test_what_comes_out_is_what_the_state_holds() -> None:
    optimizer = nn.sgd(0.1)
    params, _ = MODEL.init(KEY, (2,))
    state, new = optimizer.update(optimizer.init(params), params)
    assert new is state.params
    assert nn.paths(new) == nn.paths(params)
    assert nn.paths(state.slots[0]) == ("leaves.0", "leaves.1", "leaves.2", "leaves.3")


def test_writable_parameters_are_copied_and_stay_writable() -> None:
    mine: Matrix = np.ones((2, 2))
    state = nn.sgd(0.1).init((mine,))
    mine[0, 0] = 9.0
    assert state.params[0][0, 0] == 1.0
    assert not state.params[0].flags.writeable


def test_a_gradient_that_can_be_written_to_later_does_not_change_the_state() -> None:
    optimizer = nn.sgd(0.1)
    params: Matrix = np.ones((2, 2))
    grad: Matrix = np.ones((2, 2))
    start = optimizer.init((params,))
    state, _ = optimizer.update(start, (grad,))
    before = all_bits(nn.leaves((state.params, state.slots)))
    grad[...] = 9.0
    assert all_bits(nn.leaves((state.params, state.slots))) == before


def check_descent(optimizer: nn.Optimizer[S]) -> None:
    target = frozen(noise(0, (3, 3)), FLOATS[1])
    origin: Array = np.zeros((3, 3))
    state = optimizer.init((origin,))
    for _ in range(600):
        state, _ = optimizer.update(state, (state.params[0] - target,))
    np.testing.assert_allclose(state.params[0], target, atol=1e-6)


def test_descent_finds_the_minimum_of_a_bowl() -> None:
    check_descent(nn.sgd(0.05))
    check_descent(nn.nesterov_sgd(0.05))
    check_descent(nn.clipped_sgd(0.05, limit=0.5))


def test_a_rate_of_0_freezes_the_parameters() -> None:
    params, _ = MODEL.init(KEY, (2,))
    optimizer = nn.sgd(0.0)
    _, new = optimizer.update(optimizer.init(params), params)
    assert all_bits(nn.leaves(new)) == all_bits(nn.leaves(params))
