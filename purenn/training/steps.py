"""Training is a fold of a step over batches.

`step(state, batch) -> (state, report)` is all there is: `fold` runs it to the end, and `scan`
yields as it goes, so that progress, early stopping and checkpoints are code in your loop, not
callbacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial, reduce
from math import inf, isfinite, nan
from operator import add
from typing import Generic, Literal, Protocol, TypeGuard, TypeVar

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import Array, P, S, T, X, Y
from purenn.data import Batch
from purenn.errors import DivergenceError, OptionError
from purenn.kernels.reductions import global_norm, nonfinite
from purenn.kernels.updates import moved
from purenn.keys import Key
from purenn.layers import Layer
from purenn.losses import Loss, LossFunction
from purenn.optimizers import Optimizer, State, was_skipped
from purenn.optimizers._state import Owner
from purenn.training.gradient import Gradient, value_and_grad
from purenn.training.metrics import counted
from purenn.tree import map_pairs, moving_leaves

B = TypeVar("B")
M = TypeVar("M")
B_contra = TypeVar("B_contra", contravariant=True)
M_co = TypeVar("M_co", covariant=True)

Step = Callable[[S, B], tuple[S, M]]


@attrs.frozen
class Report:
    """The mean loss of a batch before the update, and how many of its samples count.

    No sample counts in a step that `skip_nonfinite` skips, nor, from the first gradient on that is
    not finite, in those that `accumulated` gathers for an update that will be skipped.
    """

    loss: float
    samples: int


@attrs.frozen(eq=False)
class TrainingStep(Generic[P, X, Y, T, S]):
    """Forward, backward, update, along a gradient of the loss."""

    model: Layer[P, X, Y]
    loss: LossFunction[Y, T]
    gradient: Gradient[P, X, T]
    optimizer: Optimizer[S]

    def __call__(self, state: State[P, S], batch: Batch[X, T]) -> tuple[State[P, S], Report]:
        """The state after a batch, and the report."""
        owner = Owner(state)
        report = self.advance(owner, batch)
        return owner.look(), report

    def advance(self, owner: Owner[State[P, S]], batch: Batch[X, T]) -> Report:
        """The step from the state of a loop to the next, which takes its place."""
        checks.instance("The state of a step", owner.state, State)
        checks.instance("The batch of a step", batch, Batch)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # the loss tells of it
            value, grads = self.gradient(owner.state.params, batch.inputs, batch.targets, batch.key)
        samples, mean = counted(self.loss, batch.targets), value
        if isinstance(self.loss, Loss) and samples:
            mean = value / (self.loss.scale(samples) * samples)
        invalid: Literal["ignore"] | None = None if isfinite(mean) else "ignore"  # which is told
        # The next loss tells of the rest.
        with np.errstate(over="ignore", under="ignore", invalid=invalid):
            self.optimizer.advance(owner, grads, mean if samples else nan)
        # What writes over its state never skips: most optimizers are not asked.
        if not self.optimizer.writes_over and was_skipped(owner.state.slots):
            samples = 0
        elif not isfinite(mean):
            step = owner.state.step - 1
            raise DivergenceError(f"The loss is {mean} at step {step}. {_cure(batch, step)}")
        return Report(mean, samples)


def _cure(batch: Batch[X, T], step: int) -> str:
    """What helps against a loss that is not finite."""
    if not _is_finite((batch.inputs, batch.targets)):
        return "Leave out what is not finite in its batch."
    if step == 0:
        return "Nothing has moved yet: scale the data, or look into loss and parameters."
    start = "clip_by_global_norm(1.0) at the start of the chain"
    return f"Clip the gradients, with {start}, or take a lower learning rate."


def _is_finite(tree: object) -> bool:
    """Whether no array among inputs or targets, which may be tuples, has NaN or infinity."""
    if isinstance(tree, tuple):
        return all(map(_is_finite, tree))
    return not (isinstance(tree, np.ndarray) and tree.dtype.kind == "f" and nonfinite(tree))


def training_step(
    model: Layer[P, X, Y], loss: LossFunction[Y, T], optimizer: Optimizer[S]
) -> Step[State[P, S], Batch[X, T], Report]:
    """The step `(state, batch) -> (state, report)`: forward, backward, update.

    A loss that is not finite raises DivergenceError, unless `skip_nonfinite` skips the step.
    """
    gradient = value_and_grad(model, loss)
    checks.instance("The optimizer of training_step", optimizer, Optimizer)
    return TrainingStep(model, loss, gradient, optimizer)


def sharpness_aware_step(
    model: Layer[P, X, Y], loss: LossFunction[Y, T], optimizer: Optimizer[S], radius: float = 0.05
) -> Step[State[P, S], Batch[X, T], Report]:
    """SAM: `training_step` with the gradient at `params + radius * g / norm(g)`.

    g is the gradient at params, and its norm that of all leaves together. Both gradients draw from
    the same key. The report has the loss at params, and frozen parts take their next values from
    there: running statistics move once. A norm that is 0 or not finite gives the step of
    `training_step`. Foret, Kleiner, Mobahi and Neyshabur, "Sharpness-Aware Minimization for
    Efficiently Improving Generalization" (2021).

    Raises:
        OptionError: an argument is not the model, loss or optimizer expected, or the radius is not
            above 0; in a step, the radius does not fit the parameters' dtype.
        DivergenceError: as in `training_step`.
    """
    gradient = value_and_grad(model, loss)
    checks.instance("The optimizer of sharpness_aware_step", optimizer, Optimizer)
    length = checks.number("The radius of sharpness_aware_step", radius, above=0.0)
    return TrainingStep(model, loss, partial(_at_the_top, gradient, length), optimizer)


def _at_the_top(
    gradient: Gradient[P, X, T], length: float, params: P, x: X, target: T, key: Key
) -> tuple[float, P]:
    value, grads = gradient(params, x, target, key)
    norm = global_norm(moving_leaves(grads))
    if not 0.0 < norm < inf:
        return value, grads

    def climbed(leaf: Array, slope: Array) -> Array:
        checks.fits("The radius of sharpness_aware_step", length, leaf.dtype)
        return moved(leaf, slope, length / norm)

    _, there = gradient(map_pairs(climbed, params, grads), x, target, key)
    return value, map_pairs(lambda slope, new: new, grads, there)


class _Advancing(Protocol[S, B_contra, M_co]):
    def advance(self, owner: Owner[S], batch: B_contra) -> M_co: ...


def _advances(step: Step[S, B, M]) -> TypeGuard[_Advancing[S, B, M]]:
    return isinstance(step, TrainingStep)


def advance(step: Step[S, B, M], owner: Owner[S], batch: B) -> M:
    """A step of the state of a loop, which may be written over where nobody can tell."""
    if _advances(step):
        return step.advance(owner, batch)
    state, report = _stepped(step, owner.look(), batch)
    owner.put(state)
    return report


def _stepped(step: Step[S, B, M], state: S, batch: B) -> tuple[S, M]:
    """What a step, which may be one's own, gives."""
    found = step(state, batch)
    given: object = found
    if not checks.is_pair(given):
        raise OptionError(f"{step!r}: expected (state, report), got {checks.described(given)}.")
    return found


