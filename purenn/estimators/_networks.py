"""The nets and optimizers of RealMLP: TD-S, the simple one, and TD with all of its parts.

Holzmüller, Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on
Tabular Data" (2024). Both train 256 epochs of batches of 256 rows (of all, if there are fewer),
without the last batch of an epoch if it is smaller, and keep the parameters of the epoch with the
least validation error, the last of equals. Regression targets are standardized.
"""

from __future__ import annotations

from typing import Protocol

import attrs

from purenn.arrays import Labels, Matrix
from purenn.estimators._columns import Layout
from purenn.layers import Layer
from purenn.losses import Loss
from purenn.optimizers import Optimizer

# Of parameters that nobody needs to know.
Net = Layer[object, Matrix, Matrix]
Mover = Optimizer[object]

EPOCHS, BATCH = 256, 256


@attrs.frozen
class Task:
    """What classification and regression have of their own: `CLASSIFICATION`, `REGRESSION`."""

    activation: Layer[object, Matrix, Matrix]
    rate: float
    full_rate: float


def classification_loss() -> Loss[Matrix, Labels]:
    """Cross-entropy with label smoothing 0.1."""
    raise NotImplementedError


class Recipe(Protocol):
    """A net and how it is trained: `simple(...)` or `full(...)`."""

    def net(self, progress: float) -> Net:
        """The net at a time from 0 to 1; its parameters are alike at all times."""

    def optimizer(self, progress: float, steps: int) -> Mover:
        """The optimizer for the whole training of so many steps, with the decay of that time."""


def simple(task: Task, outputs: int, hidden: tuple[int, ...] = (256, 256, 256)) -> Recipe:
    """RealMLP-TD-S. Both of its functions give the same at all times."""
    raise NotImplementedError


def full(
    task: Task, layout: Layout, outputs: int, hidden: tuple[int, ...] = (256, 256, 256)
) -> Recipe:
    """RealMLP-TD. `net.init` wants all of the training part for an example, or much of it."""
    raise NotImplementedError
