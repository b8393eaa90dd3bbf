"""scikit-learn's MLPClassifier, where it can express the job.

It has plain ReLUs, momentum and minibatches, but no clipping: it trains with a little less work.
"""

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPClassifier

from benchmarks.contender import CHECKED, Contender
from benchmarks.workloads import (
    DECAY,
    RATE,
    Floats,
    Labels,
    Workload,
    first_weights,
    images,
    samples,
)


def contender(workload: Workload) -> Contender:
    """MLPClassifier, set up for this job."""
    inputs, labels = _scaled(workload) if workload.kind == "epoch" else samples(workload)
    classifier = MLPClassifier(
        workload.widths[1:-1],
        solver="sgd",
        alpha=0.0,
        batch_size=workload.batch,
        learning_rate_init=RATE,
        momentum=DECAY,
        nesterovs_momentum=False,
        random_state=0,
    )
    # Only learning makes the arrays of weights. This one step leaves a little velocity behind.
    first = slice(workload.batch)
    classes = np.arange(workload.widths[-1])
    classifier.partial_fit(inputs[first], labels[first], classes=classes)
    for layer, (weight, bias) in enumerate(first_weights(workload)):
        classifier.coefs_[layer][:] = weight
        classifier.intercepts_[layer][:] = bias
    if workload.kind == "inference":
        return Inference(classifier, inputs)
    return Training(workload, classifier, inputs, labels)


def _scaled(workload: Workload) -> tuple[Floats, Labels]:
    pixels, labels = images(workload)
    return pixels * np.float32(1.0 / 255.0), labels


class Training:
    """Whole epochs over shuffled batches."""

    def __init__(
        self, workload: Workload, classifier: MLPClassifier, inputs: Floats, labels: Labels
    ) -> None:
        self._batch = workload.batch
        self._classifier = classifier
        self._inputs = inputs
        self._labels = labels

    def check(self) -> list[float]:
        """The first losses, over batches in the data's own order."""
        starts = [number * self._batch % len(self._labels) for number in range(CHECKED)]
        return [self._loss(slice(start, start + self._batch)) for start in starts]

    def _loss(self, samples: slice[int, int, None]) -> float:
        self._classifier.partial_fit(self._inputs[samples], self._labels[samples])
        return self._classifier.loss_

    def run(self, steps: int) -> None:
        """Train."""
        for epoch in range(steps):
            self._classifier.partial_fit(self._inputs, self._labels)
            print(f"{epoch}: {self._classifier.loss_:.4f}")


class Inference:
    """Predictions for one batch, again and again. It gives probabilities only, after a softmax."""

    def __init__(self, classifier: MLPClassifier, inputs: Floats) -> None:
        self._classifier = classifier
        self._inputs = inputs

    def check(self) -> list[float]:
        """Nothing: logits are not to be had."""
        return []

    def run(self, steps: int) -> None:
        """Predict."""
        for _ in range(steps):
            self._classifier.predict_proba(self._inputs)
