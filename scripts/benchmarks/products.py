"""The floor: the matrix products of a step and nothing else, written into memory that is there."""

from __future__ import annotations

import numpy as np

from benchmarks.worker import Run
from benchmarks.workloads import Weight, Workload


def contender(workload: Workload, mode: str) -> Run:
    """The products of one batch, again and again."""
    matmul, needed = np.matmul, products(workload)

    def run(steps: int) -> list[float]:
        for _ in range(steps):
            for x, y, out in needed:
                matmul(x, y, out)
        return []

    return run


def products(workload: Workload) -> list[tuple[Weight, Weight, Weight]]:
    """Two factors and where their product goes: 3 n - 1 for n layers, as the data has no slope."""
    weights, draw = workload.first_weights(), np.random.default_rng(0)
    shapes = [(workload.batch, width) for width in workload.widths]
    values: list[Weight] = [draw.standard_normal(shape, np.float32) for shape in shapes]
    needed = list(zip(values[:-1], weights, values[1:], strict=True))
    if workload.kind == "inference":
        return needed
    cotangents: list[Weight] = [np.full(shape, 1e-3, np.float32) for shape in shapes]
    for layer, weight in reversed(list(enumerate(weights))):
        needed.append((values[layer].T, cotangents[layer + 1], np.empty_like(weight)))
        if layer:
            needed.append((cotangents[layer + 1], weight.T, cotangents[layer]))
    return needed
