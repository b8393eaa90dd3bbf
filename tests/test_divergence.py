from __future__ import annotations

import re
from math import inf, nan
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

import purenn as nn
from purenn import divergence, runs
from purenn.arrays import Leaves, Matrix
from purenn.errors import DivergenceError, OptionError
from purenn.runs.records import record

S = TypeVar("S")

ADVICE = (
    "Clip the gradients, with clip_by_global_norm(1.0) at the start of the chain, or take a lower "
    "learning rate. For rare bad batches there is skip_nonfinite."
)
GOOD = (np.array([1.0, -2.0]), np.array([[0.5]]))
PARAMS = (np.array([1.0, -0.0]), np.array([[3.0]]))


def bad(value: float, leaf: int = 1) -> Leaves:
    """A gradient with one entry that is not finite."""
    entries = [array.copy() for array in GOOD]
    entries[leaf].flat[0] = value
    return tuple(entries)


class TestSkipNonfinite:
    inner = nn.momentum(0.9) >> nn.learning_rate(0.1)
    guarded = nn.skip_nonfinite(2, inner)

    def test_good_steps_are_those_of_the_inner_transform(self) -> None:
        state, plain = self.guarded.init(PARAMS), self.inner.init(PARAMS)
        for step in range(3):
            state, updates = self.guarded.update(state, GOOD, PARAMS, step)
            plain, expected = self.inner.update(plain, GOOD, PARAMS, step)
            assert [u.tobytes() for u in updates] == [e.tobytes() for e in expected]
        assert (state.total, state.in_a_row) == (0, 0)

    @pytest.mark.parametrize("value", [nan, inf, -inf])
    def test_bad_steps_leave_everything_as_it_is(self, value: float) -> None:
        state, _ = self.guarded.update(self.guarded.init(PARAMS), GOOD, PARAMS, 0)
        after, updates = self.guarded.update(state, bad(value), PARAMS, 1)
        assert all((update == 0.0).all() for update in updates)
        assert after.inner is state.inner
        assert (after.total, after.in_a_row) == (1, 1)
        again, params = self.guarded.descend(state, bad(value), PARAMS, 1)
        assert params is PARAMS  # to the sign of a zero
        assert again.inner is state.inner

    def test_a_good_step_starts_the_row_anew(self) -> None:
        state = self.guarded.init(PARAMS)
        for step, grads in enumerate([bad(nan), bad(nan), GOOD, bad(inf), bad(inf), GOOD]):
            state, _ = self.guarded.update(state, grads, PARAMS, step)
        assert (state.total, state.in_a_row) == (4, 0)

    def test_after_the_limit_it_gives_up(self) -> None:
        state = self.guarded.init(PARAMS)
        for step in range(2):
            state, _ = self.guarded.update(state, bad(nan), PARAMS, step)
        with pytest.raises(DivergenceError) as caught:
            self.guarded.update(state, bad(nan), PARAMS, 2)
        assert caught.value.leaf == 1
        assert str(caught.value) == (
            "skip_nonfinite(2) left out 2 updates in a row, and the next is not finite either, "
            "first in leaf 1 of the gradient."
        )

    def test_an_update_that_overflows_is_left_out_too(self) -> None:
        guarded = nn.skip_nonfinite(1, nn.chain(nn.learning_rate(1e300)))
        huge = (np.array([1e300, 0.0]), np.array([[0.0]]))
        state, updates = guarded.update(guarded.init(PARAMS), huge, PARAMS, 0)
        assert state.in_a_row == 1
        assert not updates[0].any()

    def test_gradients_whose_squares_overflow_are_finite(self) -> None:
        large = (np.array([1e200, 0.0]), np.array([[0.0]]))
        state, _ = self.guarded.update(self.guarded.init(PARAMS), large, PARAMS, 0)
        assert state.total == 0

    @pytest.mark.parametrize("limit", [0, -1, True, 1.0])
    def test_limits_that_make_no_sense(self, limit: int) -> None:
        with pytest.raises(OptionError) as caught:
            nn.skip_nonfinite(limit, self.inner)
        assert str(caught.value) == (
            f"The limit of skip_nonfinite must be a whole number of at least 1 and is {limit!r}."
        )

    def test_it_prints_as_it_is_written(self) -> None:
        assert repr(self.guarded) == "skip_nonfinite(2, momentum(0.9) >> learning_rate(0.1))"


