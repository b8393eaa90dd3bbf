"""purenn, through its public interface, as its users write it."""

from __future__ import annotations

from itertools import chain, count, islice
from typing import TypeVar, TypeVarTuple

import purenn as nn
from benchmarks.contenders import PORTABLE
from benchmarks.worker import Run
from benchmarks.workloads import Workload
from purenn.data import Dataset, Rows, ScaledBytes, arranged_batches

P = TypeVar("P")
X = TypeVar("X")
S = TypeVar("S")
Ps = TypeVarTuple("Ps")


def contender(workload: Workload, mode: str) -> Run:
    """Training or inference."""
    first, *rest = workload.widths[1:]
    if workload.file:
        pixels, labels = workload.images()
        images = Dataset(ScaledBytes(pixels.reshape(-1, 28, 28, 1)), Rows(labels))
        return _grown(workload, mode, images, nn.flatten() >> nn.linear(first), rest)
    noise = nn.dataset(*workload.noise())
    model = nn.linear(first) >> _activation(workload) >> nn.linear(rest[0])
    return _grown(workload, mode, noise, model, rest[1:])


def _activation(workload: Workload) -> nn.Layer[nn.Empty, nn.Matrix, nn.Matrix]:
    return nn.leaky_relu(workload.slope) if workload.slope else nn.relu()


def _grown(
    workload: Workload,
    mode: str,
    data: Dataset[X, nn.Labels],
    model: nn.Layer[tuple[*Ps], X, nn.Matrix],
    widths: list[int],
) -> Run:
    """The contender whose model goes on with layers of these widths.

    The model's exact type grows with every layer, so recursion takes the place of a loop.
    """
    if widths:
        longer = model >> _activation(workload) >> nn.linear(widths[0])
        return _grown(workload, mode, data, longer, widths[1:])
    weights = chain.from_iterable(workload.first_weights())
    params = nn.map_leaves(lambda leaf: next(weights), model.init(nn.Key(0), data.example))
    if workload.kind == "inference":
        return _inference(model, params, data.inputs.take(range(workload.batch)))
    if workload.kind == "adam":
        return optimized(workload, mode, data, model, params, nn.adam(workload.rate))
    shaping = nn.clip_by_value(workload.limit) >> nn.momentum(workload.decay)
    return optimized(workload, mode, data, model, params, nn.descend(shaping, workload.rate))


def optimized(
    workload: Workload,
    mode: str,
    data: Dataset[X, nn.Labels],
    model: nn.Layer[P, X, nn.Matrix],
    params: P,
    optimizer: nn.Optimizer[S],
) -> Run:
    """Training of any model by any optimizer."""
    loss = nn.binary_cross_entropy_with_logits() if workload.binary else nn.softmax_cross_entropy()
    if mode == PORTABLE:
        model, loss = nn.portable(model), nn.portable(loss)
    step, state = nn.training_step(model, loss, optimizer), optimizer.init(params)
    batches = chain.from_iterable(
        arranged_batches(data, workload.batch, nn.Key(0), order)
        for order in map(workload.order, count())
    )

    def run(steps: int) -> list[float]:
        nonlocal state
        state, reports = nn.fold(step, state, islice(batches, steps))
        return [report.loss for report in reports]

    return run


def _inference(model: nn.Layer[P, X, nn.Matrix], params: P, inputs: X) -> Run:
    def run(steps: int) -> list[nn.arrays.Float]:
        for _ in range(1, steps):
            model.apply(params, inputs)
        return list(model.apply(params, inputs)[0])

    return run
