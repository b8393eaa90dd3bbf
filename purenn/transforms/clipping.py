"""Clipping: by value, which bends the direction of the gradient, and by norm, which does not."""

from __future__ import annotations

from math import isfinite

import attrs

from purenn import checks
from purenn.arrays import Leaves
from purenn.kernels.reductions import global_norm
from purenn.kernels.updates import clip, scale
from purenn.layer import EMPTY, Empty
from purenn.transform import Rule


def clip_by_value(limit: float) -> Rule[Empty]:
    """Bring every entry into [-limit, limit].

    Raises:
        OptionError: the limit is not a finite number above 0.
    """
    highest = checks.positive("The limit of clip_by_value", limit)

    def init(params: Leaves) -> Empty:
        return EMPTY

    def update(state: Empty, grads: Leaves, params: Leaves, step: int) -> tuple[Empty, Leaves]:
        return state, clip(grads, highest)

    return Rule(f"clip_by_value({highest})", init, update)


@attrs.frozen
class Norm:
    """The global norm of the gradient that came in at the last step; NaN before the first."""

    value: float


def clip_by_global_norm(limit: float) -> Rule[Norm]:
    """Scale all leaves by one factor so that their global norm is at most `limit`.

    Pascanu, Mikolov and Bengio, "On the Difficulty of Training Recurrent Neural Networks" (2013).
    The state reports the norm before clipping. A norm of 0 is left alone; one that is NaN or
    infinite as well, since no factor mends it: it goes through, and `skip_nonfinite` leaves it out.

    Raises:
        OptionError: the limit is not a finite number above 0.
    """
    highest = checks.positive("The limit of clip_by_global_norm", limit)

    def init(params: Leaves) -> Norm:
        return Norm(float("nan"))

    def update(state: Norm, grads: Leaves, params: Leaves, step: int) -> tuple[Norm, Leaves]:
        norm = global_norm(grads)
        if not isfinite(norm) or norm <= highest:
            return Norm(norm), grads
        factor = highest / norm
        return Norm(norm), scale(grads, factor)

    return Rule(f"clip_by_global_norm({highest})", init, update)


def global_norm_report() -> Rule[Norm]:
    """Change nothing, and report the global norm in the state."""

    def init(params: Leaves) -> Norm:
        return Norm(float("nan"))

    def update(state: Norm, grads: Leaves, params: Leaves, step: int) -> tuple[Norm, Leaves]:
        return Norm(global_norm(grads)), grads

    return Rule("global_norm_report()", init, update)
