"""Runs that leave the finite numbers: what is told of it, and what stands."""

from __future__ import annotations

import re
from functools import partial
from itertools import count
from math import inf, nan
from pathlib import Path

import attrs
import numpy as np
import pytest
from contracts import S

import purenn as nn
from purenn import optimizers, runs
from purenn.arrays import Leaves, Matrix
from purenn.data import batches_in_order
from purenn.errors import DivergenceError
from purenn.optimizers import Velocity, accumulated, skip_nonfinite
from purenn.runs.divergence import reported_norm, require_finite
from purenn.training import Report
from purenn.tree import leaves

ADVICE = "Clip the gradients, with clip_by_global_norm(1.0) at the start of the chain, or take a"
MODEL = nn.linear(4) >> nn.relu() >> nn.linear(1)
INPUTS = nn.Key(0).generator().normal(size=(24, 2)).astype(np.float32)
DATA = nn.dataset(INPUTS, INPUTS[:, :1] * INPUTS[:, 1:])
Params = tuple[nn.Linear, nn.Empty, nn.Linear]
CONFIG = runs.Config("x.py", {})
Bad = dict[int, float]  # numbers by steps
NONE: Bad = {}


def trained(
    folder: Path,
    optimizer: nn.Optimizer[S],
    losses: Bad = NONE,
    slopes: Bad = NONE,
    epochs: int = 3,
) -> runs.Progress[Params, S]:
    """A run of four batches an epoch, where losses or cotangents are bad at some steps."""
    steps = count()

    def squares(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
        step = next(steps)
        value, cotangent = nn.mean_squared_error()(prediction, target)
        return losses.get(step, value), cotangent * np.float32(slopes.get(step, 1.0))

    def measure(end: runs.Progress[Params, S]) -> dict[str, float]:
        return {"loss": end.mean_loss if end.samples else 0.0}

    batches = partial(nn.shuffled_batches, DATA, 6)
    step = nn.training_step(MODEL, squares, optimizer)
    with runs.start(folder, CONFIG) as run:
        state = optimizer.init(MODEL.init(nn.Key(1), DATA.example))
        start = runs.begin(run, state, repr(MODEL), nn.Key(3))
        *_, end = runs.train(run, start, step, batches, epochs, measure)
    return end


def diverged(
    folder: Path, optimizer: nn.Optimizer[S], losses: Bad = NONE, slopes: Bad = NONE
) -> list[str]:
    with pytest.raises(DivergenceError) as caught:
        trained(folder, optimizer, losses, slopes)
    return str(caught.value).splitlines()


PLAIN = nn.descend(nn.momentum(0.9), 0.1)
TOLD = nn.descend(optimizers.report_global_norm() >> nn.momentum(0.9), 0.1)


def test_it_is_told_and_the_last_good_checkpoint_stands(tmp_path: Path) -> None:
    first, history, cause = diverged(tmp_path / "bad", TOLD, losses={9: nan})
    assert first.startswith("Training diverged at epoch 3, batch 2, step 9: The loss is nan")
    names = "losses", "norms of the parameters", "norms of the gradient"
    parts = "; ".join(rf"{name} (-?\S+, ){{4}}-?\S+" for name in names)
    assert re.fullmatch(rf"The steps before: {parts}\.", history)
    assert cause == "The parameters are still finite."
    trained(tmp_path / "good", TOLD, epochs=2)
    checkpoint = (tmp_path / "good" / "checkpoint.safetensors").read_bytes()
    assert (tmp_path / "bad" / "checkpoint.safetensors").read_bytes() == checkpoint
    assert len(runs.read_records(tmp_path / "bad")) == 2


def test_a_step_of_ones_own_that_tells_an_infinite_loss(tmp_path: Path) -> None:
    state = PLAIN.init((np.ones(2),))

    def step(state: S, batch: int) -> tuple[S, Report]:
        return state, Report(inf, 1)

    with runs.start(tmp_path, CONFIG) as run:
        start = runs.begin(run, state, "", nn.Key(0))
        training = runs.train(run, start, step, lambda key, epoch: [0], 1, lambda end: {})
        with pytest.raises(DivergenceError) as caught:
            next(training)
    first = "Training diverged at epoch 1, batch 1, step 0: the loss is inf."
    assert str(caught.value).startswith(f"{first}\nThe parameters are still finite.\n{ADVICE}")


def test_gradients_and_parameters_that_are_not_finite_show_in_their_norms(tmp_path: Path) -> None:
    clipped = nn.descend(nn.clip_by_global_norm(1.0), 0.1)
    first, cause, advice = diverged(tmp_path / "a", clipped, slopes={0: nan})
    assert first.endswith("at epoch 1, batch 1, step 0: the norm of the gradient is nan.")
    assert cause.startswith("The parameters were finite before and are not after this step, first")
    assert advice.startswith(ADVICE)
    first, history, cause, _ = diverged(tmp_path / "b", PLAIN, slopes={2: nan})
    assert first.endswith("at epoch 1, batch 3, step 2: the norm of the parameters is nan.")
    assert "gradient" not in history  # which nothing reports
    assert "first in 0.weight (8 of 8 entries)" in cause
    assert not (tmp_path / "b" / "checkpoint.safetensors").exists()
    assert runs.read_records(tmp_path / "b") == ()


def test_the_whole_state_is_looked_at_before_it_is_saved(tmp_path: Path) -> None:
    def update(state: Velocity, grads: Leaves, point: nn.Point) -> tuple[Velocity, Leaves]:
        return Velocity(tuple([np.full_like(leaf, nan) for leaf in state.leaves])), grads

    rotten = nn.Transform(lambda point: Velocity(point.params), update)
    first, history, advice = diverged(tmp_path, nn.descend(rotten, 0.1))
    assert first == (
        "Training diverged before epoch 1, batch 5, after 4 steps: the state is not finite, first "
        "in slots.leaves.0 (8 of 8 entries)."
    )
    assert history.startswith("The steps before: losses ")
    assert advice.startswith(ADVICE)
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_skipped_batches_do_not_end_a_run_nor_count(tmp_path: Path) -> None:
    optimizer = skip_nonfinite(nn.descend(nn.clip_by_global_norm(1.0), 0.1), 2)
    end = trained(tmp_path, optimizer, {0: nan, 5: nan, 6: inf}, {0: nan, 5: nan, 6: inf})
    assert end.state.slots.total == 3
    assert all(0.0 < record["loss"] < 10.0 for record in end.records)


def test_an_epoch_may_end_with_a_gradient_whose_update_will_be_skipped(tmp_path: Path) -> None:
    end = trained(tmp_path, accumulated(skip_nonfinite(PLAIN, 2), 3), {3: nan}, {3: nan})
    assert (end.state.slots.inner.total, end.state.slots.gathered) == (1, 0)


@pytest.mark.parametrize("bad", [0, 1])  # of two that are accumulated
def test_running_statistics_leave_out_what_an_update_will_skip(bad: int, tmp_path: Path) -> None:
    model = nn.linear(4) >> nn.batch_norm() >> nn.linear(1)
    optimizer = optimizers.averaged(accumulated(skip_nonfinite(PLAIN, 2), 2))
    batches = [*batches_in_order(DATA, 6, nn.Key(2))]
    batches[bad] = attrs.evolve(batches[bad], inputs=nan * batches[bad].inputs)
    state = optimizer.init(model.init(nn.Key(1), DATA.example))
    step = nn.training_step(model, nn.mean_squared_error(), optimizer)
    given = step, lambda key, epoch: batches, 2, lambda end: {"samples": end.samples}
    for last, total in ((1, 0), (2, 1), (3, 1), (8, 2)):  # sessions, left after so many batches
        with runs.resume(tmp_path, CONFIG) as run:
            start = end = runs.begin(run, state, repr(model), nn.Key(3))
            for end in runs.train(run, start, *given, cadence=runs.Cadence(steps=1)):
                assert all(np.isfinite(leaf).all() for leaf in leaves(end.state.params))
                if end.state.step == last:
                    break
            assert (end.state.step, end.state.slots.inner.inner.total) == (last, total)
    assert [record["samples"] for record in runs.read_records(tmp_path)] == [12 + 6 * bad] * 2


def test_what_else_is_not_finite_is_no_gradient_to_be_skipped(tmp_path: Path) -> None:
    optimizer = accumulated(skip_nonfinite(PLAIN, 2), 2)
    state = optimizer.init((np.ones(1),))
    bad = (np.array([nan]),)
    state, _ = optimizer.update(state, bad, nan)
    require_finite(state, "epoch 1", ())
    slots = attrs.evolve(state.slots, inner=optimizers.Skipping(0, 0, Velocity(bad)))
    one, other = attrs.evolve(state, params=bad), attrs.evolve(state, slots=slots)
    for rotten, where in ((one, "params.0"), (other, "slots.inner.inner.leaves.0")):
        with pytest.raises(DivergenceError, match=f"not finite, first in {where} "):
            require_finite(rotten, "epoch 1", ())


def test_giving_up_is_told_with_the_leafs_path(tmp_path: Path) -> None:
    first, *_ = diverged(tmp_path, skip_nonfinite(PLAIN, 1), slopes={6: nan, 7: nan})
    assert first == (
        "Training diverged at epoch 2, batch 4, step 7: skip_nonfinite(1) skipped 1 update in a "
        "row, and the next is not finite either, first in 0.weight."
    )


def test_a_norm_that_is_not_yet_known_is_no_divergence(tmp_path: Path) -> None:
    end = trained(tmp_path, accumulated(TOLD, 2), epochs=1)
    norm = reported_norm(end.state.slots)
    assert norm is not None
    assert norm.value == end.norm > 0.0
    assert reported_norm(PLAIN.init((np.ones(1),)).slots) is None
