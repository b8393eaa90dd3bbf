"""Where a run stands, as a value: what a checkpoint holds, and what was recorded so far."""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs

from purenn import checkpoint, durable
from purenn.divergence import Moment, moments, require_finite_state
from purenn.errors import CheckpointError
from purenn.keys import Key
from purenn.optimizer import OptimizerState
from purenn.runs.folder import Run
from purenn.runs.records import Record, flush_records, keep_records

P = TypeVar("P")
S = TypeVar("S")


@attrs.frozen(eq=False)
class Position(Generic[P, S]):
    """What a run is continued from, to the last bit.

    Args:
        state: the optimizer's state.
        epoch: how many epochs are done.
        batch: how many batches of the next epoch are done.
        losses: how many of these have a loss; those that `skip_nonfinite` left out have none.
        loss_sum: the sum of these losses.
        recent: the last steps' losses and norms, the latest last.
        key: what the batches of all epochs follow from.
    """

    state: OptimizerState[P, S]
    epoch: int
    batch: int
    losses: int
    loss_sum: float
    recent: tuple[Moment, ...]
    key: Key


@attrs.frozen(eq=False)
class Progress(Position[P, S]):
    """A position, and how the run got there.

    Args:
        records: one for each epoch done.
        model: what the parameters belong to, as an expression.
    """

    records: tuple[Record, ...]
    model: str

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
        """The global norm of the last gradient, if the chain of transforms reports it, or NaN."""
        return self.recent[-1].gradient_norm

    @property
    def mean_loss(self) -> float:
        """The mean of the losses of the epoch under way; NaN if there are none."""
        return self.loss_sum / self.losses if self.losses else float("nan")


def begin(run: Run, state: OptimizerState[P, S], model: str, key: Key) -> Progress[P, S]:
    """Where the run stands: at its checkpoint, or before its first step if there is none.

    Args:
        run: from `start` or `resume`.
        state: the state before the first step.
        model: what the parameters belong to: `repr(model)`.
        key: what the batches of all epochs follow from.

    Raises:
        CheckpointError: the checkpoint cannot be read, or belongs to another model, optimizer or
            key.
        RunError: the metrics do not reach as far as the checkpoint.
    """
    at = Position(state, 0, 0, 0, 0.0, moments(), key)
    if run.checkpoint.exists():
        at = checkpoint.load(run.checkpoint, at, model)
        _require_same_key(run, at.key, key)
    durable.remove_parts(run.folder)
    records = keep_records(run.folder, at.epoch)
    return Progress(
        at.state, at.epoch, at.batch, at.losses, at.loss_sum, at.recent, at.key, records, model
    )


def _require_same_key(run: Run, found: Key, given: Key) -> None:
    if found != given:
        raise CheckpointError(
            f"{run.checkpoint} belongs to a run whose batches follow from {found!r}, and {given!r} "
            "came: its continuation would see the data in another order. Give the same seed."
        )


def require_finite(progress: Progress[P, S]) -> None:
    """Check every array of the state.

    Raises:
        DivergenceError: one holds NaN or infinity.
    """
    require_finite_state(progress.state, progress.place, progress.recent)


def save(run: Run, progress: Progress[P, S]) -> None:
    """Write the checkpoint of a run, after what it relies on is on the disk: the records.

    Raises:
        DivergenceError: the state holds NaN or infinity. The checkpoint before stands.
        CheckpointError: it cannot be written. The one before stands.
        RunError: the records cannot be flushed to the disk.
    """
    require_finite(progress)
    flush_records(run.folder)
    position = Position(
        progress.state,
        progress.epoch,
        progress.batch,
        progress.losses,
        progress.loss_sum,
        progress.recent,
        progress.key,
    )
    checkpoint.save(run.checkpoint, position, progress.model)
