"""purenn with the nets of the recipes: dropout and batch normalization, or convolutions."""

from __future__ import annotations

from itertools import chain, count, islice
from typing import TypeVar

import purenn as nn
from benchmarks.worker import Run
from benchmarks.workloads import Workload
from purenn.arrays import Images
from purenn.data import Dataset, arranged_batches
from purenn.layers import identity
from purenn.optimizers import adamw
from trainer.convolutional import cnn_small
from trainer.models import normalized_classifier

P = TypeVar("P")
X = TypeVar("X")


def contender(workload: Workload, mode: str) -> Run:
    """Training."""
    inputs, labels = workload.noise()
    *hidden, classes = workload.widths[1:]
    if workload.kind == "cnn-small":
        images: Images = inputs.reshape(-1, 28, 28, 1)
        weights = [*workload.first_filters(), workload.last_weight()]
        return _training(workload, nn.dataset(images, labels), cnn_small(0.0, classes), weights)
    model = normalized_classifier(tuple(hidden), "relu", 0.3, classes, identity())
    linear = [weight for weight, _ in workload.first_weights()]
    return _training(workload, nn.dataset(inputs, labels), model, linear)


def _training(
    workload: Workload,
    data: Dataset[X, nn.Labels],
    model: nn.Layer[P, X, nn.Matrix],
    weights: list[nn.Array],
) -> Run:
    first = iter(weights)
    params = nn.map_leaves(
        lambda leaf: next(first) if leaf.ndim > 1 else leaf, model.init(nn.Key(0), data.example)
    )
    optimizer = adamw(workload.rate)
    step = nn.training_step(model, nn.softmax_cross_entropy(), optimizer)
    state = optimizer.init(params)
    batches = chain.from_iterable(
        arranged_batches(data, workload.batch, nn.Key(0), order)
        for order in map(workload.order, count())
    )

    def run(steps: int) -> list[float]:
        nonlocal state
        state, reports = nn.fold(step, state, islice(batches, steps))
        return [report.loss for report in reports]

    return run
