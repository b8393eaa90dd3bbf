"""Every transform that purenn exports, in a form that one test can run over.

A case hides the type of its transform's state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import attrs

import purenn as nn
from purenn.arrays import Leaves

S = TypeVar("S")


@attrs.frozen(eq=False)
class Position:
    """A transform at some state of it."""

    state: object
    update: Callable[[Leaves, Leaves, int], tuple[Position, Leaves]]
    descend: Callable[[Leaves, Leaves, int], tuple[Position, Leaves]]


@attrs.frozen(eq=False)
class TransformCase:
    """A transform, an example of what `maker` makes."""

    maker: str
    name: str
    start: Callable[[Leaves], Position]


def position(transform: nn.Transform[S], state: S) -> Position:
    """The transform at that state."""

    def update(grads: Leaves, params: Leaves, step: int) -> tuple[Position, Leaves]:
        after, updates = transform.update(state, grads, params, step)
        return position(transform, after), updates

    def descend(grads: Leaves, params: Leaves, step: int) -> tuple[Position, Leaves]:
        after, new = transform.descend(state, grads, params, step)
        return position(transform, after), new

    return Position(state, update, descend)


def transform_case(maker: str, transform: nn.Transform[S]) -> TransformCase:
    """The case of a transform."""
    return TransformCase(
        maker, repr(transform), lambda params: position(transform, transform.init(params))
    )


def transform_cases() -> tuple[TransformCase, ...]:
    """Every transform."""
    schedule = nn.join(nn.linear_warm_up(0.1, steps=2), (2, nn.cosine(0.1, steps=5)))
    inner = nn.clip_by_global_norm(2.0) >> nn.nesterov(0.8)
    return (
        transform_case("clip_by_value", nn.clip_by_value(0.5)),
        transform_case("clip_by_value", nn.clip_by_value(100.0)),
        transform_case("clip_by_global_norm", nn.clip_by_global_norm(0.5)),
        transform_case("clip_by_global_norm", nn.clip_by_global_norm(100.0)),
        transform_case("global_norm_report", nn.global_norm_report()),
        transform_case("momentum", nn.momentum(0.9)),
        transform_case("nesterov", nn.nesterov(0.9)),
        transform_case("learning_rate", nn.learning_rate(0.1)),
        transform_case("learning_rate", nn.learning_rate(schedule)),
        transform_case("skip_nonfinite", nn.skip_nonfinite(2, inner)),
        transform_case("chain", nn.chain(nn.momentum(0.5))),
        transform_case("chain", nn.clip_by_value(1.0) >> inner >> nn.learning_rate(0.01)),
    )


TRANSFORMS = transform_cases()
