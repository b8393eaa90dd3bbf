"""Clipping: by value, which bends the direction of the gradient, and by norm, which does not."""

from __future__ import annotations

from math import isfinite, nan

import attrs

from purenn import checks
from purenn.arrays import Leaves
from purenn.expressions import maker
from purenn.kernels.reductions import global_norm
from purenn.kernels.updates import clip, scale
from purenn.optimizers._contract import Point, Transform, stateless
from purenn.tree import Empty, Node


@maker
def clip_by_value(limit: float) -> Transform[Empty]:
    """Clip every entry to [-limit, limit].

    Raises:
        OptionError: the limit is not a finite number above 0.
    """
    highest = checks.number("The limit of clip_by_value", limit, above=0.0)
    return stateless(lambda grads, point: clip(grads, highest))


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

    def update(state: Norm, grads: Leaves, point: Point) -> tuple[Norm, Leaves]:
        norm = global_norm(grads)
        if not isfinite(norm) or norm <= highest:
            return Norm(norm), grads
        return Norm(norm), scale(grads, highest / norm)

    return Transform(_no_norm, update)


@maker
def report_global_norm() -> Transform[Norm]:
    """Change nothing, and report the global norm in the state."""

    def update(state: Norm, grads: Leaves, point: Point) -> tuple[Norm, Leaves]:
        return Norm(global_norm(grads)), grads

    return Transform(_no_norm, update)
