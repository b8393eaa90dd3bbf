"""Where a run stands, as a value: what a checkpoint holds, and what was recorded so far."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Generic, TypeVar

import attrs

from purenn import files, jsons, saving
from purenn.errors import CheckpointError
from purenn.keys import Key
from purenn.optimizers import State
from purenn.runs.divergence import NO_MOMENTS, Moment, require_finite
from purenn.runs.environment import read_environment
from purenn.runs.folder import SUMMARY, Run, note_config
from purenn.runs.records import METRICS, Record, keep_records, seconds
from purenn.runs.summary import Summary, read_summary
from purenn.tree import Node

P = TypeVar("P")
S = TypeVar("S")


@attrs.frozen(eq=False)
class Progress(Node, Generic[P, S]):
    """Where a run stands. A checkpoint holds all but the records, and loads to the last bit.

    Args:
        state: the optimizer's state.
        key: what the batches of all epochs follow from.
        model: what the parameters belong to, as an expression.
        epoch: how many epochs are done.
        batch: how many batches of the next epoch are done.
        samples: how many samples these had; those of steps that were skipped do not count.
        loss_sum: the sum of these samples' losses.
        recent: the last steps' losses and norms, the latest last.
        records: one for each epoch done.
        planned: how many epochs there are to be, once `train` was told.
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
        """Which batch comes next: `epoch 3, batch 12`, both counted from 0."""
        return f"epoch {self.epoch}, batch {self.batch}"

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


def begin(run: Run, state: State[P, S], model: str, key: Key) -> Progress[P, S]:
    """Where the run stands: at its checkpoint, or before its first step if there is none.

    Args:
        run: from `start` or `resume`.
        state: the state before the first step.
        model: what the parameters belong to: `repr(model)`.
        key: what the batches of all epochs follow from.

    Raises:
        TreeError, CheckpointError: the checkpoint belongs to another model, optimizer or key.
        RunError, FormatError: a file is malformed, or has fewer records than the checkpoint.
    """
    progress = Progress(state, key, model)
    if files.exists(run.checkpoint):
        progress = saving.load(run.checkpoint, like=progress)
        for name, found, given in ("model", progress.model, model), ("key", progress.key, key):
            if found != given:
                raise CheckpointError(
                    f"{run.checkpoint} belongs to another {name}: expected {given}, got {found}."
                )
    read_environment(run.folder)
    read_summary(run.folder)
    records = keep_records(run.folder, progress.epoch)  # all files have been checked by now
    files.remove_parts(run.folder)
    note_config(run)
    return attrs.evolve(progress, records=records)


def save(run: Run, progress: Progress[P, S]) -> None:
    """Write the checkpoint of a run, after what it relies on is on the disk: the records.

    Raises:
        DivergenceError: the state holds NaN or infinity. The checkpoint before stands.
    """
    require_finite(progress.state, progress.place, progress.recent)
    files.flush(run.folder / METRICS)
    saving.save(run.checkpoint, attrs.evolve(progress, records=(), planned=0))


def finish(run: Run, progress: Progress[P, S], metrics: Mapping[str, object]) -> Summary:
    """Write summary.json, and the checkpoint that belongs to it if the loop was left early.

    Args:
        run: from `start` or `resume`.
        progress: the last that `train` gave.
        metrics: what to add to the last record: anything that has a form in JSON.
    """
    added = {name: jsons.plain(value, f"metric {name!r}") for name, value in metrics.items()}
    save(run, progress)
    before = read_summary(run.folder)
    last = progress.records[-1] if progress.records else {}
    made = Summary(
        progress.epoch,
        progress.planned or (before.planned if before is not None else progress.epoch),
        {**{name: value for name, value in last.items() if name != "epoch"}, **added},
        saving.digest(progress.state.params),
        round(seconds(run.folder), 6),
    )
    files.write(
        run.folder / SUMMARY, jsons.dump(jsons.plain(attrs.asdict(made), "summary"), indent=2)
    )
    return made
