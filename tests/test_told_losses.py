"""What steps and optimizers make of the loss of a batch: unknown, not finite, or a NumPy scalar."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan, nan
from pathlib import Path

import numpy as np
import pytest
from contracts import normal

import purenn as nn
from purenn import losses
from purenn import optimizers as opt
from purenn.arrays import Labels, Matrix
from purenn.data import Batch
from purenn.errors import DivergenceError

X: Matrix = normal(0, 4, 3)
Y: Matrix = normal(1, 4, 2)
KEY, MODEL = nn.Key(0), nn.linear(2)
PARAMS = MODEL.init(KEY, X)
SQUARED: nn.Loss[Matrix, Matrix] = losses.mean_squared_error()
GOOD, BAD = Batch(X, Y, KEY), Batch(nan * X, Y, KEY)
WAITING = nn.descend(opt.plateau(3), 0.1)
SKIPPING = opt.skip_nonfinite(WAITING, 3)


def unknown(y: Matrix, target: Matrix) -> tuple[float, Matrix]:
    return nan, y


def test_a_batch_without_counted_samples_is_no_observation_of_a_plateau() -> None:
    step = nn.training_step(MODEL, losses.ignoring(nn.softmax_cross_entropy(), -1), WAITING)
    none: Labels = np.full(4, -1)
    batches = [Batch(X, none, KEY), *[Batch(X, none + 1, KEY)] * 9]
    state, reports = nn.fold(step, WAITING.init(PARAMS), batches)
    assert state.slots == opt.Plateau(best=reports[-1].loss, waited=0, factor=1.0)
    assert reports[0].loss == 0.0 < reports[-1].loss


@pytest.mark.parametrize(
    ("optimizer", "loss", "batch"),
    [
        (WAITING, unknown, GOOD),
        (SKIPPING, unknown, GOOD),
        (opt.accumulated(SKIPPING, 2), unknown, GOOD),
        (opt.accumulated(WAITING, 2), SQUARED, BAD),
    ],
)
def test_a_loss_of_nan_is_divergence_at_once_if_no_update_will_skip_it(
    optimizer: nn.Optimizer[object], loss: nn.Loss[Matrix, Matrix], batch: Batch[Matrix, Matrix]
) -> None:
    with pytest.raises(DivergenceError, match=r"^The loss is nan at step 0"):
        nn.training_step(MODEL, loss, optimizer)(optimizer.init(PARAMS), batch)


def test_an_accumulated_plateau_is_told_the_mean_of_the_losses() -> None:
    optimizer = opt.accumulated(WAITING, 2)
    state = optimizer.init(PARAMS)
    for loss in (3.0, 1.0, 9.0):
        state, _ = optimizer.update(state, PARAMS, loss)
    assert state.slots.inner.best == 2.0
    assert (state.slots.loss, state.slots.gathered) == (9.0, 1)


@pytest.mark.parametrize(
    ("kinds", "samples"),
    [("NG", [0, 0]), ("GN", [4, 0]), ("GNG", [4, 0, 4]), ("GNNG", [4, 0, 0, 0])],
)
def test_an_accumulated_gradient_that_is_nan_is_skipped_with_its_update(
    kinds: str, samples: list[int]
) -> None:
    optimizer = opt.accumulated(SKIPPING, 2)
    step = nn.training_step(MODEL, SQUARED, optimizer)
    batches = [GOOD if kind == "G" else BAD for kind in kinds]
    state, reports = nn.fold(step, optimizer.init(PARAMS), batches)
    assert [isnan(report.loss) for report in reports] == [kind == "N" for kind in kinds]
    assert [report.samples for report in reports] == samples
    assert state.slots.inner.total == len(kinds) // 2


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_losses_that_are_numpy_scalars_become_floats(
    kind: Callable[[float], float], tmp_path: Path
) -> None:
    step = nn.training_step(MODEL, lambda y, target: (kind(1.5), y), WAITING)
    stepped, report = step(WAITING.init(PARAMS), GOOD)
    updated, _ = WAITING.update(stepped, PARAMS, kind(0.5))
    nn.save(tmp_path / "state", updated)
    assert [type(loss) for loss in (report.loss, updated.slots.best)] == [float, float]
