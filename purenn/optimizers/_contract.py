"""A transform shapes a gradient, an optimizer moves the parameters; `>>` chains transforms.

- A transform: `init(point) -> state` and `update(state, grads, point) -> (state, grads)`. The order
  is what is written: `clip_by_value(1.0) >> momentum(0.9)` clips first.
- An optimizer: `init(params) -> State` and `update(state, grads) -> (state, params)`. It owns the
  rate and its sign. `descend(transform, rate)` makes one, and wrappers take optimizers.

Both see leaves rather than trees, so the type of a state needs no knowledge of the parameters'.
They see no part of the parameters that is `Frozen`: its next value is taken from the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Never, NoReturn, TypeVar, TypeVarTuple, overload

import attrs

from purenn import checks
from purenn.arrays import Array, Leaves
from purenn.errors import OptionError, TreeError
from purenn.expressions import Chained, Expressed, maker
from purenn.tree import (
    EMPTY,
    Empty,
    Structure,
    leaf_names,
)

P = TypeVar("P")
S = TypeVar("S")
R = TypeVar("R")
Ss = TypeVarTuple("Ss")


@attrs.frozen(eq=False)
class Point:
    """Where an update happens: all that a transform may look at.

    Args:
        params: the leaves that are moved, those of frozen parts not among them.
        structure: of the tree that they are taken from; `paths` names them.
        step: how many updates there have been.
        loss: of the batch that the gradient is of; NaN if `update` was not told.
        frozen: the arrays of the frozen parts.
    """

    params: Leaves
    structure: Structure
    step: int
    loss: float
    frozen: Leaves

    @property
    def paths(self) -> tuple[str, ...]:
        """The names of the leaves: `0.weight`."""
        return tuple(path for path, is_frozen in leaf_names(self.structure) if not is_frozen)


Init = Callable[[Point], S]
Update = Callable[[S, Leaves, Point], tuple[S, Leaves]]


@attrs.frozen(repr=False, eq=False)
class Transform(Expressed, Generic[S]):
    """Gradients in, updates out. `S` is its state, a tree.

    Args:
        init: `(point) -> state`.
        update: `(state, grads, point) -> (state, updates)`, leaf by leaf like the parameters.
    """

    init: Init[S]
    update: Update[S]

    __array_ufunc__ = None  # an array on the left of >> leaves the operation to __rrshift__

    def __attrs_post_init__(self) -> None:
        checks.function("The init of a Transform", self.init)
        checks.function("The update of a Transform", self.update)

    @overload
    def __rshift__(
        self: Transform[tuple[*Ss]], other: Transform[R]
    ) -> Transform[tuple[*Ss, R]]: ...
    @overload
    def __rshift__(self, other: Transform[R]) -> Transform[tuple[S, R]]: ...
    def __rshift__(self, other: Transform[R]) -> object:
        require_transform(">>", other)
        return (self if isinstance(self, _Chain) else _single(self)).append(other)

    def __rrshift__(self, other: Never) -> NoReturn:
        require_transform(">>", other)
        raise OptionError(f"{other!r} cannot be chained.")


@attrs.frozen(repr=False, eq=False)
class _Chain(Transform[tuple[*Ss]], Generic[*Ss]):
    """What `>>` builds, so that it knows where to append."""

    parts: tuple[object, ...]

    def append(self, other: Transform[R]) -> _Chain[*Ss, R]:
        head_init, head_update = self.init, self.update

        def init(point: Point) -> tuple[*Ss, R]:
            return (*head_init(point), other.init(point))

        def update(
            state: tuple[*Ss, R], grads: Leaves, point: Point
        ) -> tuple[tuple[*Ss, R], Leaves]:
            front, between = head_update(state[:-1], grads, point)
            if not point.step and not are_alike(between, point.params):
                raise TreeError(mistake(self, between, point))
            last, updates = other.update(state[-1], between, point)
            return (*front, last), updates

        parts = (*self.parts, other)
        return _Chain(init, update, parts, expression=Chained(chain, parts))


def _single(transform: Transform[S]) -> _Chain[S]:
    """The chain of one transform, where a longer one starts."""

    def init(point: Point) -> tuple[S]:
        state = transform.init(point)
        if isinstance(state, tuple):
            raise OptionError(
                f"The state of {transform!r} is a bare tuple, which means a chain. "
                "Make it a frozen attrs class."
            )
        return (state,)

    def update(state: tuple[S], grads: Leaves, point: Point) -> tuple[tuple[S], Leaves]:
        own, updates = transform.update(state[0], grads, point)
        return (own,), updates

    return _Chain(init, update, (transform,), expression=Chained(chain, (transform,)))


def chain(first: Transform[S], *others: Transform[S]) -> object:
    """The transforms joined by `>>`; expressions of chains call this."""
    joined: object = first
    for other in others:
        joined = joined >> other if isinstance(joined, Transform) else other
    return joined


def require_transform(name: str, value: object) -> None:
    """Check that an argument is a transform."""
    advice = "Call the function that makes it, such as momentum(0.9)."
    if hasattr(value, "move"):
        advice = "An optimizer moves parameters already: it needs no descend and takes no >>."
    checks.instance(f"The transform of {name}", value, Transform, advice)


def no_state(point: Point) -> Empty:
    """The `init` of a transform that keeps nothing."""
    return EMPTY


def stateless(function: Callable[[Leaves, Point], Leaves]) -> Transform[Empty]:
    """A transform that keeps nothing: `(grads, point) -> updates`."""
    checks.function("The function of stateless", function)

    def update(state: Empty, grads: Leaves, point: Point) -> tuple[Empty, Leaves]:
        return state, function(grads, point)

    return Transform(no_state, update)


@maker
def unchanged() -> Transform[Empty]:
    """The transform that changes nothing: the neutral element of `>>`."""
    return stateless(lambda grads, point: grads)


def are_alike(some: Sequence[Array], others: Sequence[Array]) -> bool:
    """Whether leaves have the same shapes and dtypes as others."""
    try:
        for x, y in zip(some, others, strict=True):
            if x.shape != y.shape or x.dtype != y.dtype:
                return False
    except (AttributeError, TypeError, ValueError):  # a transform of one's own may give anything
        return False
    return True


def mistake(transform: object, updates: object, point: Point) -> str:
    """What is wrong with the updates that a transform, the last of a chain, gives."""
    culprit = transform.parts[-1] if isinstance(transform, _Chain) else transform
    found = updates if isinstance(updates, tuple | list) else ()
    expected, got = f"{len(point.params)} leaves", f"{len(found)}"
    for path, param, leaf in zip(point.paths, point.params, found, strict=False):
        if len(found) == len(point.params) and not are_alike((leaf,), (param,)):
            expected = f"{checks.described(param)} for leaf {path}"
            got = checks.described(leaf)
            break
    return f"{culprit!r}: expected {expected}, got {got}."
