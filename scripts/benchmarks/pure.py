"""purenn, through its public interface, as its users write it."""

from __future__ import annotations

from itertools import chain, count, islice
from typing import TypeVar, TypeVarTuple

import purenn as nn
from benchmarks.contenders import PORTABLE
from benchmarks.worker import Run
from benchmarks.workloads import Workload
from purenn.arrays import read_only
from purenn.blas import one_thread
from purenn.data import Dataset, Rows, ScaledBytes, arranged_batches
from purenn.layers import identity
from purenn.optimizers import adamw
from trainer.convolutional import cnn_small
from trainer.models import normalized_classifier

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
    inputs, labels = workload.noise()
    data = nn.dataset(read_only(inputs), read_only(labels))  # of which it needs no copy
    classes, optimizer = workload.widths[-1], adamw(workload.rate)
    if workload.kind == "normalized":
        net = normalized_classifier(workload.widths[1:-1], "relu", 0.3, classes, identity())
        return _training(workload, mode, data, net, optimizer)
    if workload.kind == "cnn-small":
        pictures = nn.dataset(inputs.reshape(-1, 28, 28, 1), labels)
        run = _training(workload, mode, pictures, cnn_small(0.0, classes), optimizer)
        return one_thread()(run)
    model = nn.linear(first) >> _activation(workload) >> nn.linear(rest[0])
    return _grown(workload, mode, data, model, rest[1:])


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
    if workload.kind == "inference":
        return _inference(workload, data, model)
    if workload.kind == "adam":
        return _training(workload, mode, data, model, nn.adam(workload.rate))
    shaping = nn.clip_by_value(workload.limit) >> nn.momentum(workload.decay)
    return _training(workload, mode, data, model, nn.descend(shaping, workload.rate))


def _training(
    workload: Workload,
    mode: str,
    data: Dataset[X, nn.Labels],
    model: nn.Layer[P, X, nn.Matrix],
    optimizer: nn.Optimizer[S],
) -> Run:
    """Training of any model by any optimizer."""
    state = optimizer.init(_params(workload, data, model))
    loss = nn.binary_cross_entropy_with_logits() if workload.binary else nn.softmax_cross_entropy()
    if mode == PORTABLE:
        model, loss = nn.portable(model), nn.portable(loss)
    step = nn.training_step(model, loss, optimizer)
    batches = chain.from_iterable(
        arranged_batches(data, workload.batch, nn.Key(0), order)
        for order in map(workload.order, count())
    )

    def run(steps: int) -> list[float]:
        nonlocal state
        state, reports = nn.fold(step, state, islice(batches, steps))
        return [report.loss for report in reports]

    return run


def _params(workload: Workload, data: Dataset[X, nn.Labels], model: nn.Layer[P, X, nn.Matrix]) -> P:
    """The weights that all contenders start with; biases are 0 as they are."""
    weights = iter(workload.first_weights())
    params = model.init(nn.Key(0), data.example)
    return nn.map_leaves(lambda leaf: next(weights) if leaf.ndim > 1 else leaf, params)


def _inference(
    workload: Workload, data: Dataset[X, nn.Labels], model: nn.Layer[P, X, nn.Matrix]
) -> Run:
    params, inputs = _params(workload, data, model), data.inputs.take(range(workload.batch))

    def run(steps: int) -> list[nn.arrays.Float]:
        for _ in range(1, steps):
            model.apply(params, inputs)
        return list(model.apply(params, inputs)[0])

    return run