def test_norms_are_found_wherever_a_chain_reports_them() -> None:
    inner = nn.clip_by_global_norm(1.0) >> nn.learning_rate(0.1)
    chain = nn.momentum(0.9) >> nn.skip_nonfinite(3, inner)
    state, _ = chain.update(
        chain.init(PARAMS), (np.array([3.0, 0.0]), np.array([[4.0]])), PARAMS, 0
    )
    assert divergence.reported_norm(state) == 5.0
    assert divergence.reported_norm(nn.sgd(0.1).init(PARAMS).slots) is None


# --- runs -----------------------------------------------------------------------------------------

MODEL = nn.linear(4) >> nn.relu() >> nn.linear(1)
INPUTS = nn.Key(0).generator().normal(size=(24, 2)).astype(np.float32)
DATA = nn.dataset(INPUTS, INPUTS[:, :1] * INPUTS[:, 1:])


def squares(bad_batches: dict[int, float]) -> nn.Loss[Matrix, Matrix]:
    """The mean squared error; what it gives at some calls is not finite."""
    plain = nn.mean_squared_error()
    calls = iter(range(10**6))

    def function(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
        value, cotangent = plain(prediction, target)
        factor = bad_batches.get(next(calls))
        if factor is None:
            return value, cotangent
        return value * factor, np.full_like(cotangent, factor)

    return nn.Loss("squares", function)


def trained(
    folder: Path,
    transform: nn.Transform[S],
    loss: nn.Loss[Matrix, Matrix],
    epochs: int = 3,
) -> runs.Progress[tuple[nn.Linear, nn.Empty, nn.Linear], S]:
    """A run of four batches an epoch, with a checkpoint after each epoch."""
    optimizer = nn.Optimizer(transform)
    params, _ = MODEL.init(nn.Key(1), (2,))
    step = nn.training_step(MODEL, loss, optimizer)
    with runs.resume(folder, runs.Config("test.py", {})) as run:
        progress = start = runs.begin(run, optimizer.init(params), repr(MODEL), nn.Key(2))
        for moment in runs.train(
            run,
            start,
            step,
            lambda key, epoch: nn.shuffled_batches(DATA, 6, key, epoch),
            epochs,
            lambda end: {"loss": end.mean_loss},
        ):
            progress = moment
    return progress


def diverged(folder: Path, transform: nn.Transform[S], loss: nn.Loss[Matrix, Matrix]) -> str:
    with pytest.raises(DivergenceError) as caught:
        trained(folder, transform, loss)
    return str(caught.value)


def test_a_loss_that_is_nan_is_told_with_all_that_is_known(tmp_path: Path) -> None:
    told = diverged(tmp_path, nn.global_norm_report() >> nn.learning_rate(0.1), squares({9: nan}))
    first, history, advice = told.splitlines()
    assert first == (
        "Training diverged: the loss is nan at epoch 2, batch 1, step 9. The parameters were "
        "finite before this step; its update is not, first in 0.weight (8 of 8 entries)."
    )
    assert history.startswith("The steps before: losses ")
    assert history.count(",") == 12  # five of each
    assert "; norms of the parameters " in history
    assert "; norms of the gradient " in history
    assert advice == ADVICE


def test_the_last_good_checkpoint_stands(tmp_path: Path) -> None:
    chain = nn.global_norm_report() >> nn.learning_rate(0.1)
    diverged(tmp_path / "bad", chain, squares({9: nan}))
    trained(tmp_path / "good", chain, squares({}), epochs=2)
    checkpoint = (tmp_path / "good" / "checkpoint.npz").read_bytes()
    assert (tmp_path / "bad" / "checkpoint.npz").read_bytes() == checkpoint
    assert len(runs.read_records(tmp_path / "bad")) == 2


def test_a_loss_that_is_infinite_while_all_else_is_not(tmp_path: Path) -> None:
    def infinite(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
        return inf, np.zeros_like(prediction)

    told = diverged(tmp_path, nn.momentum(0.9) >> nn.learning_rate(0.1), nn.Loss("i", infinite))
    assert told == (
        "Training diverged: the loss is inf at epoch 0, batch 0, step 0. "
        f"The parameters are still finite.\n{ADVICE}"
    )


def test_a_gradient_that_is_not_finite_shows_in_its_norm(tmp_path: Path) -> None:
    plain = nn.mean_squared_error()

    def steep(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
        return plain(prediction, target)[0], np.full_like(prediction, nan)

    chain = nn.clip_by_global_norm(1.0) >> nn.learning_rate(0.1)
    told = diverged(tmp_path, chain, nn.Loss("steep", steep))
    assert told.startswith(
        "Training diverged: the norm of the gradient is nan at epoch 0, batch 0, step 0. "
        "The parameters were finite before this step; its update is not, first in 0.weight "
    )


def test_parameters_that_are_not_finite_show_in_their_norm(tmp_path: Path) -> None:
    calls = iter(range(10**6))

    def calm(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
        return 0.5, np.full_like(prediction, 0.0 if next(calls) < 2 else nan)

    told = diverged(tmp_path, nn.momentum(0.9) >> nn.learning_rate(0.1), nn.Loss("calm", calm))
    first, history, advice = told.splitlines()
    assert first == (
        "Training diverged: the norm of the parameters is nan at epoch 0, batch 2, step 2. The "
        "parameters were finite before this step; its update is not, first in 0.weight "
        "(8 of 8 entries)."
    )
    norm = re.fullmatch(
        r"The steps before: losses 0\.5, 0\.5; norms of the parameters (\S+), \1\. "
        r"Put global_norm_report\(\) at the start of the chain to see the norms of the gradients "
        r"as well\.",
        history,
    )
    assert norm is not None
    assert float(norm[1]) > 0.0
    assert advice == ADVICE
    assert not (tmp_path / "checkpoint.npz").exists()
    assert runs.read_records(tmp_path) == ()


def test_the_whole_state_is_looked_at_before_it_is_saved(tmp_path: Path) -> None:
    def init(params: Leaves) -> Leaves:
        return params

    def update(state: Leaves, grads: Leaves, params: Leaves, step: int) -> tuple[Leaves, Leaves]:
        return tuple([np.full_like(leaf, nan) for leaf in state]), grads

    rotten = nn.Rule("rotten()", init, update)
    told = diverged(tmp_path, rotten >> nn.learning_rate(0.1), squares({}))
    assert told.startswith(
        "Training diverged: the state is not finite before epoch 0, batch 4, after 4 steps, "
        "first slots.0.0 (8 of 8 entries).\nThe steps before: losses "
    )
    assert not (tmp_path / "checkpoint.npz").exists()


def test_skipped_batches_do_not_end_a_run(tmp_path: Path) -> None:
    chain = nn.skip_nonfinite(2, nn.clip_by_global_norm(1.0) >> nn.learning_rate(0.1))
    end = trained(tmp_path, nn.chain(chain), squares({5: nan, 6: inf, 9: nan}))
    assert end.state.slots[0].total == 3
    assert end.losses == 0
    assert len(end.records) == 3


def test_giving_up_is_told_with_the_leafs_path(tmp_path: Path) -> None:
    chain = nn.chain(nn.skip_nonfinite(1, nn.chain(nn.learning_rate(0.1))))
    told = diverged(tmp_path, chain, squares({6: nan, 7: nan}))
    assert told.startswith(
        "Training diverged: at epoch 1, batch 3, step 7, skip_nonfinite(1) left out 1 update, and "
        "the next is not finite either, first in leaf 0 of the gradient. That leaf is 0.weight.\n"
    )


def test_metrics_are_finite() -> None:
    with pytest.raises(DivergenceError) as caught:
        record(3, {"loss": 0.5, "accuracy": nan})
    assert str(caught.value) == (
        "The metric 'accuracy' is nan at the end of epoch 3: metrics are finite."
    )
