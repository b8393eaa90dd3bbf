"""skorch: the net of RealMLP-TD-S in PyTorch, on the same columns.

The layers are PyTorch's own: with Adam, dividing weights and rates by the root of the inputs is the
same as dividing the product.
"""

from __future__ import annotations

from itertools import pairwise
from math import cos, log2, pi

import numpy as np
import torch

from purenn.arrays import Labels, Matrix, Vector
from purenn.data import standardization
from purenn.estimators._columns import fit_columns
from purenn.estimators._networks import BATCH, CLASSIFICATION, EPOCHS, HIDDEN, REGRESSION
from tables._dynamic import Estimator, Frame, as_estimator, made

FOLDS = 5  # one of so many is for the validation after each epoch


class Net(torch.nn.Module):
    """A learned factor for each column, and layers whose last is zero at first."""

    def __init__(self, widths: tuple[int, ...], activation: torch.nn.Module) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(widths[0]))
        layers: list[torch.nn.Module] = []
        for inputs, outputs in pairwise(widths[:-1]):
            layers += [_linear(inputs, outputs, 1.0), activation]
        self.layers = torch.nn.Sequential(*layers, _linear(widths[-2], widths[-1], 0.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The outputs for a batch."""
        return self.layers(x * self.scale)


def _linear(inputs: int, outputs: int, deviation: float) -> torch.nn.Module:
    layer = torch.nn.Linear(inputs, outputs)
    torch.nn.init.normal_(layer.weight, std=deviation * inputs**-0.5)
    torch.nn.init.normal_(layer.bias, std=deviation)
    return layer


class _Model:
    """What classifiers and regressors have in common."""

    def __init__(self, random_state: int) -> None:
        self.random_state = random_state

    def _fit(self, net: str, features: Frame, targets: Labels | Matrix, outputs: int) -> None:
        self.columns = fit_columns(features)
        x = self.columns.transform(features)
        is_classifier = net == "NeuralNetClassifier"
        task = CLASSIFICATION if is_classifier else REGRESSION
        rows = len(x) - len(x) // FOLDS
        steps = max(1, rows // BATCH) * EPOCHS

        def factor(step: int) -> float:
            return 0.5 - 0.5 * cos(2.0 * pi * log2(1.0 + 15.0 * min(1.0, step / steps)))

        torch.manual_seed(self.random_state)
        widths = (x.shape[1], *HIDDEN, outputs)
        activation = torch.nn.SELU() if is_classifier else torch.nn.Mish()
        groups: list[tuple[str, dict[str, float]]] = [
            ("scale", {"lr": 6.0 * task.rate}),
            ("*.bias", {"lr": 0.1 * task.rate}),
            *(
                (f"layers.{2 * number}.weight", {"lr": task.rate * width**-0.5})
                for number, width in enumerate(widths[:-1])
            ),
        ]
        schedule = made(
            "skorch.callbacks:LRScheduler", policy="LambdaLR", lr_lambda=factor, step_every="batch"
        )
        best = made(
            "skorch.callbacks:EarlyStopping",
            monitor="valid_acc" if is_classifier else "valid_loss",
            lower_is_better=not is_classifier,
            patience=EPOCHS,
            threshold=0.0,
            load_best=True,
        )
        loss: dict[str, object] = {"criterion": torch.nn.MSELoss}
        if is_classifier:
            loss = {"criterion": torch.nn.CrossEntropyLoss, "criterion__label_smoothing": 0.1}
        trained = made(
            f"skorch:{net}",
            Net(widths, activation),
            optimizer=torch.optim.Adam,
            optimizer__betas=(0.9, 0.95),
            optimizer__param_groups=groups,
            lr=task.rate,
            max_epochs=EPOCHS,
            batch_size=BATCH,
            iterator_train__shuffle=True,
            iterator_train__drop_last=rows > BATCH,
            callbacks=[schedule, best],
            verbose=0,
            **loss,
        )
        self.net: Estimator = as_estimator(trained)
        self.net.fit(x, targets)


class Classifier(_Model):
    """A classifier with scikit-learn's interface."""

    def fit(self, features: Frame, labels: Labels) -> None:
        """Fit to a table and labels from 0 up."""
        self._fit("NeuralNetClassifier", features, labels, int(labels.max()) + 1)

    def predict(self, features: Frame) -> Vector | Labels:
        """The most probable label of each row."""
        return self.net.predict(self.columns.transform(features))


class Regressor(_Model):
    """A regressor with scikit-learn's interface."""

    def fit(self, features: Frame, target: Vector) -> None:
        """Fit to a table and values."""
        column: Matrix = target[:, np.newaxis].astype(np.float32)
        self.scaling = standardization(column)
        self._fit("NeuralNetRegressor", features, self.scaling(column), 1)

    def predict(self, features: Frame) -> Vector:
        """The value of each row."""
        scaled: Matrix = np.asarray(self.net.predict(self.columns.transform(features)), np.float32)
        return self.scaling.inverse(scaled.reshape(-1, 1))[:, 0]
