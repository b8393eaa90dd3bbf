"""What the options of an estimator choose: its net, its optimizer and its loss.

And what the outputs stand for: the predictions made of them, and when these are wrong.
"""

from __future__ import annotations

from functools import partial
from math import inf

import attrs
import numpy as np

from purenn import checks, losses
from purenn.arrays import Labels, Matrix, Vector, is_labels
from purenn.errors import OptionError
from purenn.estimators import _networks as networks
from purenn.estimators._columns import Layout
from purenn.estimators._networks import HIDDEN, LARGEST, Mover, Recipe, Task, full, simple
from purenn.estimators._training import Objective
from purenn.expressions import maker
from purenn.layers import Layer, exponential, identity, relu, sigmoid, softmax, softplus
from purenn.losses import Loss, PerSample, weighted
from purenn.optimizers import adam
from purenn.training.gradient import LOGITS, call_of, require_loss_function
from purenn.tree import Empty

Link = Layer[Empty, Matrix, Matrix]

# What makes predictions of the outputs that these take; all others take predictions.
LINKS: dict[object, Link] = {
    **dict.fromkeys((losses.mean_squared_error, losses.mean_absolute_error), identity()),
    **dict.fromkeys((losses.huber, losses.quantile), identity()),
    losses.poisson: exponential(),
    **dict.fromkeys(LOGITS[sigmoid], sigmoid()),
    **dict.fromkeys(LOGITS[softmax], softmax()),
}


def largest_of(preset: object, model: object) -> float:
    """How many categories a column may have without being embedded."""
    if not isinstance(preset, str) or preset not in ("simple", "full"):
        raise OptionError(f"preset: expected 'simple' or 'full', got {checks.described(preset)}.")
    if preset == "full" and callable(model):
        raise OptionError("preset: 'full' is a net of its own. Give hidden sizes as the model.")
    return LARGEST if preset == "full" else inf


def recipe_of(
    preset: object, model: object, optimizer: object, task: Task, layout: Layout, outputs: int
) -> Recipe:
    """The net and the optimizer that are chosen, where None stands for the default."""
    if callable(model):
        net = partial(networks.always, networks.opaque_net(model(layout.width, outputs)))
        return Recipe(net, partial(_own_optimizer, adam(0.001) if optimizer is None else optimizer))
    hidden = HIDDEN if model is None else hidden_sizes(model)
    is_full = preset == "full"
    recipe = full(task, layout, outputs, hidden) if is_full else simple(task, outputs, hidden)
    if optimizer is None:
        return recipe
    return attrs.evolve(recipe, optimizer=partial(_own_optimizer, optimizer))


def _own_optimizer(given: object, progress: float, steps: int | None) -> Mover:
    """The optimizer that is given, or what a function of the number of steps gives."""
    maker: object = getattr(given, "func", given)  # of a partial
    if callable(given) and not f"{maker.__module__}.".startswith("purenn."):
        if steps is None:
            cure = "Give an Optimizer."
            raise OptionError(f"optimizer: partial_fit cannot tell the number of steps. {cure}")
        given = given(steps)
    return networks.opaque_optimizer(given)


def hidden_sizes(model: object) -> tuple[int, ...]:
    """The widths of the hidden layers."""
    if not isinstance(model, tuple | list | range):
        raise OptionError(
            "model: expected None, hidden sizes such as (256, 256), or a function of inputs and "
            f"outputs that gives a layer, got {checks.described(model)}."
        )
    return tuple([checks.integer("A hidden size of model", size) for size in model])


def objective_of(loss: object, *, has_weights: bool) -> Objective:
    """The loss, for targets that are pairs with weights if there are any."""
    require_loss_function("The loss", loss)
    found: object = weighted(loss) if has_weights and isinstance(loss, Loss) else loss
    if callable(found) and (isinstance(loss, Loss) or not has_weights):
        return found
    expected = "weights of samples or classes need a Loss, which has a value for each sample"
    got = f"{checks.described(loss)}. Make one with Loss(per_sample)."
    raise OptionError(f"loss: {expected}, got {got}")


def gives_probabilities(layer: object, loss: object) -> bool:
    """Whether a model ends with softmax or sigmoid, or a layer of one's own that does the same."""
    takers = losses.binary_cross_entropy, losses.brier, losses.cross_entropy
    return call_of(layer).maker in LOGITS or call_of(loss).maker in takers


def link_of(loss: object) -> Link:
    """The mean that a loss stands for: the rate of `poisson`, whose outputs are its logarithm."""
    return LINKS.get(call_of(loss).maker, identity())


def cannot_be_standardized(model: object, loss: object) -> bool:
    """Whether the outputs of a model, or what they stand for, are never below 0."""
    is_above = call_of(model).maker in (exponential, relu, softplus)
    return is_above or link_of(loss) != identity() or gives_probabilities(model, loss)


def require_of_labels(model: object, loss: object) -> None:
    """Check that a loss takes logits of several labels, or the model gives probabilities."""
    is_of_labels = LINKS.get(call_of(loss).maker, sigmoid()) == sigmoid()
    if not (is_of_labels or gives_probabilities(model, loss)):
        expected = f"{loss!r} takes no logits of several labels, which rows of 0 and 1 are"
        cure = "Take binary_cross_entropy_with_logits(), or give each row one label."
        raise OptionError(f"loss: {expected}. {cure}")


@maker
def error_rate(threshold: float = 0.0) -> Loss[Matrix, Labels | Matrix]:
    """The share of wrong labels, with the weights that losses have.

    A label is wrong if another output is the largest; labels of 0 and 1 if they are not on the side
    of the threshold where their output is. The rate of outputs that are NaN is NaN.
    """

    def per_sample(prediction: Matrix, target: Labels | Matrix) -> PerSample[Matrix]:
        if is_labels(target):
            wrong: Vector = prediction.argmax(axis=1) != target
        else:
            wrong = ((prediction > threshold) != (target > 0.5)).mean(axis=1)
        rates: Vector = wrong.astype(prediction.dtype)
        np.copyto(rates, np.nan, where=np.isnan(prediction).any(axis=1))
        return rates, lambda weights: np.zeros_like(prediction)

    return Loss(per_sample)
