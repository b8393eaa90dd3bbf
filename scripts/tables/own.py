"""purenn: RealMLP-TD-S from its parts."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import TypeVar

import attrs
import numpy as np

import purenn as nn
from purenn.arrays import Labels, Matrix, Vector
from purenn.data import standardization
from purenn.estimators._columns import Columns, fit_columns
from purenn.estimators._networks import (
    BATCH,
    CLASSIFICATION,
    EPOCHS,
    REGRESSION,
    Net,
    Simple,
    classification_loss,
)
from tables._dynamic import Frame

T = TypeVar("T", Matrix, Labels)
HELD_OUT = 0.2  # for the validation after each epoch


@attrs.frozen(eq=False)
class Fitted:
    """A net, and the columns that it takes."""

    columns: Columns
    net: Net
    params: object

    def output(self, features: Frame) -> Matrix:
        """The outputs for the rows of a table."""
        return nn.predict(self.net, self.params, self.columns.transform(features))


def fitted(
    recipe: Simple,
    loss: nn.Loss[Matrix, T],
    error: Callable[[Matrix, T], float],
    features: Frame,
    targets: T,
    seed: int,
) -> Fitted:
    """The net of the epoch with the least validation error, the last of equals."""
    key = nn.Key(seed)
    order = key.child("validation").generator().permutation(features.shape[0])
    validation, training = np.split(order, [round(HELD_OUT * len(order))])
    columns = fit_columns(features.take(training))
    data = nn.dataset(columns.transform(features.take(training)), targets[training])
    watched = columns.transform(features.take(validation)), targets[validation]
    size = min(BATCH, len(data))
    count = len(data) // size  # without an incomplete batch
    net, optimizer = recipe.net(0.0), recipe.optimizer(0.0, count * EPOCHS)
    step = nn.training_step(net, loss, optimizer)
    state = optimizer.init(net.init(key, data.example))
    best, params = inf, state.params
    for epoch in range(EPOCHS):
        batches = nn.shuffled_batches(data, size, key, epoch)[:count]
        state, _ = nn.fold(step, state, batches)
        found = nn.evaluate(net, state.params, watched, error)
        if found <= best:
            best, params = found, state.params
    return Fitted(columns, net, params)


class Classifier:
    """A classifier with scikit-learn's interface."""

    def __init__(self, random_state: int) -> None:
        self.random_state = random_state

    def fit(self, features: Frame, labels: Labels) -> None:
        """Fit to a table and labels from 0 up."""
        recipe = Simple(CLASSIFICATION, int(labels.max()) + 1)

        def error(logits: Matrix, labels: Labels) -> float:
            return float((logits.argmax(axis=1) != labels).mean())

        loss: nn.Loss[Matrix, Labels] = classification_loss()
        self.fitted = fitted(recipe, loss, error, features, labels, self.random_state)

    def predict(self, features: Frame) -> Labels:
        """The most probable label of each row."""
        found: Labels = self.fitted.output(features).argmax(axis=1)
        return found


class Regressor:
    """A regressor with scikit-learn's interface."""

    def __init__(self, random_state: int) -> None:
        self.random_state = random_state

    def fit(self, features: Frame, target: Vector) -> None:
        """Fit to a table and values."""
        column: Matrix = target[:, np.newaxis].astype(np.float32)
        self.scaling = standardization(column)
        loss = nn.mean_squared_error()
        recipe = Simple(REGRESSION, 1)
        scaled = self.scaling(column)
        self.fitted = fitted(recipe, loss, loss.mean, features, scaled, self.random_state)

    def predict(self, features: Frame) -> Vector:
        """The value of each row."""
        found: Vector = self.scaling.inverse(self.fitted.output(features))[:, 0]
        return found
