"""purenn, through its public interface, as its users write it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from typing import Generic, TypeVar, TypeVarTuple

import numpy as np

import purenn as nn
from benchmarks.contender import CHECKED, Contender
from benchmarks.workloads import DECAY, LIMIT, RATE, Problem, Workload, problem

P = TypeVar("P")
X = TypeVar("X")
S = TypeVar("S")
Ps = TypeVarTuple("Ps")
Data = nn.Dataset[X, nn.Labels]


class Training(Generic[P, S, X]):
    """Training steps over shuffled batches, or whole epochs of them."""

    def __init__(
        self,
        workload: Workload,
        data: nn.Dataset[X, nn.Labels],
        state: nn.OptimizerState[P, S],
        step: nn.Step[nn.OptimizerState[P, S], nn.Batch[X, nn.Labels], float],
    ) -> None:
        self._workload = workload
        self._data = data
        self._state = state
        self._step = step
        self._batches = self._endless()

    def _endless(self) -> Iterator[nn.Batch[X, nn.Labels]]:
        for epoch in count():
            yield from nn.shuffled_batches(self._data, self._workload.batch, nn.Key(0), epoch)

    def check(self) -> list[float]:
        """The first losses, over batches in the data's own order."""
        ordered = nn.batches_in_order(self._data, self._workload.batch, nn.Key(0))
        losses: list[float] = []
        while len(losses) < CHECKED:
            self._state, values = nn.fold(self._step, self._state, ordered[: CHECKED - len(losses)])
            losses += values
        return losses

    def run(self, steps: int) -> None:
        """Train."""
        if self._workload.kind == "training":
            self._state, _ = nn.fold(self._step, self._state, islice(self._batches, steps))
            return
        for epoch in range(steps):
            batches = nn.shuffled_batches(self._data, self._workload.batch, nn.Key(0), epoch)
            self._state, losses = nn.fold(self._step, self._state, batches)
            print(f"{epoch}: {sum(losses) / len(losses):.4f}")


class Inference(Generic[P]):
    """Predictions for one batch, again and again."""

    def __init__(
        self, model: nn.Layer[P, nn.Matrix, nn.Matrix], params: P, inputs: nn.Matrix
    ) -> None:
        self._model = model
        self._params = params
        self._inputs = inputs

    def check(self) -> list[float]:
        """The logits of the first sample."""
        return [float(logit) for logit in self._model.apply(self._params, self._inputs)[0]]

    def run(self, steps: int) -> None:
        """Predict."""
        for _ in range(steps):
            self._model.apply(self._params, self._inputs)


def contender(workload: Workload) -> Contender:
    """purenn, set up for this job."""
    numbers = problem(workload)
    first = nn.linear(workload.widths[1])
    inputs = numbers.inputs
    if inputs.dtype == np.uint8:
        images: nn.ScaledBytes = nn.ScaledBytes(inputs.reshape(-1, 28, 28, 1))
        data = nn.Dataset(images, nn.Rows(numbers.labels))
        return _extended(workload, numbers, data, nn.flatten() >> first, workload.widths[2:])
    rows: nn.Matrix = inputs
    plain = nn.dataset(rows, numbers.labels)
    return _extended(workload, numbers, plain, nn.serial(first), workload.widths[2:])


def _extended(
    workload: Workload,
    numbers: Problem,
    data: nn.Dataset[X, nn.Labels],
    model: nn.Serial[X, nn.Matrix, *Ps],
    widths: tuple[int, ...],
) -> Contender:
    """The contender whose model goes on with layers of these widths.

    The model's exact type grows with every layer, so this recursion takes the place of a loop.
    """
    if widths:
        longer = model >> nn.leaky_relu(workload.slope) >> nn.linear(widths[0])
        return _extended(workload, numbers, data, longer, widths[1:])
    drawn, _ = model.init(nn.Key(0), data.inputs.shape)
    params = nn.rebuild(drawn, tuple(leaf for layer in numbers.weights for leaf in layer))
    if workload.kind == "inference":
        inputs: X = data.inputs.take(range(workload.batch))
        return Inference(model, params, inputs)
    loss = nn.binary_cross_entropy_with_logits() if workload.binary else nn.softmax_cross_entropy()
    optimizer = nn.clipped_sgd(RATE, DECAY, LIMIT)
    step = nn.training_step(model, loss, optimizer)
    return Training(workload, data, optimizer.init(params), step)
