"""Clipping: by value, which bends the direction of the gradient, and by norm, which does not."""

from __future__ import annotations

from math import isfinite, nan

import attrs

from purenn import checks
from purenn.arrays import Array, Leaves
from purenn.expressions import maker
from purenn.kernels.reductions import global_norm
from purenn.kernels.updates import clip
from purenn.optimizers._contract import Point, Transform, Updates, flowing
from purenn.optimizers.elementwise import elementwise, scaling
from purenn.tree import Empty, Node


@maker
def clip_by_value(limit: float) -> Transform[Empty]:
    """Clip every entry to [-limit, limit].

    Raises:
        OptionError: the limit is not a finite number above 0.
    """
    highest = checks.number("The limit of clip_by_value", limit, above=0.0)

    def rule(g: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        return clip(g, highest, out)

    return elementwise(Empty, lambda point: rule)


@attrs.frozen
class Norm(Node):
    """The global norm of the gradient that came in at the last step; NaN before the first."""

    value: float


def _no_norm(point: Point) -> Norm:
    return Norm(nan)


@maker
def clip_by_global_norm(limit: float) -> Transform[Norm]:
    """Scale all leaves by one factor so that their global norm is at most `limit`.

    Pascanu, Mikolov and Bengio, "On the Difficulty of Training Recurrent Neural Networks" (2013).
    The state reports the norm before clipping. A norm of 0 is left alone; one that is NaN or
    infinite as well, since no factor mends it: it goes through, and `skip_nonfinite` leaves it out.

    Raises:
        OptionError: the limit is not a finite number above 0.
    """
    highest = checks.number("The limit of clip_by_global_norm", limit, above=0.0)

    def flow(state: Norm, updates: Updates, point: Point) -> tuple[Norm, Updates]:
        reported, updates = _report(state, updates, point)
        norm = reported.value
        if isfinite(norm) and norm > highest:
            updates = updates.then(scaling(highest / norm))
        return reported, updates

    return flowing(_no_norm, flow)


@maker
def report_global_norm() -> Transform[Norm]:
    """Change nothing, and report the global norm in the state."""
    return flowing(_no_norm, _report)


def _report(state: Norm, updates: Updates, point: Point) -> tuple[Norm, Updates]:
    grads = updates.settled()
    return Norm(global_norm(grads)), Updates(grads)
