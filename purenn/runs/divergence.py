"""Checked steps: where training produced a number that is not finite, and what led there."""

from __future__ import annotations

from math import isfinite, isnan, nan
from typing import TypeVar

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import Leaves, P, S
from purenn.errors import DivergenceError
from purenn.kernels.reductions import global_norm, nonfinite
from purenn.optimizers import Norm, State, was_skipped
from purenn.optimizers._state import Owner
from purenn.optimizers.wrappers import doomed
from purenn.training import Report, Step
from purenn.training.steps import advance
from purenn.tree import LEAF_TYPES, Node, decompose, leaves, walk

B = TypeVar("B")

ADVICE = (
    "Clip the gradients, with clip_by_global_norm(1.0) at the start of the chain, or take a lower "
    "learning rate. For rare bad batches there is skip_nonfinite."
)


@attrs.frozen
class Moment(Node):
    """A step as it is remembered, with global norms; NaN where no transform reports one."""

    loss: float
    parameter_norm: float
    gradient_norm: float


NO_MOMENTS = (Moment(nan, nan, nan),) * 5  # the last five steps, before the first
NAMES = ("losses", "norms of the parameters", "norms of the gradient")


def checked_step(
    step: Step[State[P, S], B, Report],
    owner: Owner[State[P, S]],
    batch: B,
    place: str,
    recent: tuple[Moment, ...],
) -> tuple[Report, tuple[Moment, ...]]:
    """Take a step; give the report, and the last steps with this one.

    Loss, gradient and parameters must be finite, unless `skip_nonfinite` skipped the step.
    """
    before = reported_norm(owner.state.slots)
    where = f"at {place}, step {owner.state.step}"
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is seen below
            report = advance(step, owner, batch)
    except DivergenceError as error:
        raise _told(where, f"{error}", _cause(owner.state), recent) from error
    checks.instance("The state after a step", owner.state, State)
    checks.instance("The report of a step", report, Report, "Pass on that of training_step.")
    norm, size = reported_norm(owner.state.slots), global_norm(leaves(owner.state.params))
    problem = None
    if not isfinite(report.loss):
        problem = f"the loss is {report.loss}."
    elif norm is not None and not isfinite(norm.value) and norm is not before:
        problem = f"the norm of the gradient is {norm.value}."
    elif not isfinite(size):
        problem = f"the norm of the parameters is {size}."
    if problem is not None and not was_skipped(owner.state.slots):
        raise _told(where, problem, f"{_cause(owner.state)}\n{ADVICE}", recent)
    moment = Moment(float(report.loss), size, nan if norm is None else norm.value)
    return report, (*recent[1:], moment)


def reported_norm(slots: object) -> Norm | None:
    """The norm of the gradient that came in, if some transform of the optimizer reports it."""
    found = decompose(slots, (Norm, *LEAF_TYPES))[0]
    return next((leaf for leaf in found if isinstance(leaf, Norm)), None)


def require_finite(state: State[P, S], place: str, recent: tuple[Moment, ...]) -> None:
    """Check every array of a state, parameters first, but for gradients that will be skipped."""
    if found := _first_bad(state, doomed(state.slots)):
        where = f"before {place}, after {state.step} steps"
        raise _told(where, f"the state is not finite, first in {found}.", ADVICE, recent)


def _cause(after: State[P, S]) -> str:
    if found := _first_bad(after.params):
        return f"The parameters were finite before and are not after this step, first in {found}."
    return "The parameters are still finite."


def _first_bad(tree: object, but: Leaves = ()) -> str | None:
    passed = {*map(id, but)}
    for path, leaf in walk(tree, LEAF_TYPES):
        if id(leaf) in passed or not isinstance(leaf, np.ndarray):
            continue
        if count := nonfinite(leaf):
            return f"{path} ({count:,} of {leaf.size:,} entries)"
    return None


def _told(where: str, problem: str, more: str, recent: tuple[Moment, ...]) -> DivergenceError:
    known = [attrs.astuple(moment) for moment in recent if isfinite(moment.parameter_norm)]
    rows = zip(NAMES, zip(*known, strict=True), strict=False)
    parts = "; ".join(
        f"{name} {', '.join(map('{:.4g}'.format, row))}"
        for name, row in rows
        if not all(map(isnan, row))  # as the gradient's are if nothing reports them
    )
    history = f"\nThe steps before: {parts}." if parts else ""
    return DivergenceError(f"Training diverged {where}: {problem}{history}\n{more}")
