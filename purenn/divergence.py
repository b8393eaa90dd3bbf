"""Seeing that training left the finite numbers, and saying so with all that is known.

What is looked at in each step costs next to nothing: the loss, the norm of the parameters, and
that of the gradient if the chain of transforms reports it. Every array is looked at before it is
saved.

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
...     start = runs.begin(run, optimizer.init(params), repr(model), nn.Key(2))
...     for progress in runs.train(
...         run,
...         start,
...         step,
...         batches_of=lambda key, epoch: nn.batches_in_order(data, 500, key),
...         epochs=500,
...         measure=lambda end: {"loss": end.mean_loss},
...     ):
...         pass
Traceback (most recent call last):
    ...
purenn.errors.DivergenceError: Training diverged: the loss is nan at epoch ...
The steps before: losses ...; norms of the parameters ...; norms of the gradient ...
Clip the gradients, with clip_by_global_norm(1.0) at the start of the chain, or take a lower ...
>>> place.cleanup()
"""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, nan
from typing import TypeVar

import attrs
import numpy as np

from purenn.checkpoints.entries import LEAF_TYPES
from purenn.errors import DivergenceError
from purenn.kernels.finiteness import nonfinite
from purenn.kernels.reductions import global_norm
from purenn.optimizer import OptimizerState
from purenn.transforms import Norm, Skipping
from purenn.tree import leaves, paths, walk

P = TypeVar("P")
S = TypeVar("S")

MEMORY = 5  # steps

ADVICE = (
    "Clip the gradients, with clip_by_global_norm(1.0) at the start of the chain, or take a lower "
    "learning rate. For rare bad batches there is skip_nonfinite."
)


@attrs.frozen
class Moment:
    """A step as it is remembered.

    Args:
        loss: of its batch.
        parameter_norm: the global norm of the parameters that it made.
        gradient_norm: the global norm of its gradient, or NaN if no transform reports it.
    """

    loss: float
    parameter_norm: float
    gradient_norm: float


def moments() -> tuple[Moment, ...]:
    """The memory of the last steps, before the first."""
    return (Moment(nan, nan, nan),) * MEMORY


def moment_of(after: OptimizerState[P, S], loss: float) -> Moment:
    """A step, by the state that it made and its loss."""
    norm = reported_norm(after.slots)
    return Moment(loss, global_norm(leaves(after.params)), nan if norm is None else norm)


def remember(recent: tuple[Moment, ...], moment: Moment) -> tuple[Moment, ...]:
    """The memory after one more step: the oldest is forgotten."""
    return (*recent[1:], moment)


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


def is_finite_step(moment: Moment, slots: object) -> bool:
    """Whether a step went well, as far as its loss and the norms show.

    A step that `skip_nonfinite` left out did: nothing came of it.
    """
    return _problem(moment, slots) is None or was_skipped(slots)


def _problem(moment: Moment, slots: object) -> str | None:
    if not isfinite(moment.loss):
        return f"the loss is {moment.loss}"
    if not isfinite(moment.gradient_norm) and reported_norm(slots) is not None:
        return f"the norm of the gradient is {moment.gradient_norm}"
    if not isfinite(moment.parameter_norm):
        return f"the norm of the parameters is {moment.parameter_norm}"
    return None


def step_error(
    before: OptimizerState[P, S],
    after: OptimizerState[P, S],
    moment: Moment,
    place: str,
    recent: tuple[Moment, ...],
) -> DivergenceError:
    """What there is to say of a step that did not go well.

    Args:
        before: the state that the step began with.
        after: the state that it made.
        moment: its loss and norms.
        place: which step it is: `epoch 3, batch 12`.
        recent: the steps before.
    """
    what = _problem(moment, after.slots)
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
    known = [moment for moment in recent if isfinite(moment.parameter_norm)]
    if not known:
        return ""
    losses = _numbers(moment.loss for moment in known)
    sizes = _numbers(moment.parameter_norm for moment in known)
    told = f"The steps before: losses {losses}; norms of the parameters {sizes}"
    if any(isfinite(moment.gradient_norm) for moment in known):
        norms = _numbers(moment.gradient_norm for moment in known)
        return f"{told}; norms of the gradient {norms}.\n"
    return (
        f"{told}. Put global_norm_report() at the start of the chain to see the norms of the "
        "gradients as well.\n"
    )


def _numbers(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
