"""Sharpness-aware minimization (SAM): steps along the gradient at the top of a small climb."""

from __future__ import annotations

from math import inf

from purenn import checks
from purenn.arrays import Array
from purenn.data import Batch
from purenn.kernels.reductions import global_norm
from purenn.kernels.updates import moved
from purenn.keys import Key
from purenn.layers import Layer
from purenn.losses import LossFunction
from purenn.optimizers import Optimizer, State
from purenn.training.gradient import P, T, X, Y, value_and_grad
from purenn.training.steps import Report, S, Step, TrainingStep
from purenn.tree import map_pairs, moving_leaves


def sharpness_aware_step(
    layer: Layer[P, X, Y], loss: LossFunction[Y, T], optimizer: Optimizer[S], radius: float = 0.05
) -> Step[State[P, S], Batch[X, T], Report]:
    """`training_step` with the gradient at `params + radius * g / norm(g)`, g being that at params.

    Foret, Kleiner, Mobahi and Neyshabur, "Sharpness-Aware Minimization for Efficiently Improving
    Generalization" (2021). The norm is that of all leaves together. Both gradients draw from the
    same key. The report has the loss at params, and frozen parts take their next values from there:
    running statistics move once. A norm that is 0 or not finite gives the step of `training_step`.

    Raises:
        OptionError: an argument is something else than a layer, a loss and an optimizer, or the
            radius is not above 0; in a step, the radius does not fit the parameters' dtype.
        DivergenceError: as in `training_step`.
    """
    gradient = value_and_grad(layer, loss)
    checks.instance("The optimizer of sharpness_aware_step", optimizer, Optimizer)
    length = checks.number("The radius of sharpness_aware_step", radius, above=0.0)

    def at_the_top(params: P, x: X, target: T, key: Key) -> tuple[float, P]:
        value, grads = gradient(params, x, target, key)
        norm = global_norm(moving_leaves(grads))
        if not 0.0 < norm < inf:
            return value, grads

        def climbed(leaf: Array, slope: Array) -> Array:
            checks.fits("The radius of sharpness_aware_step", length, leaf.dtype)
            return moved(leaf, slope, length / norm)

        _, there = gradient(map_pairs(climbed, params, grads), x, target, key)
        return value, map_pairs(lambda slope, new: new, grads, there)

    return TrainingStep(layer, loss, at_the_top, optimizer)
