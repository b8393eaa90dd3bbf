"""Seeing that training left the finite numbers, and saying so with all that is known.

What is looked at in each step costs next to nothing: the loss, and the norm of the gradient if
the chain of transforms reports it. The parameters themselves are looked at before they are saved.

The spirals explode without clipping. With a stable loss this ends in NaN, and is told at once,
where a clamped loss would go on with a net that says the same of every point:

>>> import tempfile
>>> from pathlib import Path
>>> import purenn as nn
>>> from purenn import runs
>>> from purenn.datasets.spirals import spirals
>>> model = nn.linear(128) >> nn.leaky_relu() >> nn.linear(64) >> nn.leaky_relu() >> nn.linear(1)
>>> data = nn.dataset(*spirals(nn.Key(0), 250))
>>> optimizer = nn.Optimizer(
...     nn.global_norm_report() >> nn.momentum(0.9) >> nn.learning_rate(0.02)
... )
>>> loss = nn.binary_cross_entropy_with_logits(reduction="sum")
>>> params, _ = model.init(nn.Key(1), (2,))
>>> step = nn.training_step(model, loss, optimizer)
>>> place = tempfile.TemporaryDirectory()
>>> with runs.start(Path(place.name), runs.Config("exploding.py", {})) as run:
...     start = runs.begin(run, optimizer.init(params), repr(model))
...     for progress in runs.train(
...         run,
...         start,
...         step,
...         batches_of=lambda epoch: nn.batches_in_order(data, 500, nn.Key(2)),
...         epochs=500,
...         measure=lambda end: {"loss": end.mean_loss},
...     ):
...         pass
Traceback (most recent call last):
    ...
purenn.errors.DivergenceError: Training diverged: the loss is nan at epoch ...
The steps before: losses ...; norms of the gradient ...
Clip the gradients, with clip_by_global_norm(1.0) at the start of the chain, or take a lower ...
>>> place.cleanup()
"""

from __future__ import annotations

from math import isfinite, nan
from typing import TypeVar

import attrs
import numpy as np

from purenn.checkpoints.entries import LEAF_TYPES
from purenn.errors import DivergenceError
from purenn.kernels.finiteness import nonfinite
from purenn.optimizer import OptimizerState
from purenn.transforms import Norm, Skipping
from purenn.tree import paths, walk

P = TypeVar("P")
S = TypeVar("S")

MEMORY = 5  # steps

ADVICE = (
    "Clip the gradients, with clip_by_global_norm(1.0) at the start of the chain, or take a lower "
    "learning rate. For rare bad batches there is skip_nonfinite."
)


@attrs.frozen
class Moment:
    """A step as it is remembered: its loss and the norm of its gradient; NaN if not known."""

    loss: float
    norm: float


def moments() -> tuple[Moment, ...]:
    """The memory of the last steps, before the first."""
    return (Moment(nan, nan),) * MEMORY


def remember(recent: tuple[Moment, ...], loss: float, norm: float | None) -> tuple[Moment, ...]:
    """The memory after one more step: the oldest is forgotten."""
    return (*recent[1:], Moment(loss, nan if norm is None else norm))


def reported_norm(slots: object) -> float | None:
    """The norm that a chain of transforms reports in its state: of the gradient that came in.

    That is the value of the first `Norm` in it, or None if it has none.
    """
    if isinstance(slots, Norm):
        return slots.value
    if isinstance(slots, Skipping):
        return reported_norm(slots.inner)
    if isinstance(slots, tuple):
        found = (reported_norm(slot) for slot in slots)
        return next((norm for norm in found if norm is not None), None)
    return None


def was_skipped(slots: object) -> bool:
    """Whether the last step was left out by `skip_nonfinite`."""
    if isinstance(slots, Skipping):
        return slots.in_a_row > 0
    return isinstance(slots, tuple) and any(map(was_skipped, slots))


def is_finite_step(loss: float, norm: float | None, slots: object) -> bool:
    """Whether a step went well, as far as its loss and the norm of its gradient show.

    A step that `skip_nonfinite` left out did: nothing came of it.
    """
    return (isfinite(loss) and (norm is None or isfinite(norm))) or was_skipped(slots)


def step_error(
    before: OptimizerState[P, S],
    after: OptimizerState[P, S],
    loss: float,
    norm: float | None,
    place: str,
    recent: tuple[Moment, ...],
) -> DivergenceError:
    """What there is to say of a step that did not go well.

    Args:
        before: the state that the step began with.
        after: the state that it made.
        loss: its loss.
        norm: the norm of its gradient, if that is reported.
        place: which step it is: `epoch 3, batch 12`.
        recent: the steps before.
    """
    what = f"the norm of the gradient is {norm}" if isfinite(loss) else f"the loss is {loss}"
    found, made = _first_bad(before.params), _first_bad(after.params)
    if found is not None:
        cause = f"The parameters were not finite before this step already, first {found}."
    elif made is not None:
        cause = f"The parameters were finite before this step; its update is not, first in {made}."
    else:
        cause = "The parameters are still finite."
    return _told(f"{what} at {place}, step {before.step}. {cause}", recent)


def require_finite_state(
    state: OptimizerState[P, S], place: str, recent: tuple[Moment, ...]
) -> None:
    """Check every array of a state, parameters first.

    Args:
        state: the state.
        place: where the run is: `epoch 3, batch 12`.
        recent: the last steps.

    Raises:
        DivergenceError: one holds NaN or infinity.
    """
    found = _first_bad(state)
    if found is not None:
        where = f"before {place}, after {state.step} steps"
        raise _told(f"the state is not finite {where}, first {found}.", recent)


def located(
    error: DivergenceError, state: OptimizerState[P, S], place: str, recent: tuple[Moment, ...]
) -> DivergenceError:
    """An error that a step raised, with the place and the history that the step does not know."""
    leaf = "" if error.leaf is None else f" That leaf is {paths(state.params)[error.leaf]}."
    return _told(f"at {place}, step {state.step}, {error}{leaf}", recent)


def _first_bad(tree: object) -> str | None:
    for path, leaf in walk(tree, LEAF_TYPES):
        if isinstance(leaf, np.ndarray) and (count := nonfinite(leaf)):
            return f"{path} ({count:,} of {leaf.size:,} entries)"
    return None


def _told(what: str, recent: tuple[Moment, ...]) -> DivergenceError:
    return DivergenceError(f"Training diverged: {what}\n{_history(recent)}{ADVICE}")


def _history(recent: tuple[Moment, ...]) -> str:
    known = [moment for moment in recent if isfinite(moment.loss) or isfinite(moment.norm)]
    if not known:
        return ""
    losses = ", ".join(f"{moment.loss:.4g}" for moment in known)
    if not any(isfinite(moment.norm) for moment in known):
        return (
            f"The losses of the steps before: {losses}. Put global_norm_report() at the start of "
            "the chain to see the norms of the gradients.\n"
        )
    norms = ", ".join(f"{moment.norm:.4g}" for moment in known)
    return f"The steps before: losses {losses}; norms of the gradient {norms}.\n"
