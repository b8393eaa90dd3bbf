"""Training is a fold of a step over batches.

`step(state, batch) -> (state, metrics)` is all there is: `fold` runs it to the end, and `scan` is
the fold that yields as it goes, so that progress, early stopping and checkpoints are the caller's
own loop and not callbacks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from purenn.arrays import Matrix
from purenn.batches import Batch, Dataset, batches_in_order
from purenn.gradient import value_and_grad
from purenn.kernels.gather import concatenate
from purenn.keys import Key
from purenn.layer import Layer
from purenn.loss import LossFunction
from purenn.optimizer import Optimizer, OptimizerState

P = TypeVar("P")
X = TypeVar("X")
Y = TypeVar("Y")
T = TypeVar("T")
S = TypeVar("S")
B = TypeVar("B")
M = TypeVar("M")

Step = Callable[[S, B], tuple[S, M]]

# Inference draws nothing, so which key its batches carry makes no difference.
UNUSED_KEY = Key(0)


def training_step(
    layer: Layer[P, X, Y], loss: LossFunction[Y, T], optimizer: Optimizer[S]
) -> Step[OptimizerState[P, S], Batch[X, T], float]:
    """The step `(state, batch) -> (state, loss)`: forward, backward, update.

    The loss that it gives is the batch's, before the update.
    """
    gradient = value_and_grad(layer, loss)

    def step(state: OptimizerState[P, S], batch: Batch[X, T]) -> tuple[OptimizerState[P, S], float]:
        value, grads = gradient(state.params, batch.inputs, batch.targets, batch.key)
        after, _ = optimizer.update(state, grads)
        return after, value

    return step


def scan(step: Step[S, B, M], state: S, batches: Iterable[B]) -> Iterator[tuple[S, M]]:
    """The state and the metrics after each batch, as they come."""
    for batch in batches:
        state, metrics = step(state, batch)
        yield state, metrics


def fold(step: Step[S, B, M], state: S, batches: Iterable[B]) -> tuple[S, tuple[M, ...]]:
    """The state after all batches, and the metrics of each."""
    history: list[M] = []
    for batch in batches:
        state, metrics = step(state, batch)
        history.append(metrics)
    return state, tuple(history)


def predict(
    layer: Layer[P, X, Matrix], params: P, data: Dataset[X, T], batch_size: int = 1024
) -> Matrix:
    """The predictions for all samples, in their order, computed in batches.

    Raises:
        OptionError: the batch size is no whole number of at least 1.
        ShapeError, DtypeError: the model does not take such samples.
    """
    parts = batches_in_order(data, batch_size, UNUSED_KEY)
    return concatenate([layer.apply(params, batch.inputs) for batch in parts])


def evaluate(
    layer: Layer[P, X, Y],
    params: P,
    data: Dataset[X, T],
    measure: Callable[[Y, T], float],
    batch_size: int = 1024,
) -> float:
    """The mean of a measure over all samples, computed in batches.

    Args:
        layer: the model; it runs in inference mode.
        params: its parameters.
        data: the samples.
        measure: `(prediction, target) -> mean over these samples`, such as `accuracy`.
        batch_size: how many samples are held in memory at once.

    Raises:
        OptionError: the batch size is no whole number of at least 1.
        ShapeError, DtypeError: the model does not take such samples.
    """
    parts = batches_in_order(data, batch_size, UNUSED_KEY)
    sizes = [min(parts.batch_size, len(data) - n * parts.batch_size) for n in parts.numbers]
    sums = (
        measure(layer.apply(params, batch.inputs), batch.targets) * size
        for batch, size in zip(parts, sizes, strict=True)
    )
    return sum(sums) / len(data)
