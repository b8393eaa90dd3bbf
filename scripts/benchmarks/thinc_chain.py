"""thinc, the nearest relative: layers that return their pullback, chained, over NumPy.

It has plain ReLUs and Adam, but neither momentum nor clipping by value.
"""

from __future__ import annotations

from itertools import islice

import numpy as np
from thinc.api import Adam, Linear, Model, Relu
from thinc.api import chain as chained

from benchmarks.worker import Run
from benchmarks.workloads import Floats, Integers, Workload


def contender(workload: Workload, mode: str) -> Run:
    """Inference, or training with Adam."""
    model, (inputs, labels) = _model(workload), workload.noise()
    if workload.kind == "inference":
        return lambda steps: [model.predict(inputs) for _ in range(steps)][-1][0].tolist()
    optimizer = Adam(workload.rate, L2=0.0, grad_clip=0.0)
    batches = workload.indices()

    def step(x: Floats, y: Integers) -> float:
        logits, backward = model.begin_update(x)
        probabilities, rows = model.ops.softmax(logits), np.arange(len(y))
        loss = float(-np.log(probabilities[rows, y]).mean())
        probabilities[rows, y] -= 1.0
        backward(probabilities / np.float32(len(y)))
        model.finish_update(optimizer)
        return loss

    return lambda steps: [step(inputs[rows], labels[rows]) for rows in islice(batches, steps)]


def _model(workload: Workload) -> Model:
    weights = workload.first_weights()
    layers = [Relu(*weight.shape[::-1]) for weight in weights[:-1]]
    layers.append(Linear(*weights[-1].shape[::-1]))
    model = chained(*layers).initialize()
    for layer, weight in zip(layers, weights, strict=True):
        layer.set_param("W", np.ascontiguousarray(weight.T))
    return model
