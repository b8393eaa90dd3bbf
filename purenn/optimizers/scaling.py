"""Transforms that look at the parameters: weight decay, rates by layer, LAMB's trust ratio."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isnan

import attrs
import numpy as np

from purenn import checks
from purenn.array_checks import require_array
from purenn.arrays import Array, Leaves
from purenn.checks import Count, Inner, NotNegative
from purenn.errors import OptionError
from purenn.expressions import maker
from purenn.kernels.blocks import Updates
from purenn.kernels.reductions import global_norm
from purenn.kernels.updates import scale_and_add
from purenn.optimizers._contract import Point, Transform, flowing, no_state
from purenn.optimizers.elementwise import fitting, scaling
from purenn.tree import EMPTY, Empty, Node

Where = Callable[[str, Array], bool]


def matrices(path: str, leaf: Array) -> bool:
    """Whether a leaf has two or more axes, as weights do, and biases and scales do not."""
    require_array("matrices", leaf)
    return leaf.ndim > 1


def all_leaves(path: str, leaf: Array) -> bool:
    """Every leaf."""
    return True


def chosen(where: Where, point: Point, verb: str) -> list[bool]:
    """For each leaf whether it is chosen."""
    found = list(map(where, point.paths, point.params))
    for path, is_chosen in zip(point.paths, found, strict=True):
        what = f"Whether {path or 'tree'} {verb}"
        checks.instance(what, is_chosen, bool, "Take bool(...) of it.")
    return found


def _same(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
    return x


@maker
def weight_decay(rate: NotNegative, where: Where = matrices) -> Transform[Empty]:
    """Add `rate * param` to the updates of some leaves, by default those of two or more axes.

    After `scale_by_adam` this is AdamW: Loshchilov and Hutter, "Decoupled Weight Decay
    Regularization" (2019), with the decay multiplied by the learning rate. Before a momentum it is
    the gradient of an L2 penalty. `where`, `(path, leaf) -> bool`, says which leaves decay.
    """

    def decay(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        return scale_and_add(old[0], rate, x, out, out)

    def flow(state: Empty, updates: Updates, point: Point) -> tuple[Empty, Updates]:
        rules = [decay if decays else _same for decays in chosen(where, point, "decays")]
        return state, updates.then(*rules, old=(point.params,))

    return fitting(flowing(no_state, flow), {"The rate of weight_decay": rate})


@maker
def scaled(factor: Callable[[str], float]) -> Transform[Empty]:
    """Learning rates by layer: multiply updates by a function of their leaf's path, a number ≥ 0.

    Put it last: Adam and similar transforms undo factors of their gradients.

    >>> from purenn.optimizers import descend, scale_by_adam
    >>> def slow_start(path: str) -> float:
    ...     return 0.1 if path.startswith("0.") else 1.0
    >>> descend(scale_by_adam() >> scaled(slow_start), 0.001)
    descend(scale_by_adam() >> scaled(slow_start), 0.001)
    """

    def checked(path: str) -> float:
        return checks.number(f"The factor of {path or 'tree'}", factor(path), least=0.0)

    def init(point: Point) -> Empty:
        for path, leaf in zip(point.paths, point.params, strict=True):
            checks.fits(f"The factor of {path or 'tree'}", checked(path), leaf.dtype)
        return EMPTY

    def flow(state: Empty, updates: Updates, point: Point) -> tuple[Empty, Updates]:
        return state, updates.then(*[scaling(checked(path)) for path in point.paths])

    return flowing(init, flow)


@attrs.frozen
class Plateau(Node):
    """The least loss so far, how many steps ago that was, and the factor of updates now."""

    best: float
    waited: int
    factor: float


@maker
def plateau(patience: Count, factor: Inner = 0.1) -> Transform[Plateau]:
    """Multiply the updates by `factor` again after every `patience` steps without a new best loss.

    The best loss is the least. `update` must be given the loss; steps where it is NaN, because none
    of their samples counts, are left out. The factor is above 0 and below 1, and the patience is as
    in optax and Keras; PyTorch waits a step longer.
    """

    def flow(state: Plateau, updates: Updates, point: Point) -> tuple[Plateau, Updates]:
        if point.loss is None:
            raise OptionError("plateau needs the loss: optimizer.update(state, grads, loss).")
        after = state if isnan(point.loss) else _waited(state, point.loss, patience, factor)
        return after, updates.then(scaling(after.factor)) if after.factor != 1.0 else updates

    return flowing(lambda point: Plateau(inf, 0, 1.0), flow)


def _waited(state: Plateau, loss: float, patience: int, factor: float) -> Plateau:
    if loss < state.best:
        return Plateau(loss, 0, state.factor)
    if state.waited + 1 < patience:
        return Plateau(state.best, state.waited + 1, state.factor)
    return Plateau(state.best, 0, state.factor * factor)


@maker
def scale_by_trust_ratio() -> Transform[Empty]:
    """Multiply the updates of each leaf by `norm(param) / norm(update)`.

    A leaf with a norm that is 0 or not finite is left alone, and no ratio is beyond the largest
    number of its dtype. You et al., "Large Batch Optimization for Deep Learning: Training BERT in
    76 Minutes" (2020), with the identity for their phi.
    """

    def flow(state: Empty, updates: Updates, point: Point) -> tuple[Empty, Updates]:
        found = updates.result()
        ratios = map(_trust_ratio, point.params, found)
        return state, Updates(found).then(*map(scaling, ratios))

    return flowing(no_state, flow)


def _trust_ratio(param: Array, update: Array) -> float:
    size, length = global_norm((param,)), global_norm((update,))
    if not (0.0 < size < inf and 0.0 < length < inf):
        return 1.0
    return min(size / length, float(np.finfo(update.dtype).max))
