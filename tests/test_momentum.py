"""Momentum and Nesterov's form of it against independent formulas, over several steps."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import FLOATS, bits, frozen, noise

import purenn as nn
from purenn.arrays import Array

FLOAT64 = FLOATS[1]
GRADS = [frozen(noise(seed, (3, 2)), FLOAT64) for seed in range(6)]


def test_momentum_is_the_decaying_sum() -> None:
    transform = nn.momentum(0.9)
    state = transform.init((GRADS[0],))
    for step, grad in enumerate(GRADS):
        state, (update,) = transform.update(state, (grad,), (grad,), step)
        powers = [0.9 ** (step - past) for past in range(step + 1)]
        expected = sum(power * GRADS[past] for past, power in enumerate(powers))
        np.testing.assert_allclose(update, expected, rtol=1e-12)
        assert bits(state.leaves[0]) == bits(update)


def test_nesterov_looks_ahead_along_the_new_velocity() -> None:
    transform = nn.nesterov(0.9)
    state = transform.init((GRADS[0],))
    velocity: Array = np.zeros((3, 2))
    for step, grad in enumerate(GRADS):
        state, (update,) = transform.update(state, (grad,), (grad,), step)
        velocity = 0.9 * velocity + grad
        np.testing.assert_allclose(state.leaves[0], velocity, rtol=1e-12)
        np.testing.assert_allclose(update, 0.9 * velocity + grad, rtol=1e-12)


def test_nesterov_is_the_textbooks_gradient_at_the_point_ahead() -> None:
    # Of ½x², whose gradient is x, in the variables of Sutskever et al.: θ' = θ + μ v.
    rate, decay = 0.1, 0.9
    theta, speed = 1.0, 0.0
    optimizer = nn.nesterov_sgd(rate, decay)
    state = optimizer.init((np.ones(1),))
    for _ in range(20):
        speed = decay * speed - rate * (theta + decay * speed)
        theta += speed
        state, (ahead,) = optimizer.update(state, state.params)
        assert ahead[0] == pytest.approx(theta + decay * speed, rel=1e-12)


def test_momentum_without_decay_is_the_gradient() -> None:
    for transform in (nn.momentum(0.0), nn.nesterov(0.0)):
        state = transform.init((GRADS[0],))
        for step, grad in enumerate(GRADS[:3]):
            state, (update,) = transform.update(state, (grad,), (grad,), step)
            np.testing.assert_array_equal(update, grad)


def test_the_articles_two_ways_of_writing_momentum_agree_while_the_rate_is_constant() -> None:
    rate, decay = 0.1, 0.9
    optimizer = nn.sgd(rate, decay)
    state = optimizer.init((GRADS[0],))
    point, speed = GRADS[0].copy(), np.zeros((3, 2))
    for grad in GRADS:
        speed = decay * speed - rate * grad
        point = point + speed
        state, (new,) = optimizer.update(state, (grad,))
        np.testing.assert_allclose(new, point, rtol=1e-12)
