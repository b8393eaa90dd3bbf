"""Momentum: the gradient's decaying sum, and Nesterov's look ahead along it."""

from __future__ import annotations

import attrs

from purenn import checks
from purenn.arrays import Leaves
from purenn.errors import TreeError
from purenn.kernels.updates import scale_and_add, zeros_like
from purenn.transform import Rule


@attrs.frozen(eq=False)
class Velocity:
    """The decaying sum of the gradients so far, one leaf for each leaf of the parameters."""

    leaves: Leaves


def _rest(params: Leaves) -> Velocity:
    return Velocity(zeros_like(params))


def _accumulate(state: Velocity, grads: Leaves, decay: float) -> Leaves:
    try:
        return scale_and_add(state.leaves, decay, grads)
    except ValueError:  # what else could be wrong was checked before
        have, want = ([leaf.shape for leaf in tree] for tree in (state.leaves, grads))
        raise TreeError(f"The velocity has leaves {have}, and the gradients {want}.") from None


def momentum(decay: float) -> Rule[Velocity]:
    """`v <- decay * v + g`, and the update is v.

    Polyak, "Some Methods of Speeding up the Convergence of Iteration Methods" (1964), in the form
    in which a change of the learning rate acts on the whole velocity at once.

    Raises:
        OptionError: the decay is not from 0 to below 1.
    """
    factor = checks.fraction("The decay of momentum", decay)

    def update(
        state: Velocity, grads: Leaves, params: Leaves, step: int
    ) -> tuple[Velocity, Leaves]:
        velocity = _accumulate(state, grads, factor)
        return Velocity(velocity), velocity

    return Rule(f"momentum({factor})", _rest, update)


def nesterov(decay: float) -> Rule[Velocity]:
    """`v <- decay * v + g`, and the update is `decay * v + g` once more, with the new v.

    Nesterov (1983), in the form of Sutskever, Martens, Dahl and Hinton, "On the Importance of
    Initialization and Momentum in Deep Learning" (2013).

    Raises:
        OptionError: the decay is not from 0 to below 1.
    """
    factor = checks.fraction("The decay of nesterov", decay)

    def update(
        state: Velocity, grads: Leaves, params: Leaves, step: int
    ) -> tuple[Velocity, Leaves]:
        ahead = Velocity(_accumulate(state, grads, factor))
        return ahead, _accumulate(ahead, grads, factor)

    return Rule(f"nesterov({factor})", _rest, update)
