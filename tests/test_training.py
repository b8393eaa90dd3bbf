"""Training is a fold: the same bits each time, also when it is cut in two and continued."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import FLOATS, all_bits, bits

import purenn as nn
from purenn.arrays import FloatDtype, Labels, Matrix
from purenn.tree import leaves

Params = tuple[nn.Linear, nn.Empty, nn.Linear]
State = nn.OptimizerState[Params, tuple[nn.Empty, nn.Velocity, nn.Empty]]

MODEL = nn.linear(16) >> nn.tanh() >> nn.linear(2)
LOSS = nn.softmax_cross_entropy()
OPTIMIZER = nn.clipped_sgd(0.3)
STEP = nn.training_step(MODEL, LOSS, OPTIMIZER)
KEY = nn.Key(4)


def exclusive_or(count: int, dtype: FloatDtype = FLOATS[0]) -> nn.Dataset[Matrix, Labels]:
    x: Matrix = nn.Key(1).generator().uniform(-1, 1, (count, 2)).astype(dtype)
    labels: Labels = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
    return nn.dataset(x, labels)


def start(dtype: FloatDtype = FLOATS[0]) -> State:
    params, _ = MODEL.init(KEY, (2,))
    return OPTIMIZER.init(nn.to_dtype(params, dtype))


def epochs(data: nn.Dataset[Matrix, Labels], count: int) -> list[nn.Batch[Matrix, Labels]]:
    return [b for epoch in range(count) for b in nn.shuffled_batches(data, 32, KEY, epoch)]


def state_leaves(state: State) -> tuple[object, ...]:
    return (state.step, *all_bits(leaves((state.params, state.slots))))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_exclusive_or_is_learned_in_either_dtype(dtype: FloatDtype) -> None:
    data = exclusive_or(500, dtype)
    state, losses = nn.fold(STEP, start(dtype), epochs(data, 40))
    assert nn.evaluate(MODEL, state.params, data, nn.accuracy) > 0.97
    assert losses[0] > 0.5 > 0.15 > losses[-1]
    assert {leaf.dtype for leaf in leaves((state.params, state.slots))} == {dtype}
    assert all(type(loss) is float for loss in losses)


def test_two_runs_end_with_the_same_bits() -> None:
    first, losses = nn.fold(STEP, start(), epochs(exclusive_or(100), 3))
    again, same_losses = nn.fold(STEP, start(), epochs(exclusive_or(100), 3))
    assert state_leaves(first) == state_leaves(again)
    assert losses == same_losses


def test_a_run_cut_in_the_middle_of_an_epoch_goes_on_with_the_same_bits() -> None:
    batches = nn.shuffled_batches(exclusive_or(100), 8, KEY, 0)
    whole, losses = nn.fold(STEP, start(), batches)
    for cut in range(len(batches) + 1):
        middle, before = nn.fold(STEP, start(), batches[:cut])
        assert middle.step == cut
        end, after = nn.fold(STEP, middle, batches[cut:])
        assert state_leaves(end) == state_leaves(whole)
        assert (*before, *after) == losses


def test_scan_is_the_fold_that_shows_its_steps() -> None:
    batches = nn.shuffled_batches(exclusive_or(100), 32, KEY, 0)
    end, losses = nn.fold(STEP, start(), batches)
    steps = list(nn.scan(STEP, start(), batches))
    assert tuple(loss for _, loss in steps) == losses
    assert [state.step for state, _ in steps] == [1, 2, 3, 4]
    assert state_leaves(steps[-1][0]) == state_leaves(end)


def test_scan_takes_no_step_that_nobody_looks_at() -> None:
    taken: list[int] = []

    def step(state: int, batch: int) -> tuple[int, str]:
        taken.append(batch)
        return state + batch, f"after {batch}"

    shown = nn.scan(step, 0, range(1, 100))
    assert [next(shown) for _ in range(3)] == [(1, "after 1"), (3, "after 2"), (6, "after 3")]
    assert taken == [1, 2, 3]
    assert nn.fold(step, 0, [5, 6]) == (11, ("after 5", "after 6"))


def test_a_fold_over_nothing_is_the_state_it_began_with() -> None:
    begin = start()
    assert nn.fold(STEP, begin, []) == (begin, ())
    assert list(nn.scan(STEP, begin, [])) == []


def test_a_step_is_gradient_and_update_and_reports_the_loss_before() -> None:
    begin = start()
    batch = nn.shuffled_batches(exclusive_or(32), 32, KEY, 0)[0]
    after, loss = STEP(begin, batch)
    assert loss == LOSS(MODEL.apply(begin.params, batch.inputs), batch.targets)[0]
    gradient = nn.value_and_grad(MODEL, LOSS)
    _, grads = gradient(begin.params, batch.inputs, batch.targets, batch.key)
    expected, _ = OPTIMIZER.update(begin, grads)
    assert state_leaves(after) == state_leaves(expected)


@pytest.mark.parametrize("size", [1, 7, 50, 1000])
def test_prediction_in_batches_is_prediction_at_once(size: int) -> None:
    data, params = exclusive_or(50), start().params
    x = nn.batches_in_order(data, 50, KEY)[0].inputs
    predicted = nn.predict(MODEL, params, data, batch_size=size)
    np.testing.assert_allclose(predicted, MODEL.apply(params, x), rtol=1e-5, atol=1e-6)
    assert not predicted.flags.writeable


@pytest.mark.parametrize("size", [1, 7, 50, 1000])
def test_evaluation_weighs_every_sample_alike(size: int) -> None:
    data, params = exclusive_or(50), start().params
    batch = nn.batches_in_order(data, 50, KEY)[0]
    whole = nn.accuracy(MODEL.apply(params, batch.inputs), batch.targets)
    assert nn.evaluate(MODEL, params, data, nn.accuracy, size) == pytest.approx(whole)
    loss, _ = LOSS(MODEL.apply(params, batch.inputs), batch.targets)
    value = nn.evaluate(MODEL, params, data, nn.value_of(LOSS), size)
    assert value == pytest.approx(loss, rel=1e-6)


def test_training_does_not_change_the_data() -> None:
    data = exclusive_or(50)
    before = bits(nn.batches_in_order(data, 50, KEY)[0].inputs)
    nn.fold(STEP, start(), epochs(data, 2))
    assert bits(nn.batches_in_order(data, 50, KEY)[0].inputs) == before
