"""scikit-learn's MLPClassifier, where it can express the workload.

It has plain ReLUs, momentum and minibatches, but no clipping: it trains with a little less work.
"""

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.worker import Run
from benchmarks.workloads import Workload


def contender(workload: Workload, mode: str) -> Run:
    """Whole epochs, or inference."""
    inputs, labels = workload.data()
    x = inputs * np.float32(1.0 / 255.0 if workload.file else 1.0)
    classifier = MLPClassifier(
        workload.widths[1:-1],
        solver="sgd",
        alpha=0.0,
        batch_size=workload.batch,
        learning_rate_init=workload.rate,
        momentum=workload.decay,
        nesterovs_momentum=False,
    )
    # Only learning makes the arrays of weights. This one step leaves a little velocity behind.
    first, classes = slice(workload.batch), np.arange(workload.widths[-1])
    classifier.partial_fit(x[first], labels[first], classes=classes)
    for layer, weight in enumerate(workload.first_weights()):
        classifier.coefs_[layer][:] = weight
        classifier.intercepts_[layer][:] = 0.0

    def train(steps: int) -> list[float]:
        if steps >= workload.batches:
            classifier.partial_fit(x, labels)
            return []
        starts = [number * workload.batch for number in range(steps)]
        rows = [workload.order(0)[start : start + workload.batch] for start in starts]
        return [classifier.partial_fit(x[chosen], labels[chosen]).loss_ for chosen in rows]

    def infer(steps: int) -> list[float]:
        for _ in range(steps):
            classifier.predict_proba(x)
        return []  # logits, which others are compared by, are not to be had

    return infer if workload.kind == "inference" else train
