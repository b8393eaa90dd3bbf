"""Every loss that purenn exports, with every kind of target, in a form one test can run over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import attrs
import numpy as np
from contracts import frozen

import purenn as nn
from purenn.arrays import Array, FloatDtype, Labels, Matrix, narrowed, seal

Target = Matrix | Labels

Draw = Callable[[np.random.Generator], Array]


@attrs.frozen(eq=False)
class LossCase:
    """A loss, an example of what `maker` makes, with predictions and targets that suit it."""

    maker: str
    name: str
    kind: str
    prediction: Draw
    target: Callable[[np.random.Generator, FloatDtype], Target]
    loss: Callable[[Array, Target], tuple[float, Matrix]]

    def __str__(self) -> str:
        return f"{self.name} of {self.kind}"


SAMPLES, CLASSES = 5, 3
ROWS: Matrix = np.zeros((1, 1))
VECTOR: Labels = np.zeros(1, np.int64)


def _values(generator: np.random.Generator) -> Array:
    return generator.standard_normal((SAMPLES, CLASSES))


def _logits(generator: np.random.Generator) -> Array:
    return 3.0 * generator.standard_normal((SAMPLES, CLASSES))


def _column(generator: np.random.Generator) -> Array:
    return generator.uniform(0.05, 0.95, (SAMPLES, 1))


def _probabilities(generator: np.random.Generator) -> Array:
    return generator.uniform(0.05, 0.95, (SAMPLES, CLASSES))


def _distributions(generator: np.random.Generator) -> Array:
    weights = generator.uniform(0.5, 1.5, (SAMPLES, CLASSES))
    rows: Array = weights / weights.sum(axis=1, keepdims=True)
    return rows


def _rows(
    maker: str, loss: nn.Loss[Matrix, Matrix], prediction: Draw, target: Draw = _distributions
) -> LossCase:
    def call(given: Array, wanted: Target) -> tuple[float, Matrix]:
        return loss(narrowed(given, ROWS), narrowed(wanted, ROWS))

    def draw(generator: np.random.Generator, dtype: FloatDtype) -> Target:
        return narrowed(frozen(target(generator), dtype), ROWS)

    return LossCase(maker, repr(loss), "rows", prediction, draw, call)


def _labels(
    maker: str, loss: nn.Loss[Matrix, Labels], prediction: Draw, classes: int = CLASSES
) -> LossCase:
    def call(given: Array, wanted: Target) -> tuple[float, Matrix]:
        return loss(narrowed(given, ROWS), narrowed(wanted, VECTOR))

    def draw(generator: np.random.Generator, dtype: FloatDtype) -> Target:
        return seal(generator.integers(0, classes, SAMPLES))

    return LossCase(maker, repr(loss), "labels", prediction, draw, call)


def loss_cases(reduction: Literal["mean", "sum"]) -> tuple[LossCase, ...]:
    """Every loss with every kind of target that it takes."""
    squared = nn.mean_squared_error(reduction)
    brier = nn.brier(reduction=reduction)
    # The cotangents of these are exact up to terms in epsilon.
    binary = nn.binary_cross_entropy(1e-12, reduction)
    entropy = nn.cross_entropy(1e-12, reduction)
    binary_logits = nn.binary_cross_entropy_with_logits(reduction)
    logits = nn.softmax_cross_entropy(reduction)
    both = nn.reporting(brier, descent=brier)
    return (
        _rows("mean_squared_error", squared, _values, _values),
        _rows("brier", brier, _distributions),
        _labels("brier", brier, _distributions),
        _rows("binary_cross_entropy", binary, _probabilities, _probabilities),
        _labels("binary_cross_entropy", binary, _column, classes=2),
        _rows("cross_entropy", entropy, _distributions),
        _labels("cross_entropy", entropy, _distributions),
        _rows("binary_cross_entropy_with_logits", binary_logits, _logits, _probabilities),
        _labels("binary_cross_entropy_with_logits", binary_logits, _column, classes=2),
        _rows("softmax_cross_entropy", logits, _logits),
        _labels("softmax_cross_entropy", logits, _logits),
        _labels("reporting", both, _distributions),
    )


LOSSES = (*loss_cases("mean"), *loss_cases("sum"))
