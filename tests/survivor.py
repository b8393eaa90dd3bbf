"""A small training run that is there to be killed."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest
from faults import Fault, Watch

import purenn as nn
from purenn import runs
from purenn.arrays import Matrix
from purenn.data import AugmentedBatches, augmented, gaussian_noise
from purenn.layers import BatchNorm
from purenn.optimizers import Norm, Velocity
from purenn.schedules import cosine

EPOCHS, BATCHES, BATCH_SIZE = 3, 4, 8

MODEL = nn.linear(8) >> nn.batch_norm() >> nn.tanh() >> nn.linear(1)
OPTIMIZER = nn.descend(nn.clip_by_global_norm(1.0) >> nn.momentum(0.9), cosine(0.1, steps=12))
Params = tuple[nn.Linear, BatchNorm, nn.Empty, nn.Linear]
Progress = runs.Progress[Params, tuple[Norm, Velocity]]
CONFIG = runs.Config("survivor.py", {"epochs": EPOCHS, "seed": 0})


def measure(end: Progress) -> dict[str, float]:
    """The record of an epoch. The second is the best."""
    return {"loss": end.mean_loss, "norm": end.norm, "distance": abs(end.epoch - 1)}


def noisy(
    data: nn.Dataset[Matrix, Matrix], key: nn.Key, epoch: int
) -> AugmentedBatches[Matrix, Matrix]:
    """The batches of an epoch, augmented."""
    return augmented(nn.shuffled_batches(data, BATCH_SIZE, key, epoch), gaussian_noise(0.1))


def train(
    folder: Path, epochs: int = EPOCHS, rest: Callable[[], object] = lambda: None
) -> runs.Summary:
    """The run, to its end, from wherever it stands. After each step it rests."""
    x: Matrix = nn.Key(1).generator().normal(size=(BATCHES * BATCH_SIZE - 3, 2)).astype(np.float32)
    data = nn.dataset(x, x[:, :1] * x[:, 1:])
    step = nn.training_step(MODEL, nn.mean_squared_error(), OPTIMIZER)
    given = step, partial(noisy, data), epochs, measure
    often, best = runs.Cadence(seconds=3600.0, steps=3, shown=0.0), runs.best("distance")
    config = runs.Config("survivor.py", {"epochs": epochs, "seed": 0})
    with runs.resume(folder, config, may_change=("epochs",)) as run:
        state = OPTIMIZER.init(MODEL.init(nn.Key(2), data.example))
        progress = runs.begin(run, state, repr(MODEL), nn.Key(3))
        for now in runs.train(run, progress, *given, best=best, cadence=often):
            progress = now
            rest()
        return runs.finish(run, progress, {"answer": 42})


def work(
    said: Connection[int | str, int], folder: Path, fault: Fault, pause: float, epochs: int
) -> None:
    """Train as a process of its own. It says 0 after a step, then its operations or its error."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever started this ignores it

    def rest() -> None:
        if pause:
            said.send(0)
            time.sleep(pause)

    watch = Watch(fault, folder, pytest.MonkeyPatch())
    try:
        train(folder, epochs, rest)
        said.send(watch.count)
    except runs.InterruptionError as error:
        said.send(f"{error}")
        sys.exit(128 + error.signal)
    except nn.PurennError as error:
        said.send(f"{type(error).__name__}: {error}")
        sys.exit(1)


# What is asked of git and imported late is there once: for all processes that are forked from here.
with tempfile.TemporaryDirectory() as once:
    train(Path(once), epochs=1)
