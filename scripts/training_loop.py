"""The loop of every script: train in a run's folder, and show how it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from rich.console import Console

from progress import shown
from purenn import Batch, Batches, Key, OptimizerState, Step, runs

P = TypeVar("P")
S = TypeVar("S")
X = TypeVar("X")
T = TypeVar("T")


def follow(
    run: runs.Run,
    console: Console,
    start: runs.Progress[P, S],
    step: Step[OptimizerState[P, S], Batch[X, T], float],
    batches_of: Callable[[Key, int], Batches[X, T]],
    epochs: int,
    measure: Callable[[runs.Progress[P, S]], Mapping[str, float]],
) -> runs.Progress[P, S]:
    """Train from where the run stands to the end of its last epoch.

    Args:
        run: the folder.
        console: where progress is shown.
        start: where the run stands: `runs.begin(...)`.
        step: one training step.
        batches_of: the batches of an epoch, from the run's key and the epoch's number.
        epochs: how many there are.
        measure: what is recorded and shown at the end of an epoch.

    Returns:
        Where the run stands after the last epoch.
    """
    progress = start
    steps = len(batches_of(start.key, 0))
    with shown(console, epochs, steps) as display:
        for progress in runs.train(run, start, step, batches_of, epochs, measure):
            display.step(progress.epoch * steps + progress.batch, progress.loss, progress.norm)
            if progress.batch == 0:
                display.epoch(progress.epoch, metrics_of(progress.records[-1]))
    return progress


def metrics_of(record: runs.Record) -> dict[str, float]:
    """What was measured, without the number of the epoch."""
    return {name: value for name, value in record.items() if name != "epoch"}


def column(records: tuple[runs.Record, ...], name: str) -> list[float]:
    """One metric of all epochs."""
    return [record[name] for record in records]
