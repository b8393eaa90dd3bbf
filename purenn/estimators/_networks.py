"""The nets and optimizers of RealMLP: TD-S, the simple one, and TD with all of its parts.

Holzmüller, Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on
Tabular Data" (2024). Both train 256 epochs of batches of 256 rows (of all, if there are fewer),
without the last batch of an epoch if it is smaller, and keep the parameters of the epoch with the
least validation error, the last of equals. Regression targets are standardized.
"""

from __future__ import annotations

from typing import Protocol

import attrs

from purenn import checks
from purenn.arrays import Labels, Matrix
from purenn.initializers import zeros
from purenn.layers import Layer, block, mish, ntk_linear, scale, selu, stack
from purenn.losses import Loss, softmax_cross_entropy
from purenn.optimizers import Optimizer, descend, scale_by_adam, scaled
from purenn.schedules import log_cosine
from purenn.tree import Empty

Activation = Layer[Empty, Matrix, Matrix]

# With parameters and states that nobody needs to know.
Net = Layer[object, Matrix, Matrix]
Mover = Optimizer[object]

EPOCHS, BATCH = 256, 256
HIDDEN = (256, 256, 256)


@attrs.frozen
class Task:
    """What classification and regression have of their own.

    Args:
        activation: between linear layers.
        rate: the base of the learning rates, of the simple net.
        full_rate: that of the full one.
    """

    activation: Activation
    rate: float
    full_rate: float


CLASSIFICATION = Task(selu(), 0.04, 0.04)
REGRESSION = Task(mish(), 0.07, 0.2)


def classification_loss() -> Loss[Matrix, Matrix | Labels]:
    """Cross-entropy with label smoothing."""
    return softmax_cross_entropy(label_smoothing=0.1)


class Recipe(Protocol):
    """A net and how it is trained, where some things change over the training.

    A progress is the share of the training that is done, from 0 to 1. Parameters and states of the
    optimizer are alike at all times.
    """

    def net(self, progress: float) -> Net:
        """The net at that time: its dropout changes."""

    def optimizer(self, progress: float, steps: int) -> Mover:
        """The optimizer for a whole training of so many steps, at that time: its decay changes."""


def rate_factor(path: str) -> float:
    """What the learning rate of a leaf is multiplied by: scales learn fast, and biases slowly."""
    name = path.rpartition(".")[2]
    return {"scale": 6.0, "bias": 0.1}.get(name, 1.0)


@attrs.frozen
class Simple:
    """RealMLP-TD-S, where nothing but the learning rate changes.

    Args:
        outputs: classes, or values to predict.
        hidden: the widths of the hidden layers.
    """

    task: Task
    outputs: int
    hidden: tuple[int, ...] = HIDDEN

    def net(self, progress: float) -> Net:
        """A learned factor for each column, then layers whose last is zero at first."""
        activation = self.task.activation
        layers = stack(*[block(ntk_linear(width) >> activation) for width in self.hidden])
        last = ntk_linear(self.outputs, weight=zeros(), bias=zeros())
        return opaque_net(scale() >> layers >> last)

    def optimizer(self, progress: float, steps: int) -> Mover:
        """Adam with a short memory of squares, rates by leaf, and four cycles of the schedule."""
        adam = scale_by_adam(0.9, 0.95) >> scaled(rate_factor)
        return opaque_optimizer(descend(adam, log_cosine(self.task.rate, steps)))


def opaque_net(layer: object) -> Net:
    """A layer whose parameters are of a type that is known only when the program runs."""
    checks.instance("A net", layer, Layer)
    nets: list[Net] = [each for each in (layer,) if isinstance(each, Layer)]
    return nets[0]


def opaque_optimizer(optimizer: object) -> Mover:
    """An optimizer whose state is of a type that is known only when the program runs."""
    checks.instance("An optimizer", optimizer, Optimizer)
    movers: list[Mover] = [each for each in (optimizer,) if isinstance(each, Optimizer)]
    return movers[0]
