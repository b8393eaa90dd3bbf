"""purenn, through its public interface, as its users write it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, islice
from typing import Generic, TypeVar, TypeVarTuple

import purenn as nn
from benchmarks.contender import CHECKED, Contender
from benchmarks.workloads import (
    DECAY,
    LIMIT,
    RATE,
    Labels,
    Workload,
    first_weights,
    images,
    samples,
)

P = TypeVar("P")
X = TypeVar("X")
S = TypeVar("S")
Ps = TypeVarTuple("Ps")


class Training(Generic[P, S, X]):
    """Training steps over shuffled batches, or whole epochs of them."""

    def __init__(
        self,
        workload: Workload,
        data: nn.Dataset[X, Labels],
        state: nn.OptimizerState[P, S],
        step: nn.Step[nn.OptimizerState[P, S], nn.Batch[X, Labels], float],
    ) -> None:
        self._workload = workload
        self._data = data
        self._state = state
        self._step = step
        self._batches = self._endless()

    def _endless(self) -> Iterator[nn.Batch[X, Labels]]:
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
    first, *rest = workload.widths[1:]
    if workload.kind == "epoch":
        pixels, labels = images(workload)
        columns = nn.ScaledBytes(pixels.reshape(-1, 28, 28, 1))
        data = nn.Dataset(columns, nn.Rows(labels))
        return _training(workload, data, nn.flatten() >> nn.linear(first), rest)
    inputs, labels = samples(workload)
    model = nn.serial(nn.linear(first))
    if workload.kind == "inference":
        return _inference(workload, inputs, model, rest)
    return _training(workload, nn.dataset(inputs, labels), model, rest)


def _training(
    workload: Workload,
    data: nn.Dataset[X, Labels],
    model: nn.Serial[X, nn.Matrix, *Ps],
    widths: list[int],
) -> Contender:
    """The contender whose model goes on with layers of these widths.

    The model's exact type grows with every layer, so recursion takes the place of a loop.
    """
    if widths:
        longer = model >> _activation(workload) >> nn.linear(widths[0])
        return _training(workload, data, longer, widths[1:])
    loss = nn.binary_cross_entropy_with_logits() if workload.binary else nn.softmax_cross_entropy()
    optimizer = nn.clipped_sgd(RATE, DECAY, LIMIT)
    state = optimizer.init(_first(workload, model))
    return Training(workload, data, state, nn.training_step(model, loss, optimizer))


def _inference(
    workload: Workload,
    inputs: nn.Matrix,
    model: nn.Serial[nn.Matrix, nn.Matrix, *Ps],
    widths: list[int],
) -> Contender:
    """As `_training`."""
    if widths:
        longer = model >> _activation(workload) >> nn.linear(widths[0])
        return _inference(workload, inputs, longer, widths[1:])
    return Inference(model, _first(workload, model), inputs)


def _activation(workload: Workload) -> nn.Primitive[nn.Empty, nn.Matrix, nn.Matrix]:
    return nn.leaky_relu(workload.slope) if workload.slope else nn.relu()


def _first(workload: Workload, model: nn.Serial[X, nn.Matrix, *Ps]) -> tuple[*Ps]:
    shape = (28, 28, 1) if workload.kind == "epoch" else workload.widths[:1]
    drawn, _ = model.init(nn.Key(0), shape)
    return nn.rebuild(drawn, tuple(leaf for layer in first_weights(workload) for leaf in layer))
