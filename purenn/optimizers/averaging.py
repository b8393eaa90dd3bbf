"""Averages of the parameters, beside any optimizer: moving, or equally weighted.

Training is the same without them; `averaged_params(state)` gives them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

import attrs

from purenn import checks
from purenn.arrays import Array, Leaves, P, S, are_alike
from purenn.checks import Count, Fraction, Index
from purenn.errors import OptionError, TreeError
from purenn.expressions import maker
from purenn.kernels.updates import average, flush_subnormals
from purenn.optimizers._contract import Point, rewritten
from purenn.optimizers._optimizer import Moved, Optimizer
from purenn.optimizers._state import State, outermost
from purenn.tree import Node, map_pairs, moving_leaves


@attrs.frozen(eq=False)
class Averaged(Node, Generic[S]):
    """The state of the inner optimizer, and the average of the parameters' leaves."""

    inner: S
    mean: Leaves


@maker
def averaged(inner: Optimizer[S], decay: Fraction = 0.999) -> Optimizer[Averaged[S]]:
    """Keep a moving average of the parameters: `mean <- decay * mean + (1 - decay) * p`.

    It starts from the initial parameters. Polyak and Juditsky, "Acceleration of Stochastic
    Approximation by Averaging" (1992), whose average has equal weights.
    """
    return _averaging(inner, lambda step: decay)


@maker
def stochastic_weight_averaging(
    inner: Optimizer[S], begin: Index, every: Count = 1
) -> Optimizer[Averaged[S]]:
    """Keep the mean of the parameters after step `begin` and every `every` steps later: SWA.

    Until then it is the parameters themselves. Izmailov, Podoprikhin, Garipov, Vetrov and Wilson,
    "Averaging Weights Leads to Wider Optima and Better Generalization" (2018), with a constant or
    cyclical rate, once an epoch. Steps are counted from 0. `evaluation_params` tells how to compute
    running statistics for the mean, as the paper does.
    """

    def decay(step: int) -> float:
        if step <= begin:
            return 0.0
        count, rest = divmod(step - begin, every)
        return 1.0 if rest else count / (count + 1)

    return _averaging(inner, decay)


def _averaging(inner: Optimizer[S], decay: Callable[[int], float]) -> Optimizer[Averaged[S]]:
    """Keep an average of the parameters that decays by a factor of the step."""

    def start(point: Point) -> Averaged[S]:
        return Averaged(inner.start(point), point.params)

    def move(state: Averaged[S], grads: Leaves, frozen: Leaves, point: Point) -> Moved[Averaged[S]]:
        own, params, held = inner.move(state.inner, grads, frozen, point)
        mean = blended(state.mean, decay(point.step), params, point, point.step)
        return Averaged(own, mean), params, held

    return Optimizer(start, move, writes_over=inner.writes_over)


def blended(mean: Leaves, share: float, params: Leaves, point: Point, count: int) -> Leaves:
    """`share * mean + (1 - share) * params`, the blend of that number."""

    def rule(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        return flush_subnormals(average(old[0], share, x, out, new[0]), count)

    return rewritten(mean, rule, params, point)


def averaged_params(state: State[P, Averaged[S]]) -> P:
    """The average of the parameters so far; frozen parts are as they are now.

    The optimizer is `averaged`, `stochastic_weight_averaging` or one that is schedule-free.
    """
    slots: object = getattr(state, "slots", None)
    if not isinstance(slots, Averaged):
        cure = "If it is inside of another wrapper, take evaluation_params(state)."
        raise OptionError(f"averaged_params: expected the state of averaged(...). {cure}")
    return evaluation_params(state)


def evaluation_params(state: State[P, S]) -> P:
    """The parameters to evaluate: averages if the optimizer keeps some, or else the state's own.

    Running statistics, as of `batch_norm`, are those of training. For the averages' own, which
    often predict better, run an epoch at a rate of 0, which moves nothing else:

    >>> import numpy as np
    >>> import purenn as nn
    >>> from purenn.optimizers import averaged
    >>> model, key = nn.linear(3) >> nn.batch_norm() >> nn.linear(1), nn.Key(0)
    >>> data = nn.dataset(np.eye(64)[:, :5], np.ones((64, 1)))
    >>> def epoch(optimizer, params):
    ...     step = nn.training_step(model, nn.mean_squared_error(), optimizer)
    ...     return nn.fold(step, optimizer.init(params), nn.shuffled_batches(data, 8, key, 0))[0]
    >>> state = epoch(averaged(nn.sgd(0.1)), model.init(key, data.example))
    >>> still = nn.descend(nn.optimizers.unchanged(), rate=0.0)
    >>> params, averages = epoch(still, evaluation_params(state)).params, evaluation_params(state)
    >>> [np.array_equal(params[i].weight, averages[i].weight) for i in (0, 2)]
    [True, True]
    >>> np.array_equal(params[1].mean.value, averages[1].mean.value)
    False
    """
    checks.instance("The state", state, State)
    averages = outermost(state.slots, (Averaged,))
    if not averages:
        return state.params
    if not are_alike(averages[0].mean, moving_leaves(state.params)):
        cure = "Put averaged(...) around the whole optimizer."
        raise TreeError(f"The state: expected averages of all leaves, got those of some. {cure}")
    means = iter(averages[0].mean)
    return map_pairs(lambda leaf, same: next(means), state.params, state.params)
