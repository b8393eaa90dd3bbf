"""The epochs of a run, step by step, with all that keeps them safe.

`train` is `scan` over the batches of all epochs, from wherever the run stands. What it yields is
only for the caller to look at: records and checkpoints are on the disk by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from math import isfinite
from signal import Signals
from typing import Protocol, TypeVar

import attrs

from purenn import checks, files, jsons, saving
from purenn.errors import InterruptionError, RunError
from purenn.keys import Key
from purenn.optimizers import State
from purenn.runs.cadence import EVERY_MINUTE, Cadence, Clock
from purenn.runs.divergence import checked_step, require_finite
from purenn.runs.environment import note_environment
from purenn.runs.folder import SUMMARY, Run
from purenn.runs.interruption import interruptible
from purenn.runs.progress import Progress, save
from purenn.runs.records import METRICS, TIMES, Metrics, record
from purenn.runs.stopping import Best, Until
from purenn.runs.summary import read_summary
from purenn.training import Report, Step

P = TypeVar("P")
S = TypeVar("S")
B = TypeVar("B")
B_co = TypeVar("B_co", covariant=True)

Measure = Callable[[Progress[P, S]], Metrics]


class EpochBatches(Protocol[B_co]):
    """The batches of an epoch: `Batches`, or any sequence."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: slice[int, None, None], /) -> Iterable[B_co]: ...


def train(
    run: Run,
    progress: Progress[P, S],
    step: Step[State[P, S], B, Report],
    batches_of: Callable[[Key, int], EpochBatches[B]],
    epochs: int,
    measure: Measure[P, S],
    *,
    until: Until | None = None,
    best: Best | None = None,
    cadence: Cadence = EVERY_MINUTE,
) -> Iterator[Progress[P, S]]:
    """Train until so many epochs are done, and yield where the run stands after each step.

    At the end of an epoch, what `measure` gives becomes a record in metrics.jsonl, and a
    checkpoint is written; after that step `batch` is 0. The loop over this may end at any time.
    Nothing is trained if the run was finished and no more epochs are asked for than then.

    Args:
        run: from `start` or `resume`.
        progress: from `begin`.
        step: `(state, batch) -> (state, report)`, as `training_step` makes it.
        batches_of: the batches of an epoch, from the run's key and the epoch's number, counted
            from 0: a pure function, for they are asked for again when the run is resumed.
        epochs: how many there are in all.
        measure: what to record of an epoch, given the progress at its end.
        until: whether to stop, given the records so far: `patience("validation_loss", epochs=5)`.
        best: the best epoch, given the records so far: `best("validation_loss")`. Its parameters
            are kept in best.safetensors, for `load` to read.
        cadence: how often a checkpoint is written in between.

    Raises:
        OptionError: a metric is not a number.
        DivergenceError: the loss, the gradient, the parameters or a metric are not finite.
        InterruptionError: SIGTERM or Ctrl-C came. A checkpoint was written before.
        UnavailableError: a file cannot be written.
    """
    checks.integer("epochs", epochs)
    left = read_summary(run.folder)
    was_finished = left is not None and left.epochs == progress.epoch and left.planned >= epochs
    if was_finished or _is_over(progress, epochs, until):
        return
    clock = Clock(cadence, progress.state.step)
    with interruptible() as stop:
        note_environment(run.folder)
        _note_time(run, progress, "started", datetime.now(UTC).isoformat(timespec="seconds"))
        files.remove(run.folder / SUMMARY)
        progress = attrs.evolve(progress, planned=epochs)
        while not _is_over(progress, epochs, until):
            batches = batches_of(progress.key, progress.epoch)
            _require_batches(run, progress, len(batches))
            for batch in batches[progress.batch :]:
                progress = _advance(progress, step, batch)
                is_due = clock.is_due(progress.state.step)
                if progress.batch == len(batches):
                    progress = _end_epoch(run, progress, measure, best)
                    _note_time(run, progress, "seconds", clock.lap())
                    if _is_over(progress, epochs, until):
                        progress = attrs.evolve(progress, planned=progress.epoch)
                        is_due = True
                    is_due = is_due or progress.epoch % cadence.epochs == 0
                if is_due or stop.signal is not None:
                    save(run, progress)
                    clock.saved(progress.state.step)
                if stop.signal is not None:
                    _note_time(run, progress, "seconds", clock.lap())
                    raise InterruptionError(
                        f"Stopped by {Signals(stop.signal).name} before {progress.place}. "
                        f"{run.checkpoint} is complete: resume the run to go on from there.",
                        stop.signal,
                    )
                yield progress


def _is_over(progress: Progress[P, S], epochs: int, until: Until | None) -> bool:
    if progress.epoch >= epochs:
        return True
    is_between = progress.batch == 0 and progress.epoch > 0
    return is_between and until is not None and until(progress.records)


def _advance(
    progress: Progress[P, S], step: Step[State[P, S], B, Report], batch: B
) -> Progress[P, S]:
    state, report, recent = checked_step(
        step, progress.state, batch, progress.place, progress.recent
    )
    samples = report.samples if isfinite(report.loss) else 0  # it is not if the step was skipped
    return attrs.evolve(
        progress,
        state=state,
        recent=recent,
        batch=progress.batch + 1,
        samples=progress.samples + samples,
        loss_sum=progress.loss_sum + (report.loss * samples if samples else 0.0),
    )


def _end_epoch(
    run: Run, progress: Progress[P, S], measure: Measure[P, S], best: Best | None
) -> Progress[P, S]:
    require_finite(progress.state, progress.place, progress.recent)
    new = record(progress.epoch, measure(progress))
    files.append(run.folder / METRICS, jsons.dump({**new}))
    records = (*progress.records, new)
    # Before the checkpoint: a run that is resumed from an earlier one comes through here again.
    if best is not None and best(records) == progress.epoch:
        saving.save(run.best, progress.state.params)
    return attrs.evolve(
        progress, epoch=progress.epoch + 1, batch=0, samples=0, loss_sum=0.0, records=records
    )


def _require_batches(run: Run, progress: Progress[P, S], count: int) -> None:
    if count == 0:
        raise RunError(f"Epoch {progress.epoch} has no batches to train on.")
    if progress.batch >= count:
        raise RunError(
            f"{run.checkpoint} is at {progress.place}, but that epoch has only {count} batches "
            "now. Give the same data and batch size, or choose another folder."
        )


def _note_time(run: Run, progress: Progress[P, S], name: str, fact: str | float) -> None:
    facts: dict[str, jsons.Json] = {"epoch": progress.epoch, "batch": progress.batch, name: fact}
    files.append(run.folder / TIMES, jsons.dump(facts))
