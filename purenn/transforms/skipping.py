"""Leaving out updates that are not finite, so that one bad batch does not end a run."""

from __future__ import annotations

from typing import Generic, TypeVar

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import Leaves
from purenn.errors import DivergenceError
from purenn.kernels.finiteness import is_finite
from purenn.kernels.updates import zeros_like
from purenn.transform import Rule, Transform, Update

S = TypeVar("S")


@attrs.frozen(eq=False)
class Skipping(Generic[S]):
    """How many updates were left out, in all and in a row up to now, and the inner state."""

    total: int
    in_a_row: int
    inner: S


def skip_nonfinite(limit: int, inner: Transform[S]) -> Rule[Skipping[S]]:
    """Apply a transform, but leave out every step whose gradient or update is not finite.

    At such a step the parameters and the whole state of `inner` stay as they are: a velocity
    never takes the NaN in, nor does it decay. So `inner` is what comes after, the whole rest of
    the chain:

    >>> from purenn.transforms import learning_rate, momentum
    >>> skip_nonfinite(3, momentum(0.9) >> learning_rate(0.1))
    skip_nonfinite(3, momentum(0.9) >> learning_rate(0.1))

    Args:
        limit: how many steps in a row may be left out.
        inner: the transform that is protected.

    Raises:
        OptionError: the limit is no whole number of at least 1.
        DivergenceError: when updating, after `limit` steps in a row were left out and the next is
            not finite either.
    """
    most = checks.count("The limit of skip_nonfinite", limit)

    def init(params: Leaves) -> Skipping[S]:
        return Skipping(0, 0, inner.init(params))

    def attempt(
        apply: Update[S], state: Skipping[S], grads: Leaves, params: Leaves, step: int
    ) -> tuple[Skipping[S], Leaves | None]:
        bad = _first_bad(grads)
        if bad is None:
            with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is seen below
                after, result = apply(state.inner, grads, params, step)
            bad = _first_bad(result)
            if bad is None:
                return Skipping(state.total, 0, after), result
        if state.in_a_row == most:
            raise DivergenceError(_surrender(most, bad), bad)
        return Skipping(state.total + 1, state.in_a_row + 1, state.inner), None

    def update(
        state: Skipping[S], grads: Leaves, params: Leaves, step: int
    ) -> tuple[Skipping[S], Leaves]:
        after, updates = attempt(inner.update, state, grads, params, step)
        return after, zeros_like(params) if updates is None else updates

    def descend(
        state: Skipping[S], grads: Leaves, params: Leaves, step: int
    ) -> tuple[Skipping[S], Leaves]:
        after, moved = attempt(inner.descend, state, grads, params, step)
        return after, params if moved is None else moved

    return Rule(f"skip_nonfinite({most}, {inner!r})", init, update, descend)


def _first_bad(leaves: Leaves) -> int | None:
    return next((index for index, leaf in enumerate(leaves) if not is_finite(leaf)), None)


def _surrender(limit: int, leaf: int) -> str:
    updates = "1 update" if limit == 1 else f"{limit} updates in a row"
    return (
        f"skip_nonfinite({limit}) left out {updates}, and the next is not finite either, "
        f"first in leaf {leaf} of the gradient."
    )
