"""Compares initializers of linear layers on small tables: what decided the default of `linear`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np
from sklearn import datasets

import purenn as nn
from command_line import command, run
from purenn import initializers
from purenn.layers import sigmoid

SEEDS, EPOCHS, BATCH_SIZE, UNITS = 10, 40, 32, 64

CANDIDATES = (
    *(initializers.he_normal(), initializers.he_uniform()),
    *(initializers.glorot_normal(), initializers.glorot_uniform()),
    *(initializers.lecun_normal(), initializers.lecun_uniform()),
)

Net = nn.Layer[tuple[nn.Linear, nn.Empty, nn.Linear, nn.Empty, nn.Linear], nn.Matrix, nn.Matrix]
Activation = nn.Layer[nn.Empty, nn.Matrix, nn.Matrix]
T = TypeVar("T", nn.Matrix, nn.Labels)

DESCRIPTION = """Compares initializers of linear layers on three tables that scikit-learn ships,
each with a net of two hidden layers of 64 units for each of three activations. A quarter of the
samples is kept for the score: R² or accuracy in percent, mean and standard error over 10 seeds of
split and weights. Takes two minutes.

Example:
  .venv/bin/python scripts/compare_initializers.py
"""


def standardized(x: nn.Matrix) -> nn.Matrix:
    """Each column less its mean, divided by its standard deviation, as float32."""
    return nn.data.standardization(x)(x).astype(np.float32)


def net(outputs: int, activation: Activation, weight: initializers.Initializer) -> Net:
    """Two hidden layers and an output layer, all with the same initializer."""
    hidden = nn.linear(UNITS, weight=weight) >> activation >> nn.linear(UNITS, weight=weight)
    return hidden >> activation >> nn.linear(outputs, weight=weight)


def score(x: nn.Matrix, y: T, loss: nn.Loss[nn.Matrix, T], rate: float, model: Net) -> list[float]:
    """R² or accuracy on new samples, for each seed."""
    found: list[float] = []
    for key in map(nn.Key, range(SEEDS)):
        order = key.child("split").generator().permutation(len(x))
        test, train = np.split(order, [len(order) // 4])
        data = nn.dataset(x[train], y[train])
        steps = -(-len(train) // BATCH_SIZE) * EPOCHS
        clipped = nn.clip_by_global_norm(1.0) >> nn.momentum(0.9)
        optimizer = nn.descend(clipped, nn.schedules.cosine(rate, steps))
        state = optimizer.init(model.init(key, data.example))
        step = nn.training_step(model, loss, optimizer)
        for epoch in range(EPOCHS):
            state, _ = nn.fold(step, state, nn.shuffled_batches(data, BATCH_SIZE, key, epoch))
        output = nn.predict(model, state.params, x[test])
        if y.ndim == 2:
            found.append(1.0 - float(((output - y[test]) ** 2).mean() / y[test].var()))
        else:
            found.append(float((output.argmax(axis=1) == y[test]).mean()))
    return found


def compare() -> None:
    """Print the scores as a table in Markdown."""
    diabetes, progression = datasets.load_diabetes(return_X_y=True)
    digits, names = datasets.load_digits(return_X_y=True)
    cancer, kinds = datasets.load_breast_cancer(return_X_y=True)
    column, squared = standardized(progression[:, np.newaxis]), nn.mean_squared_error()
    entropy = nn.softmax_cross_entropy()
    tasks: dict[str, tuple[int, Callable[[Net], list[float]]]] = {
        "diabetes": (1, partial(score, standardized(diabetes), column, squared, 0.01)),
        "digits": (10, partial(score, standardized(digits), names, entropy, 0.05)),
        "breast cancer": (2, partial(score, standardized(cancer), kinds, entropy, 0.05)),
    }
    print("| task |", " | ".join(map(repr, CANDIDATES)), "|")
    print("|---" * (1 + len(CANDIDATES)) + "|")
    for activation in (nn.tanh(), nn.relu(), sigmoid()):
        for task, (outputs, score_of) in tasks.items():
            scores = [score_of(net(outputs, activation, weight)) for weight in CANDIDATES]
            cells = [
                f"{100 * np.mean(one):.1f} ± {100 * np.std(one, ddof=1) / SEEDS**0.5:.1f}"
                for one in scores
            ]
            print(f"| {task}, {activation!r} |", " | ".join(cells), "|", flush=True)


main = command(compare, DESCRIPTION)


if __name__ == "__main__":
    run(main)
