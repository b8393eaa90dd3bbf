"""Hypothesis' decorators for state machines, with the types that they leave out.

As in `properties`: what `hypothesis.stateful` decorates has the type `Callable[..., None]`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from hypothesis import stateful
from hypothesis import strategies as st

M = TypeVar("M")
P = ParamSpec("P")

NUMBERS = st.integers(0, 10**6)


def step(function: Callable[[M, int, int], None]) -> Callable[[M, int, int], None]:
    """A step that the machine may take, with two numbers: `which` and `kind`."""
    return stateful.rule(which=NUMBERS, kind=NUMBERS)(function)


def invariant(function: Callable[P, None]) -> Callable[P, None]:
    """What has to hold after every step."""
    return stateful.invariant()(function)
