"""purenn with the nets of the recipes: batch normalization and dropout, or convolutions."""

from __future__ import annotations

from typing import TypeVar

import purenn as nn
from benchmarks.pure import optimized
from benchmarks.worker import Run
from benchmarks.workloads import Workload
from purenn.arrays import Images
from purenn.data import Dataset
from purenn.layers import identity
from purenn.optimizers import adamw
from trainer.convolutional import cnn_quick, cnn_small
from trainer.models import normalized_classifier

P = TypeVar("P")
X = TypeVar("X")


def contender(workload: Workload, mode: str) -> Run:
    """Training."""
    inputs, labels = workload.noise()
    *hidden, classes = workload.widths[1:]
    images: Images = inputs.reshape(-1, 28, 28, 1)
    if workload.kind == "cnn-small":
        return _training(workload, mode, nn.dataset(images, labels), cnn_small(0.0, classes))
    if workload.kind == "quick":
        return _training(workload, mode, nn.dataset(images, labels), cnn_quick(0.1, classes))
    model = normalized_classifier(tuple(hidden), "relu", 0.3, classes, identity())
    return _training(workload, mode, nn.dataset(inputs, labels), model)


def _training(
    workload: Workload, mode: str, data: Dataset[X, nn.Labels], model: nn.Layer[P, X, nn.Matrix]
) -> Run:
    kernels = iter(workload.first_kernels())
    params = nn.map_leaves(
        lambda leaf: next(kernels) if leaf.ndim > 1 else leaf, model.init(nn.Key(0), data.example)
    )
    return optimized(workload, mode, data, model, params, adamw(workload.rate))
