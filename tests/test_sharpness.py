"""Sharpness-aware steps: the formula, frozen parts, and what is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import bits, check_close, dtypes, normal

import purenn as nn
from purenn import training
from purenn.arrays import Array, FloatDtype
from purenn.data import Batch
from purenn.tree import leaves, rebuild

KEY, MODEL, LOSS = nn.Key(3), nn.linear(6) >> nn.tanh() >> nn.linear(2), nn.mean_squared_error()


def batch_of(seed: int, dtype: FloatDtype) -> Batch[nn.Matrix, nn.Matrix]:
    x, y = normal(seed, 8, 3).astype(dtype), normal(seed + 100, 8, 2).astype(dtype)
    return Batch(x, y, KEY.child("batch", seed))


@dtypes
def test_a_step_goes_along_the_gradient_at_the_top_of_the_climb(dtype: FloatDtype) -> None:
    batches = [batch_of(seed, dtype) for seed in range(50)]
    start = nn.sgd(0.1).init(MODEL.init(KEY, batches[0].inputs))
    step = training.sharpness_aware_step(MODEL, LOSS, nn.sgd(0.1), radius=0.2)
    gradient = nn.value_and_grad(MODEL, LOSS)
    params, speeds = start.params, [np.zeros_like(leaf) for leaf in leaves(start.params)]
    for batch, (state, report) in zip(batches, nn.scan(step, start, batches), strict=True):
        given = batch.inputs, batch.targets, batch.key
        value, found = gradient(params, *given)
        slopes, at = leaves(found), leaves(params)
        length = np.sqrt(sum(float(np.sum(g.astype(np.float64) ** 2)) for g in slopes))
        top = [(p + 0.2 * g / length).astype(dtype) for p, g in zip(at, slopes, strict=True)]
        there = leaves(gradient(rebuild(params, tuple(top)), *given)[1])
        speeds = [0.9 * v + g for v, g in zip(speeds, there, strict=True)]
        moved = [(p - 0.1 * v).astype(dtype) for p, v in zip(at, speeds, strict=True)]
        params = rebuild(params, tuple(moved))
        assert report.loss == pytest.approx(value, rel=1e-5)
        check_close(state.params, params, atol=2e-5 if dtype == np.float32 else 1e-12)
        assert {leaf.dtype for leaf in leaves(state.params)} == {dtype}
    assert bits(nn.fold(step, start, batches)[0].params) == bits(state.params)


@dtypes
def test_frozen_parts_move_once_and_units_are_dropped_alike(dtype: FloatDtype) -> None:
    model = nn.linear(4) >> nn.batch_norm() >> nn.dropout(0.5) >> nn.layers.frozen(nn.linear(2))
    batch = batch_of(0, dtype)
    start = nn.sgd(0.1).init(model.init(KEY, batch.inputs))
    plain, report = nn.training_step(model, LOSS, nn.sgd(0.1))(start, batch)
    sharp, same = training.sharpness_aware_step(model, LOSS, nn.sgd(0.1), 1e-4)(start, batch)
    assert (bits(plain.params[1].mean), report) == (bits(sharp.params[1].mean), same)
    assert bits(sharp.params[3]) == bits(start.params[3])
    check_close(sharp.params, plain.params, atol=1e-3)
    assert bits(sharp.params[0]) != bits(plain.params[0])


@dtypes
@pytest.mark.parametrize("size", [0.0, 1e-44, 1e30])
def test_climbs_from_flat_and_steep_places_are_finite(size: float, dtype: FloatDtype) -> None:
    seen: list[Array] = []

    def slope(prediction: nn.Matrix, target: nn.Matrix) -> tuple[float, nn.Matrix]:
        seen.append(prediction)
        return 0.0, target

    one = np.ones((1, 1), dtype)
    batch = Batch(one, np.full_like(one, size), KEY)
    start = nn.sgd(0.0).init(nn.linear(1).init(KEY, one))
    training.sharpness_aware_step(nn.linear(1), slope, nn.sgd(0.0), 0.5)(start, batch)
    assert len(seen) == 1 + (size > 0)
    climb = float(seen[-1][0, 0] - seen[0][0, 0])  # of a subnormal slope as far as it goes
    expected = 0.0 if not size else 0.5 * 2.0**0.5
    assert climb == pytest.approx(expected, rel=1e-5) or (size < 1e-40 and 0.0 < climb < expected)
