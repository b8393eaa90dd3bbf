"""What the options of an estimator choose: its net, its optimizer and its loss."""

from __future__ import annotations

from functools import partial
from math import inf

import attrs

from purenn import checks
from purenn.errors import OptionError
from purenn.estimators import _networks as networks
from purenn.estimators._columns import Layout
from purenn.estimators._networks import HIDDEN, LARGEST, Mover, Recipe, Task, full, simple
from purenn.estimators._training import Objective
from purenn.losses import Loss, weighted
from purenn.optimizers import adam
from purenn.training.gradient import require_loss_function


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
