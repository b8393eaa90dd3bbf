"""The epochs of a run, step by step, with all that keeps them safe.

`train` is `scan` over the batches of all epochs, from wherever the run stands. What it yields is
only for the caller to look at: records and checkpoints are on the disk by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from math import isfinite
from signal import Signals
from typing import Protocol, TypeVar

import numpy as np

from purenn import divergence
from purenn.errors import DivergenceError, InterruptionError, RunError
from purenn.jsons import Json
from purenn.keys import Key
from purenn.optimizer import OptimizerState
from purenn.runs.cadence import EVERY_MINUTE, Cadence, Clock
from purenn.runs.folder import Run, note_environment
from purenn.runs.interruption import interruptible
from purenn.runs.progress import Progress, require_finite, save
from purenn.runs.records import append_record, append_time, record
from purenn.training import Step

P = TypeVar("P")
S = TypeVar("S")
B = TypeVar("B")
B_co = TypeVar("B_co", covariant=True)

Measure = Callable[[Progress[P, S]], Mapping[str, float]]


class EpochBatches(Protocol[B_co]):
    """The batches of an epoch: `Batches`, or any sequence."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: slice[int, None, None], /) -> Iterable[B_co]: ...


def train(
    run: Run,
    progress: Progress[P, S],
    step: Step[OptimizerState[P, S], B, float],
    batches_of: Callable[[Key, int], EpochBatches[B]],
    epochs: int,
    measure: Measure[P, S],
    cadence: Cadence = EVERY_MINUTE,
) -> Iterator[Progress[P, S]]:
    """Train until so many epochs are done, and yield where the run stands after each step.

    At the end of an epoch, what `measure` gives becomes a record in metrics.jsonl, and a
    checkpoint is written; after that step `batch` is 0. The loop over this may end at any time:
    a run that is not resumed is just shorter.

    Args:
        run: from `start` or `resume`.
        progress: from `begin`.
        step: `(state, batch) -> (state, loss)`, as `training_step` makes it.
        batches_of: the batches of an epoch, from the run's key and the epoch's number, counted
            from 0: a pure function, for they are asked for again when the run is resumed.
        epochs: how many there are in all.
        measure: what to record of an epoch, given the progress at its end.
        cadence: how often a checkpoint is written in between.

    Raises:
        DivergenceError: the loss, the gradient, the parameters or a metric are not finite.
        InterruptionError: SIGTERM or Ctrl-C came. A checkpoint was written before.
        CheckpointError, RunError: a file could not be written.
    """
    if progress.epoch >= epochs:
        return
    clock = Clock(cadence, progress.state.step)
    with interruptible() as stop:
        note_environment(run)
        _note_start(run, progress)
        while progress.epoch < epochs:
            batches = batches_of(progress.key, progress.epoch)
            _require_batches(run, progress, len(batches))
            for batch in batches[progress.batch :]:
                progress = _advance(progress, step, batch)
                ended = progress.batch == len(batches)
                if ended:
                    progress = _end_epoch(run, progress, measure)
                    _note_seconds(run, progress, clock.lap())
                ends = ended and (progress.epoch == epochs or clock.is_due_after(progress.epoch))
                if ends or clock.is_due(progress.state.step) or stop.signal is not None:
                    save(run, progress)
                    clock.saved(progress.state.step)
                if stop.signal is not None:
                    _note_seconds(run, progress, clock.lap())
                    raise _interruption(run, progress, stop.signal)
                yield progress


def _advance(
    progress: Progress[P, S], step: Step[OptimizerState[P, S], B, float], batch: B
) -> Progress[P, S]:
    before = progress.state
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is seen below
            after, loss = step(before, batch)
    except DivergenceError as error:
        raise divergence.located(error, before, progress.place, progress.recent) from None
    moment = divergence.moment_of(after, loss)
    if not divergence.is_finite_step(moment, after.slots):
        raise divergence.step_error(before, after, moment, progress.place, progress.recent)
    counts = isfinite(loss)
    return Progress(
        after,
        progress.epoch,
        progress.batch + 1,
        progress.losses + counts,
        progress.loss_sum + loss if counts else progress.loss_sum,
        divergence.remember(progress.recent, moment),
        progress.key,
        progress.records,
        progress.model,
    )


def _end_epoch(run: Run, progress: Progress[P, S], measure: Measure[P, S]) -> Progress[P, S]:
    require_finite(progress)
    new = record(progress.epoch, measure(progress))
    append_record(run.folder, new)
    return Progress(
        progress.state,
        progress.epoch + 1,
        0,
        0,
        0.0,
        progress.recent,
        progress.key,
        (*progress.records, new),
        progress.model,
    )


def _require_batches(run: Run, progress: Progress[P, S], count: int) -> None:
    if count == 0:
        raise RunError(f"Epoch {progress.epoch} has no batches: there is nothing to train on.")
    if progress.batch >= count:
        raise RunError(
            f"{run.checkpoint} stands at {progress.place}, and that epoch has {count} batches now. "
            "Give the same data and batch size, or choose another folder."
        )


def _note_start(run: Run, progress: Progress[P, S]) -> None:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    append_time(run.folder, {"started": now, "epoch": progress.epoch, "batch": progress.batch})


def _note_seconds(run: Run, progress: Progress[P, S], seconds: float) -> None:
    facts: dict[str, Json] = {"epoch": progress.epoch, "batch": progress.batch}
    append_time(run.folder, {**facts, "seconds": seconds})


def _interruption(run: Run, progress: Progress[P, S], number: int) -> InterruptionError:
    return InterruptionError(
        f"Stopped by {Signals(number).name} before {progress.place}. {run.checkpoint} has "
        "everything: the same command with --resume goes on from there.",
        number,
    )
