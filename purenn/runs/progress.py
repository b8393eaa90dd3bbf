"""Where a run stands, as a value, and what came of it: the checkpoint and the summary."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from pathlib import Path
from typing import Generic

import attrs

from purenn import checks, files, jsons, saving
from purenn.arrays import P, S
from purenn.errors import CheckpointError, OptionError, RunError, TreeError
from purenn.jsons import Json
from purenn.keys import Key
from purenn.matching import kinds, mismatches, named
from purenn.optimizers import State
from purenn.runs.config import read_config
from purenn.runs.divergence import NO_MOMENTS, Moment, require_finite
from purenn.runs.environment import read_environment
from purenn.runs.folder import CONFIG, HELD, SUMMARY, Run
from purenn.runs.records import METRICS, Record, keep_records, require_records, seconds
from purenn.tree import Node

# The epochs and batches done at the last checkpoint, by folder, as far as this process knows.
SAVED: dict[Path, tuple[int, int]] = {}
# The leaves of the state that the run was begun with, which a checkpoint is loaded like.
BEGUN: dict[Path, dict[str, str]] = {}


@attrs.frozen(eq=False)
class Progress(Node, Generic[P, S]):
    """The progress of a run. A checkpoint holds all but the records, and loads to the last bit.

    `epoch` of the `planned` epochs are done, and `batch` batches of the next one. `samples` and
    `loss_sum` are the number of samples in these batches, without those of skipped steps, and the
    sum of their losses. To start from another run's checkpoint, take that run's state:
    `load(run.checkpoint, like=Progress(state, key, repr(model))).state`.
    """

    state: State[P, S]
    key: Key
    model: str
    epoch: int = 0
    batch: int = 0
    samples: int = 0
    loss_sum: float = 0.0
    recent: tuple[Moment, ...] = NO_MOMENTS
    records: tuple[Record, ...] = ()
    planned: int = 0

    @property
    def place(self) -> str:
        """The batch that comes next: `epoch 3, batch 12`, both counted from 1."""
        return f"epoch {self.epoch + 1}, batch {self.batch + 1}"

    @property
    def loss(self) -> float:
        """The loss of the last batch; NaN before the first."""
        return self.recent[-1].loss

    @property
    def norm(self) -> float:
        """The global norm of the last gradient, if the optimizer reports it, or NaN."""
        return self.recent[-1].gradient_norm

    @property
    def mean_loss(self) -> float:
        """The mean loss over the samples of the epoch under way; NaN if there are none."""
        return self.loss_sum / self.samples if self.samples else nan


@attrs.frozen
class Summary:
    """The summary of a finished run.

    `planned` differs from `epochs` only if your code left the loop early. The metrics are those of
    the last epoch and those given to `finish`; the digest is that of the best parameters, if
    `train` was told what is best, or else of the last.
    """

    epochs: int
    planned: int
    metrics: Mapping[str, Json]
    digest: str
    seconds: float


def begin(run: Run, state: State[P, S], model: str, key: Key) -> Progress[P, S]:
    """Where the run stands: at its checkpoint, or before its first step if it has no checkpoint.

    `state` is that before the first step, `model` is `repr(model)`, and `key` is what the batches
    of all epochs are drawn from. A checkpoint of another model or key, a missing one, and a
    malformed file are refused before anything is changed.
    """
    progress = Progress(state, key, model)
    require_progress(run, progress)
    checks.instance("state", state, State)
    checks.instance("model", model, str, "Give repr(model).")
    if " at 0x" in model:
        cure = "Give its layers functions with a name, or partials of such."
        raise OptionError(f"model: expected a repr that is the same in every process. {cure}")
    checks.instance("key", key, Key)
    if files.exists(run.checkpoint):
        progress = saving.load(run.checkpoint, like=progress)
        for name, found, given in ("model", progress.model, model), ("key", progress.key, key):
            if found != given:
                expected = f"expected {given}, got {found}"
                raise CheckpointError(f"{run.checkpoint} belongs to another {name}: {expected}.")
    elif files.exists(run.folder / SUMMARY) or seconds(run.folder):  # both come after it
        cure = "restore it from a copy, or start again in another folder."
        raise RunError(f"{run.checkpoint} is missing: {cure}")
    if files.exists(run.best):
        saving.load(run.best, like=state.params)
    read_environment(run.folder)
    summary = read_summary(run.folder)
    records = keep_records(run.folder, progress.epoch)  # all files have been checked by now
    for part in run.folder.glob(f".*{files.SUFFIX}"):  # of writes that were killed
        files.remove(part)
    if read_config(run.folder / CONFIG) != run.config:
        jsons.write(run.folder / CONFIG, attrs.asdict(run.config))
    planned = summary.planned if summary and summary.epochs == progress.epoch else 0
    SAVED[run.folder] = progress.epoch, progress.batch
    BEGUN[run.folder] = kinds(named(state))
    return attrs.evolve(progress, records=records, planned=planned)


def require_progress(run: Run, progress: object) -> None:
    """Check that these are what their names say, and that the run is held."""
    checks.instance("run", run, Run)
    checks.instance("progress", progress, Progress)
    if run.folder not in [*HELD.values()]:  # a copy, for runs of other threads come and go
        cure = "Stay in the block of start or resume, or take up the run again with resume."
        raise RunError(f"{run.folder} is not held by this process any more. {cure}")


def require_latest(run: Run, progress: Progress[P, S]) -> None:
    """Check that this progress is not from before the last checkpoint."""
    epoch, batch = SAVED.get(run.folder, (0, 0))
    if (progress.epoch, progress.batch) < (epoch, batch):
        raise RunError(
            f"{run.folder} is at epoch {epoch + 1}, batch {batch + 1}, and this progress is of "
            f"{progress.place}, before it. Take the last one that train yields, or that of begin."
        )


def save(run: Run, progress: Progress[P, S]) -> None:
    """Write the checkpoint of a run, after what it relies on is on the disk: the records.

    A progress from before the last checkpoint raises RunError, a state whose leaves are not like
    those given to `begin` TreeError, and one with NaN or infinity DivergenceError, except in
    gradients that `skip_nonfinite` will skip.
    """
    require_progress(run, progress)
    require_latest(run, progress)
    actual = kinds(named(progress.state))
    if found := mismatches(BEGUN.get(run.folder, actual), actual):
        what = "The state is unlike that given to begin, and could not be resumed"
        raise TreeError(f"{what}:\n  " + "\n  ".join(found))
    require_finite(progress.state, progress.place, progress.recent)
    files.flush(run.folder / METRICS)
    saving.save(run.checkpoint, attrs.evolve(progress, records=(), planned=0))
    SAVED[run.folder] = progress.epoch, progress.batch


def finish(run: Run, progress: Progress[P, S], metrics: Mapping[str, object]) -> Summary:
    """Write summary.json, and the checkpoint that belongs to it if the loop was left early.

    `metrics`, of anything that JSON can represent, are added to those of the last record.
    """
    added = jsons.plain_dict(metrics, "metrics")
    require_progress(run, progress)
    require_records(run.folder, progress.records)
    save(run, progress)
    found: dict[str, Json] = {**progress.records[-1]} if progress.records else {}
    found.pop("epoch", None)
    found |= added
    params = progress.state.params
    if files.exists(run.best):
        params = saving.load(run.best, like=params)
    planned, time = progress.planned or progress.epoch, round(seconds(run.folder), 6)
    made = Summary(progress.epoch, planned, found, saving.digest(params), time)
    jsons.write(run.folder / SUMMARY, jsons.plain(attrs.asdict(made), "summary"))
    return made


def read_summary(folder: files.AnyPath) -> Summary | None:
    """The summary of the run in a folder, or None if it is not finished."""
    path = files.require_folder(folder) / SUMMARY
    if not files.exists(path):
        return None
    match jsons.read(path):
        case {
            "epochs": int(epochs),
            "planned": int(planned),
            "metrics": dict(metrics),
            "digest": str(digest),
            "seconds": int(time) | float(time),
        }:
            return Summary(epochs, planned, metrics, digest, time)
    raise RunError(f"{path}: expected the summary of a run.")
