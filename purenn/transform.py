"""A transform turns gradients into updates, one idea each, and `>>` chains them.

- `init(params) -> state`
- `update(state, grads, params, step) -> (state, updates)`
- `descend(state, grads, params, step) -> (state, params)`: update, and add the updates to the
  parameters. It follows from `update`; a transform gives its own where that saves memory.

Both see leaves rather than trees, so the type of a transform's state needs no knowledge of the
type of the parameters. The order is what is written: `clip_by_value(1.0) >> momentum(0.9) >>
learning_rate(0.01)` clips first. The updates that come out at the end are added to the parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, TypeVarTuple

import attrs

from purenn.arrays import Leaves
from purenn.errors import TreeError
from purenn.kernels.updates import add

S = TypeVar("S")
R = TypeVar("R")
Ss = TypeVarTuple("Ss")


Update = Callable[[S, Leaves, Leaves, int], tuple[S, Leaves]]


def adding(update: Update[S]) -> Update[S]:
    """The `descend` that follows from an `update`."""

    def descend(state: S, grads: Leaves, params: Leaves, step: int) -> tuple[S, Leaves]:
        after, updates = update(state, grads, params, step)
        return after, add(params, updates)

    return descend


@attrs.frozen(repr=False, eq=False)
class Transform(Generic[S]):
    """What every user of transforms takes: rules and chains alike. `S` is its state."""

    name: str
    init: Callable[[Leaves], S]
    update: Update[S]
    descend: Update[S] = attrs.field(
        default=attrs.Factory(lambda self: adding(self.update), takes_self=True)
    )

    def __repr__(self) -> str:
        return self.name


@attrs.frozen(repr=False, eq=False)
class Rule(Transform[S]):
    """A transform given by its two functions and the expression that builds it."""

    def __rshift__(self, other: Transform[R]) -> Chain[S, R]:
        return chain(self) >> other


@attrs.frozen(repr=False, eq=False)
class Chain(Transform[tuple[*Ss]], Generic[*Ss]):
    """Transforms in a row. Its state is the exact tuple of their states."""

    links: tuple[str, ...] = ()

    def __rshift__(self, other: Transform[R]) -> Chain[*Ss, R]:
        head_init, head_update = self.init, self.update
        last_update, last_descend = other.update, other.descend

        def init(params: Leaves) -> tuple[*Ss, R]:
            return (*head_init(params), other.init(params))

        def update(
            state: tuple[*Ss, R], grads: Leaves, params: Leaves, step: int
        ) -> tuple[tuple[*Ss, R], Leaves]:
            head, between = head_update(state[:-1], grads, params, step)
            last, updates = last_update(state[-1], between, params, step)
            return (*head, last), updates

        def descend(
            state: tuple[*Ss, R], grads: Leaves, params: Leaves, step: int
        ) -> tuple[tuple[*Ss, R], Leaves]:
            head, between = head_update(state[:-1], grads, params, step)
            last, after = last_descend(state[-1], between, params, step)
            return (*head, last), after

        shown = f"({other!r})" if isinstance(other, Chain) else repr(other)
        links = (*self.links, shown)
        return Chain(" >> ".join(links), init, update, descend, links)


def chain(transform: Transform[S]) -> Chain[S]:
    """The chain of one transform, where a longer one starts: `a >> b` is `chain(a) >> b`."""

    def init(params: Leaves) -> tuple[S]:
        return (transform.init(params),)

    def update(
        state: tuple[S], grads: Leaves, params: Leaves, step: int
    ) -> tuple[tuple[S], Leaves]:
        if len(state) != 1:  # each later transform has taken its own: the rest is too much
            raise TreeError(
                f"The state has too {'many' if state else 'few'} entries for its chain."
            )
        own, updates = transform.update(state[0], grads, params, step)
        return (own,), updates

    name = f"chain({transform!r})"
    inner = name if isinstance(transform, Chain) else repr(transform)
    return Chain(name, init, update, links=(inner,))
