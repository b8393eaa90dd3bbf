"""Hypothesis' decorators, with the types that they leave out.

A test under `hypothesis.given` has the type `Callable[..., None]`, whose dots tell nothing. Here
the strategies have to give what the test takes, and mypy checks it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, overload

import hypothesis
from hypothesis.strategies import SearchStrategy

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
P = ParamSpec("P")


@overload
def given(a: SearchStrategy[A], /) -> Callable[[Callable[[A], None]], Callable[[], None]]: ...
@overload
def given(
    a: SearchStrategy[A], b: SearchStrategy[B], /
) -> Callable[[Callable[[A, B], None]], Callable[[], None]]: ...
@overload
def given(
    a: SearchStrategy[A], b: SearchStrategy[B], c: SearchStrategy[C], /
) -> Callable[[Callable[[A, B, C], None]], Callable[[], None]]: ...
@overload
def given(
    a: SearchStrategy[A], b: SearchStrategy[B], c: SearchStrategy[C], d: SearchStrategy[D], /
) -> Callable[[Callable[[A, B, C, D], None]], Callable[[], None]]: ...
def given(
    *strategies: SearchStrategy[object],
) -> Callable[[Callable[P, None]], Callable[[], None]]:
    """A test of values drawn from up to four strategies, in the order of its parameters."""

    def decorate(test: Callable[P, None]) -> Callable[[], None]:
        return hypothesis.given(*strategies)(test)

    return decorate
