"""Hypothesis' decorators, with the types that they leave out.

A test under `hypothesis.given` has the type `Callable[..., None]`, whose arguments are unchecked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

import hypothesis
from hypothesis.strategies import SearchStrategy

P = ParamSpec("P")


def given(*strategies: SearchStrategy[object]) -> Callable[[Callable[P, None]], Callable[[], None]]:
    """A test of values drawn from strategies, in the order of its parameters."""
    return hypothesis.given(*strategies)
