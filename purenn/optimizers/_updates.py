"""Leaves on their way from gradients to updates."""

from __future__ import annotations

from typing import NamedTuple, TypeGuard

import numpy as np

from purenn.arrays import Array, Leaves, read_only, typed_like
from purenn.kernels.blocks import Rule, Slots, Stage, run, settled


class Updates(NamedTuple):
    """Leaves, and the rules that they still go through: together, when what comes out is needed."""

    leaves: Leaves
    stages: tuple[Stage, ...] = ()

    def then(self, *rules: Rule, old: Slots = (), new: Slots = ()) -> Updates:
        """The updates after one more rule, or one for each leaf, that reads old and writes new."""
        return Updates(self.leaves, (*self.stages, Stage(rules, old, new)))

    def run(self) -> None:
        """Put the leaves through all rules, for what these write."""
        run(self.leaves, self.stages)

    def settled(self) -> Leaves:
        """What comes out of all rules."""
        return settled(self.leaves, self.stages)


def read_only_views(leaves: Leaves) -> Leaves:
    """The leaves for code that must not write to them."""
    return tuple([read_only(typed_like(leaf.view(), leaf)) for leaf in leaves])


def are_alike(some: object, others: Leaves | list[Array]) -> TypeGuard[Leaves]:
    """Whether these are leaves with the same shapes and dtypes as others."""
    if not isinstance(some, tuple | list) or len(some) != len(others):
        return False
    for x, y in zip(some, others, strict=True):
        if not isinstance(x, np.ndarray) or x.shape != y.shape or x.dtype != y.dtype:
            return False
    return True
