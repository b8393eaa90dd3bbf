"""The nets and optimizers of RealMLP: TD-S, the simple one, and TD with all of its parts.

Holzmüller, Grinsztajn and Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees on
Tabular Data" (2024). Both train 256 epochs of batches of 256 rows (of all, if there are fewer),
without the last batch of an epoch if it is smaller, and keep the parameters of the epoch with the
least validation error, the last of equals. Regression targets are standardized.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from math import pi

import attrs

from purenn import checks, layers
from purenn.arrays import Array, Matrix
from purenn.estimators._columns import Layout
from purenn.initializers import zeros
from purenn.kernels.portable import scalars
from purenn.layers import Layer, block, branches, concatenate, ntk_linear, select, stack
from purenn.optimizers import Optimizer, descend, scale_by_adam, scaled, weight_decay
from purenn.portability import portable
from purenn.schedules import Schedule, log_cosine
from purenn.tree import Empty

Activation = Layer[Empty, Matrix, Matrix]

# With parameters and states that nobody needs to know.
Net = Layer[object, Matrix, Matrix]
Mover = Optimizer[object]

EPOCHS, BATCH, HIDDEN = 256, 256, (256, 256, 256)

# The full net: of dropout and of decay, the most categories that are one-hot, and the length of the
# vectors for others.
DROPOUT, DECAY, LARGEST, WIDTH = 0.15, 0.02, 8, 8


@attrs.frozen
class Task:
    """What classification and regression have of their own."""

    activation: Activation  # between linear layers
    rate: float  # the base of the learning rates, of the simple net
    full_rate: float  # that of the full one


CLASSIFICATION = Task(layers.selu(), 0.04, 0.04)
REGRESSION = Task(layers.mish(), 0.07, 0.2)


@attrs.frozen(eq=False)
class Recipe:
    """A net and how it is trained, where some things change over the training.

    Net and optimizer depend on the share of the training that is done, from 0 to 1, the optimizer
    also on the number of steps in all, or None if nobody knows how many. Parameters and states are
    alike at all times.
    """

    net: Callable[[float], Net]
    optimizer: Callable[[float, int | None], Mover]
    changes: bool = False  # whether anything depends on that share


def always(net: Net, progress: float) -> Net:
    """The net that is the same at all times."""
    return net


def portable_net(net: Callable[[float], Net], progress: float) -> Net:
    """A net of a recipe that gives the same bits on every machine."""
    return portable(net(progress))


def rate_factor(path: str) -> float:
    """What the learning rate of a leaf is multiplied by: scales learn fast, and biases slowly."""
    return {"scale": 6.0, "bias": 0.1}.get(path.rpartition(".")[2], 1.0)


def _rates(base: float, steps: int | None) -> float | Schedule:
    """Four cycles from 0 to the base and back, or all the time half of that."""
    return 0.5 * base if steps is None else log_cosine(base, steps)


def simple(task: Task, outputs: int, hidden: tuple[int, ...] = HIDDEN) -> Recipe:
    """RealMLP-TD-S, where nothing but the learning rate changes.

    A learned factor for each column, then layers of the hidden widths, and one that is zero at
    first, with outputs for classes, or values to predict.
    """
    blocks = [block(ntk_linear(width) >> task.activation) for width in hidden]
    last = ntk_linear(outputs, weight=zeros(), bias=zeros())
    net = opaque_net(layers.scale() >> stack(*blocks) >> last if blocks else layers.scale() >> last)
    return Recipe(partial(always, net), partial(_simple_optimizer, task.rate))


def _simple_optimizer(rate: float, progress: float, steps: int | None) -> Mover:
    """Adam with a short memory of squares, rates by leaf, and four cycles of the schedule."""
    adam = scale_by_adam(0.9, 0.95) >> scaled(rate_factor)
    return opaque_optimizer(descend(adam, _rates(rate, steps)))


def _is_slow(path: str) -> bool:
    """Whether a leaf is a share of an activation, or belongs to the embedding of numbers."""
    return path.endswith(".share") or (path.startswith("0.") and not path.endswith(".table"))


def full_rate_factor(path: str) -> float:
    """As `rate_factor`; shares of activations and embeddings of numbers learn slowly as well."""
    return 0.1 if _is_slow(path) else rate_factor(path)


def _has_factor(factor: float, path: str, leaf: Array) -> bool:
    return full_rate_factor(path) == factor


def _decays_slowly(path: str, leaf: Array) -> bool:
    return _is_slow(path)


def flat_cosine(progress: float) -> float:
    """1 for the first half of the training, then half a cosine down to 0."""
    return 0.5 + 0.5 * scalars.cos(pi * max(0.0, 2.0 * progress - 1.0))


def full(task: Task, layout: Layout, outputs: int, hidden: tuple[int, ...] = HIDDEN) -> Recipe:
    """RealMLP-TD: embeddings, parametric activations, dropout, decay and fitted first values.

    The layout is that of `fit_columns(..., largest=LARGEST)`. The example of `net(0.0).init` is to
    be the training part, or some thousand rows of it.
    """
    net = partial(_full_net, task.activation, layout, outputs, hidden)
    return Recipe(net, partial(_full_optimizer, task.full_rate), changes=True)


def _full_net(
    activation: Activation, layout: Layout, outputs: int, hidden: tuple[int, ...], progress: float
) -> Net:
    """Columns embedded, then hidden layers with the dropout of that time."""
    active, noise = layers.parametric(activation), layers.dropout(DROPOUT * flat_cosine(progress))
    blocks = [block(layers.fitted_linear(width) >> active >> noise) for width in hidden]
    inputs, last = block(_embedded(layout)) >> layers.scale(), layers.fitted_linear(outputs)
    return opaque_net(inputs >> stack(*blocks) >> last if blocks else inputs >> last)


def _full_optimizer(rate: float, progress: float, steps: int | None) -> Mover:
    """As for the simple net, with decay, to which the factor of a leaf's rate applies twice."""
    decay = DECAY * flat_cosine(progress)
    adam = (
        scale_by_adam(0.9, 0.95)
        >> weight_decay(decay, partial(_has_factor, 1.0))
        >> weight_decay(6.0 * decay, partial(_has_factor, 6.0))
        >> weight_decay(0.1 * decay, _decays_slowly)
        >> scaled(full_rate_factor)
    )
    return opaque_optimizer(descend(adam, _rates(rate, steps)))


def _embedded(layout: Layout) -> Net:
    """Numbers as waves, indicators as they are, and symbols as vectors, side by side."""
    first, second = layout.numbers, layout.numbers + layout.indicators
    parts: list[Net] = []
    if layout.numbers:
        parts.append(opaque_net(select(0, first) >> layers.periodic_embedding()))
    if layout.indicators:
        parts.append(opaque_net(select(first, second)))
    if layout.symbols:
        vectors = layers.category_embedding(layout.symbols, WIDTH)
        parts.append(opaque_net(select(second, layout.width) >> vectors))
    return reduce(lambda left, right: opaque_net(branches(left, right) >> concatenate()), parts)


def opaque_net(layer: object) -> Net:
    """A layer whose parameters are of a type that is known only when the program runs."""
    checks.instance("The result of model", layer, Layer)
    return next(net for net in (layer,) if isinstance(net, Layer))


def opaque_optimizer(optimizer: object) -> Mover:
    """An optimizer whose state is of a type that is known only when the program runs."""
    checks.instance("The optimizer of an estimator", optimizer, Optimizer)
    return next(mover for mover in (optimizer,) if isinstance(mover, Optimizer))
