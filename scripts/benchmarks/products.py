"""The floor that no contender can go below: the matrix products of a step and nothing else.

Products write into memory that is there already. The input of the first layer gets no cotangent.
"""

from __future__ import annotations

import numpy as np

from benchmarks.workloads import Floats, Workload, first_weights

Product = tuple[Floats, Floats, Floats]


class Products:
    """The products of one batch after another: 3n - 1 for the n layers of a training step."""

    def __init__(self, workload: Workload) -> None:
        self._repeats = workload.batches if workload.kind == "epoch" else 1
        self._products = _products(workload)

    @property
    def count(self) -> int:
        """How many products there are in a step."""
        return len(self._products)

    def check(self) -> list[float]:
        """Nothing: products alone have no loss."""
        return []

    def run(self, steps: int) -> None:
        """Compute the products of that many steps."""
        matmul, products = np.matmul, self._products
        for _ in range(steps * self._repeats):
            for x, y, out in products:
                matmul(x, y, out)


def contender(workload: Workload) -> Products:
    """The matrix products of this job."""
    return Products(workload)


def _products(workload: Workload) -> list[Product]:
    weights = [weight for weight, _ in first_weights(workload)]
    draw = np.random.default_rng(0)
    values: list[Floats] = [
        draw.standard_normal((workload.batch, width), np.float32) for width in workload.widths
    ]
    forward = list(zip(values[:-1], weights, values[1:], strict=True))
    if workload.kind == "inference":
        return forward
    slopes = [np.empty_like(weight) for weight in weights]
    cotangents = [np.ones_like(value) * np.float32(1e-3) for value in values]
    backward: list[Product] = []
    for layer in reversed(range(len(weights))):
        backward.append((values[layer].T, cotangents[layer + 1], slopes[layer]))
        if layer:
            backward.append((cotangents[layer + 1], weights[layer].T, cotangents[layer]))
    return forward + backward
