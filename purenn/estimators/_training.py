"""The training of nets: a fold for each epoch, and the best epoch kept."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from math import inf, nan

import attrs
import numpy as np
from sklearn.utils.parallel import Parallel, delayed

from purenn import checks
from purenn.arrays import FLOAT64, Labels, Matrix, Vector
from purenn.blas import one_thread
from purenn.data import Dataset, shuffled_batches, split
from purenn.errors import DataError, DtypeError, ShapeError
from purenn.estimators._networks import Net, Recipe
from purenn.estimators._sklearn import Stage
from purenn.keys import Key
from purenn.losses import Loss, LossFunction
from purenn.optimizers import evaluation_params
from purenn.optimizers._optimizer import require_floats
from purenn.training import fold, mean_loss, predict, training_step
from purenn.tree import leaves, to_dtype

Targets = Matrix | Labels | tuple[Matrix | Labels, Vector]
Data = Dataset[Matrix, Targets]
Objective = LossFunction[Matrix, Targets]
# Of an epoch: the loss, and on the validation part the loss and the error; NaN without such a part.
Curves = tuple[float, float, float]
Trained = tuple[object, tuple[Curves, ...]]  # the parameters, and what was measured in each epoch

# Products of nets with so many numbers are too small for threads of BLAS: two win an eighth of the
# time for twice the work, and the bits would depend on how many there are.
SMALL = 500_000
# How many rows a net sees for its first parameters, at most.
EXAMPLES = 4096


@attrs.frozen(eq=False)
class Problem:
    """What is to be learned from which samples."""

    recipe: Recipe
    outputs: int  # of the net
    loss: Objective
    error: Objective  # what the best epoch has least of
    data: Data  # the validation part among them, if that is a fraction
    validation: Data | float | None  # samples to measure with, or what fraction of the data
    strata: Labels | None  # a label for each sample, to split by
    epochs: int  # at most
    batch_size: int  # at most
    patience: float  # how many epochs there may be without a better one
    is_verbose: bool


def train(problem: Problem, small: float, member: int, key: Key, stage: Stage) -> Trained:
    """The parameters of the best epoch, the last of equals, and what was measured in all.

    A net of at most `small` numbers is trained on one thread.
    """
    training, validation = _parts(problem, key)
    size, recipe = min(problem.batch_size, len(training)), problem.recipe
    whole = len(training) // size
    steps = whole * problem.epochs
    params = first_params(problem, training, key)
    net, mover = recipe.net(0.0), recipe.optimizer(0.0, steps)
    state, best, least = mover.init(params), 0, inf
    found: list[Curves] = []
    with threads_for(params, small):
        for number in range(problem.epochs):
            epoch = stage.part("epoch")
            if recipe.changes:
                progress = number / problem.epochs
                net, mover = recipe.net(progress), recipe.optimizer(progress, steps)
            step = training_step(net, problem.loss, mover)
            batches = shuffled_batches(training, size, key, number)[:whole]
            state, reports = fold(step, state, batches)
            new = evaluation_params(state)
            loss, error = _measured(problem, net, new, validation)
            found.append((mean_loss(reports), loss, error))
            if error < least:
                best = number
            if number == 0 or validation is None or error <= least:  # unwatched, the last is best
                least, params = min(least, error), new
            tell(problem, member, number, found[-1])
            if epoch.end(params) or number - best >= problem.patience:
                break
    return params, tuple(found)


def _measured(
    problem: Problem, net: Net, params: object, validation: tuple[Matrix, Targets] | None
) -> tuple[float, float]:
    """The loss and the error on the validation part."""
    if validation is None:
        return nan, nan
    prediction, targets = predict(net, params, validation[0]), validation[1]
    return mean(problem.loss, prediction, targets), mean(problem.error, prediction, targets)


def tell(problem: Problem, member: int, number: int, curves: Curves) -> None:
    """Print what was measured in an epoch, if that is wanted."""
    if problem.is_verbose and sys.stdout is not None:
        loss, held, error = (f"{value:.4g}" for value in curves)
        what = f"loss {loss}, validation loss {held}, validation error {error}"
        sys.stdout.write(f"member {member}, epoch {number + 1}: {what}\n")


def first_params(problem: Problem, data: Data, key: Key) -> object:
    """The parameters of a net that has seen some samples, if it has as many outputs as it must."""
    net, rows = problem.recipe.net(0.0), np.arange(len(data))
    if len(rows) > EXAMPLES:  # not the first of them, which are alike: rows come sorted
        rows = key.child("example").generator().permutation(rows)[:EXAMPLES]
    example = data.inputs.take(rows)
    with one_thread():
        params = net.init(key, example)
    require_floats(params)  # before any becomes a float
    y = net.apply(to_dtype(params, FLOAT64), example[:1].astype(FLOAT64))  # as in predictions
    checks.one_array("The model", y)
    if y.dtype != FLOAT64:
        expected = "expected outputs in the dtype of the inputs"
        raise DtypeError("The model", f"{expected}, got {y.dtype} for float64.")
    if (found := y.shape) != (1, problem.outputs):
        expected = f"{problem.outputs} outputs for each sample"
        raise ShapeError("The model", f"expected {expected}, got the shape {found[1:]}.")
    return params


def _parts(problem: Problem, key: Key) -> tuple[Data, tuple[Matrix, Targets] | None]:
    """The samples to train with, and the inputs and targets to measure with."""
    data, held = problem.data, problem.validation
    if not isinstance(held, Dataset):
        if held is None:
            return data, None
        if len(data) == 1:
            left = f"validation={held!r} leaves nothing of n_samples=1"
            raise DataError(f"{left}. Give validation=None.")
        # One sample at least, on either side.
        share = min(max(held, 1.0 / len(data)), 1.0 - 1.0 / len(data))
        data, held = split(data, share, key, problem.strata)
    everything = range(len(held))
    return data, (held.inputs.take(everything), held.targets.take(everything))


def mean(function: Objective, prediction: Matrix, target: Targets) -> float:
    """The mean of a loss over all samples."""
    if isinstance(function, Loss):
        return function.mean(prediction, target)
    return float(function(prediction, target)[0])


def train_all(
    problem: Problem, keys: Sequence[Key], stages: Sequence[Stage], jobs: int | None
) -> list[Trained]:
    """Several nets, in up to so many processes, or one, with all threads if it is large.

    Each of several has a thread of its own, whose sums do not depend on how many there are.
    """
    small = SMALL if len(keys) == 1 else inf
    return Parallel(n_jobs=jobs)(
        delayed(train)(problem, small, *member)
        for member in zip(range(len(keys)), keys, stages, strict=True)
    )


def threads_for(params: object, small: float = SMALL) -> AbstractContextManager[None]:
    """One thread of BLAS for a net of at most so many numbers, and all for a larger one."""
    return one_thread() if sum(leaf.size for leaf in leaves(params)) <= small else nullcontext()
