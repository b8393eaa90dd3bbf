"""The epochs of a run, step by step, with all that keeps them safe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from math import isfinite
from signal import Signals
from typing import Protocol, TypeVar, runtime_checkable

import attrs

from purenn import checks, files, jsons, saving
from purenn.arrays import P, S
from purenn.errors import InterruptionError, RunError
from purenn.keys import Key
from purenn.optimizers import State, evaluation_params
from purenn.optimizers._state import Owner
from purenn.runs.cadence import EVERY_MINUTE, Cadence
from purenn.runs.divergence import B, checked_step, require_finite
from purenn.runs.environment import arithmetic, environment, note_environment
from purenn.runs.folder import SUMMARY, Run
from purenn.runs.interruption import interruptible
from purenn.runs.progress import Progress, require_latest, require_progress, save
from purenn.runs.records import METRICS, TIMES, Best, Metrics, Until, record, require_records
from purenn.training import Report, Step

B_co = TypeVar("B_co", covariant=True)

CURES = {"best": "Give best(metric), say.", "until": "Give patience(metric, epochs), say."}
CURES |= {"batches_of": "Give a function of the key and the epoch."}


@runtime_checkable
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
    measure: Callable[[Progress[P, S]], Metrics],
    *,
    until: Until | None = None,
    best: Best | None = None,
    cadence: Cadence = EVERY_MINUTE,
) -> Iterator[Progress[P, S]]:
    """Train from where `begin` stands until all epochs are done, and yield progress on the way.

    It yields at the end of each epoch, after each checkpoint, and about ten times a second between
    (see `Cadence`): states that are not yielded are overwritten by the next, as in `fold`.

    You may leave the loop at any time: records and checkpoints are on the disk by then. Nothing is
    trained if the run was finished and no more epochs are asked for than before.

    Args:
        step: from `training_step`.
        batches_of: the batches of an epoch, from the run's key and the epoch's number, counted from
            0. It must be pure, since it is called again when the run is resumed.
        epochs: how many in all, including those already done.
        measure: the metrics of an epoch, from the progress at its end, whose `batch` is not yet 0.
        until: whether to stop, given the records so far: `patience("validation_loss", epochs=5)`.
        best: the best epoch, given the records so far: `best("validation_loss")`. Its parameters
            are kept in best.safetensors, for `load` to read; for an optimizer that averages, the
            averages: measure `evaluation_params(end.state)`. Give the same in all sessions of a
            run, or none in any.

    Raises:
        DivergenceError: the loss, the gradient, the parameters or a metric are not finite.
        InterruptionError: SIGTERM or Ctrl-C came, and a checkpoint was written.
        RunError: the run stands elsewhere than the progress, or is no longer held; or the best
            parameters are missing, or there are some that nobody asks for.
    """
    require_progress(run, progress)
    checks.instance("cadence", cadence, Cadence)
    _require_functions(step=step, batches_of=batches_of, measure=measure, until=until, best=best)
    if _is_done(run, progress, epochs, until, best):
        return
    require_finite(progress.state, progress.place, progress.recent)
    with interruptible() as stop:
        note_environment(run.folder, environment() | arithmetic(step))
        _note_time(run, progress, "started", datetime.now(UTC).isoformat(timespec="seconds"))
        files.remove(run.folder / SUMMARY)
        progress = attrs.evolve(progress, planned=epochs)
        saved, saved_step, is_over = time.monotonic(), progress.state.step, False
        owner, shown = Owner(progress.state), saved
        while not is_over:
            batches = batches_of(progress.key, progress.epoch)
            _require_more(run, progress, batches)
            for batch in batches[progress.batch :]:
                progress = _advance(progress, step, owner, batch)
                steps, now = progress.state.step - saved_step, time.monotonic()
                is_due, is_best = cadence.is_due(now - saved, steps), False
                if progress.batch == len(batches):
                    owner.look()  # for `measure`
                    progress = _end_epoch(run, progress, measure)
                    is_over, is_best = _is_over(progress, epochs, until), _is_best(progress, best)
                    is_due = is_due or is_over or is_best or progress.epoch % cadence.epochs == 0
                if is_over:
                    progress = attrs.evolve(progress, planned=progress.epoch)
                number = stop.signal
                if is_due or number is not None:
                    _save(run, progress, is_best=is_best)
                    before, saved, saved_step = saved, time.monotonic(), progress.state.step
                    _note_time(run, progress, "seconds", round(saved - before, 6))
                if number is not None:
                    raise _interruption(run, progress, number)
                if is_due or progress.batch == 0 or now - shown >= cadence.shown:
                    owner.look()
                    yield progress
                    shown = time.monotonic()


def _is_done(
    run: Run, progress: Progress[P, S], epochs: int, until: Until | None, best: Best | None
) -> bool:
    """Whether nothing is left to train; checks that the run stands where the progress does."""
    if checks.integer("epochs", epochs) < progress.epoch:
        problem = f"{progress.epoch} epochs already: expected at least as many, got {epochs}"
        raise RunError(f"{run.folder} has {problem}. Ask for more, or choose another folder.")
    was_finished = files.exists(run.folder / SUMMARY) and progress.planned >= epochs
    require_records(run.folder, progress.records)
    require_latest(run, progress)
    _require_best(run, progress, best)
    return was_finished or _is_over(progress, epochs, until)


def _interruption(run: Run, progress: Progress[P, S], number: int) -> InterruptionError:
    return InterruptionError(
        f"Stopped by {Signals(number).name} before {progress.place}. "
        f"{run.checkpoint} is complete: resume the run to go on from there.",
        number,
    )


def _require_functions(**functions: object) -> None:
    for name, function in functions.items():
        if function is not None or name not in ("until", "best"):
            checks.function(name, function, CURES.get(name, ""))


def _is_between(progress: Progress[P, S]) -> bool:
    """Whether an epoch has ended, and none has begun since."""
    return progress.batch == 0 and progress.epoch > 0


def _is_best(progress: Progress[P, S], best: Best | None) -> bool:
    if best is None or not _is_between(progress):
        return False
    # A truth value is an integer too: patience(...) in its place would keep the first epoch.
    found = checks.integer("The epoch that best gives", best(progress.records), 0)
    return found == progress.epoch - 1


def _save(run: Run, progress: Progress[P, S], *, is_best: bool) -> None:
    save(run, progress)
    # After the checkpoint: the next session can make up for a best that is missing, not undo one.
    if is_best:
        saving.save(run.best, evaluation_params(progress.state))


def _require_best(run: Run, progress: Progress[P, S], best: Best | None) -> None:
    """Check that the best parameters are there if they are asked for, and only then."""
    is_there = files.exists(run.best)
    if best is not None:
        evaluation_params(progress.state)  # refuses now what it would after an epoch
    if best is None and is_there:
        raise RunError(
            f"{run.best} has the best parameters of earlier sessions, but this one was given no "
            "best. Give the same as before, or remove the file to keep the last parameters."
        )
    if _is_best(progress, best):
        _save(run, progress, is_best=True)  # the last session may have ended before that
    elif best is not None and progress.epoch and not is_there:
        raise RunError(
            f"{run.best} is missing, with the parameters of epoch {best(progress.records) + 1}: "
            "restore it from a copy, leave out best, or start again in another folder."
        )


def _is_over(progress: Progress[P, S], epochs: int, until: Until | None) -> bool:
    is_stopped = until is not None and _is_between(progress) and until(progress.records)
    checks.instance("What until gives", is_stopped, bool, CURES["until"])
    return is_stopped or progress.epoch == epochs


def _require_more(run: Run, progress: Progress[P, S], batches: EpochBatches[B]) -> None:
    advice = "Give shuffled_batches(...), or a list of batches."
    checks.instance("The batches of batches_of", batches, EpochBatches, advice)
    if progress.batch >= (count := len(batches)):
        problem = f"is at {progress.place}, but that epoch has only {count} batches"
        cure = "Give the same data and batch size, or choose another folder."
        raise RunError(f"{run.folder} {problem}. {cure}")


def _advance(
    progress: Progress[P, S],
    step: Step[State[P, S], B, Report],
    owner: Owner[State[P, S]],
    batch: B,
) -> Progress[P, S]:
    report, recent = checked_step(step, owner, batch, progress.place, progress.recent)
    samples = int(report.samples) if isfinite(report.loss) else 0  # NaN: a step of one's own skips
    return attrs.evolve(
        progress,
        state=owner.state,
        recent=recent,
        batch=progress.batch + 1,
        samples=progress.samples + samples,
        loss_sum=progress.loss_sum + (float(report.loss) * samples if samples else 0.0),
    )


def _end_epoch(
    run: Run, progress: Progress[P, S], measure: Callable[[Progress[P, S]], Metrics]
) -> Progress[P, S]:
    require_finite(progress.state, progress.place, progress.recent)
    new = record(progress.epoch, measure(progress))
    files.append(run.folder / METRICS, jsons.dump({**new}))
    records = (*progress.records, new)
    return attrs.evolve(
        progress, epoch=progress.epoch + 1, batch=0, samples=0, loss_sum=0.0, records=records
    )


def _note_time(run: Run, progress: Progress[P, S], name: str, fact: str | float) -> None:
    facts: dict[str, jsons.Json] = {"epoch": progress.epoch, "batch": progress.batch, name: fact}
    files.append(run.folder / TIMES, jsons.dump(facts))