def scan(step: Step[S, B, M], state: S, batches: Iterable[B]) -> Iterator[tuple[S, M]]:
    """Train on batches as a generator: the state and the report after each."""
    checks.function("The step of scan", step)
    _require_iterable("The batches of scan", batches, "Make them with shuffled_batches.")
    for batch in batches:
        state, report = _stepped(step, state, batch)
        yield state, report


def fold(step: Step[S, B, M], state: S, batches: Iterable[B]) -> tuple[S, tuple[M, ...]]:
    """Train on batches: the state after all, and the report of each.

    Assign a step to a name before folding it, or mypy infers its types from the batches. Nothing
    else holds the states in between, so `training_step` overwrites each with the next; what a
    layer, a transform or a step of your own keeps of them never changes.
    """
    checks.function("The step of fold", step)
    _require_iterable("The batches of fold", batches, "Make them with shuffled_batches.")
    owner = Owner(state)
    reports = tuple([advance(step, owner, batch) for batch in batches])
    return owner.look(), reports


def _require_iterable(name: str, value: object, advice: str) -> None:
    if not isinstance(value, Iterable) or isinstance(value, np.ndarray):
        raise OptionError(f"{name}: expected an Iterable, got {checks.described(value)}. {advice}")


def mean_loss(reports: Iterable[Report]) -> float:
    """The mean loss over all samples but those of skipped steps; NaN if none is left.

    >>> from purenn.training import Report
    >>> mean_loss([Report(1.0, 30), Report(2.0, 10)])
    1.25
    """
    _require_iterable("The reports of mean_loss", reports, "Take them from fold.")
    reports = tuple(reports)
    for report in reports:
        checks.instance("A report of mean_loss", report, Report)
    kept = [report for report in reports if isfinite(report.loss)]
    samples = sum(report.samples for report in kept)
    losses = [report.loss * report.samples for report in kept]
    return reduce(add, losses) / samples if samples else nan  # `sum` compensates since Python 3.12
