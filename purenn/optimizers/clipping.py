"""Clipping: of each entry, which changes the direction; by the norm of all leaves; or by unit."""

from __future__ import annotations

from math import inf, nan

import attrs
import numpy as np

from purenn.arrays import Array, Leaves
from purenn.checks import Positive
from purenn.expressions import maker
from purenn.kernels.blocks import Updates
from purenn.kernels.elementwise import times
from purenn.kernels.reductions import global_norm, unit_norms
from purenn.kernels.updates import clip
from purenn.optimizers._contract import Point, Transform, flowing, no_state
from purenn.optimizers.elementwise import LEAST, entrywise, fitting, scaling
from purenn.optimizers.scaling import Where, all_leaves, chosen
from purenn.tree import Empty, Node


@maker
def clip_by_value(limit: Positive) -> Transform[Empty]:
    """Clip every entry to [-limit, limit]."""

    def rule(step: int, g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        return clip(g, limit, out)

    # A limit that overflows clips nothing.
    return fitting(entrywise(Empty, rule), {"The limit of clip_by_value": min(limit, 1.0)})


@attrs.frozen
class Norm(Node):
    """The global norm of the gradient that came in at the last step; NaN before the first."""

    value: float


@maker
def clip_by_global_norm(limit: Positive) -> Transform[Norm]:
    """Scale all leaves by one factor so that their global norm is at most `limit`.

    Pascanu, Mikolov and Bengio, "On the Difficulty of Training Recurrent Neural Networks" (2013).
    The state reports the norm before clipping. Gradients with a norm of 0, NaN or infinity pass
    unchanged: no factor would help, and `skip_nonfinite` skips those that are not finite.
    """

    def flow(state: Norm, updates: Updates, point: Point) -> tuple[Norm, Updates]:
        reported, updates = _report(state, updates, point)
        if limit < reported.value < inf:
            updates = updates.then(scaling(limit / reported.value))
        return reported, updates

    made = flowing(lambda point: Norm(nan), flow)
    return fitting(made, {"The limit of clip_by_global_norm": min(limit, 1.0)})


@maker
def report_global_norm() -> Transform[Norm]:
    """Change nothing, and report the global norm in the state."""
    return flowing(lambda point: Norm(nan), _report)


def _report(state: Norm, updates: Updates, point: Point) -> tuple[Norm, Updates]:
    grads = updates.result()
    return Norm(global_norm(grads)), Updates(grads)


@maker
def adaptive_clipping(
    limit: Positive = 0.01, epsilon: Positive = 0.001, where: Where = all_leaves
) -> Transform[Empty]:
    """Scale each unit's gradient to a norm of at most `limit * max(parameter_norm, epsilon)`.

    A unit is all weights of one output: norms are over all axes but the last. A vector is one
    unit, and a norm that is not finite is left alone. Brock, De, Smith and Simonyan,
    "High-Performance Large-Scale Image Recognition Without Normalization" (2021), who do not clip
    the last layer: `where`, `(path, leaf) -> bool`, says what is clipped.
    """

    def clipped(g: Array, param: Array) -> Array:
        norms = unit_norms(g)
        with np.errstate(over="ignore"):
            highest = limit * np.maximum(unit_norms(param), epsilon)
        excess = (norms > highest) & np.isfinite(norms)
        if not excess.any():
            return g
        factors: Array = np.divide(highest, norms, np.ones_like(norms), where=excess)
        is_far = factors.min() < LEAST  # as in `scaling`
        for each in [np.sqrt(factors)] * 2 if is_far else [factors]:
            g = times(g, each.astype(g.dtype))
        return g

    def flow(state: Empty, updates: Updates, point: Point) -> tuple[Empty, Updates]:
        picked = chosen(where, point, "is clipped")
        leaves = zip(updates.result(), point.params, picked, strict=True)
        found = [clipped(g, param) if is_clipped else g for g, param, is_clipped in leaves]
        return state, Updates(tuple(found))

    return fitting(flowing(no_state, flow), {"The limit of adaptive_clipping": limit})
