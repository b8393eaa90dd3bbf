"""Whether a function depends on its arguments alone, and changes none of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from purenn import checks, tree
from purenn.errors import PurennError
from purenn.expressions import Expressed
from purenn.training.gradient import T


class ContractError(PurennError, AssertionError):
    """A layer, loss or optimizer that breaks its contract."""


def repeatable(
    call: Callable[[], T], name: str, *arguments: object, other: Callable[[], object] | None = None
) -> T:
    """The result of a call, after it was seen to change no argument and to repeat itself.

    It repeats itself after another call too, which leaves the first result as it was.
    """
    before = bits(arguments)
    result = call()
    seen = bits(result)
    if other is not None:
        with suppress(Exception):  # other inputs, such as times in descending order, may not do
            other()
    kept, again = bits(result), bits(call())
    if bits(arguments) != before:
        raise ContractError(f"{name} changes its arguments.")
    if kept != seen:
        raise ContractError(f"{name} writes over what it gave before. Make new arrays each time.")
    if again != seen:
        cure = "Draw from keys alone, keep nothing between calls, and read no unwritten memory."
        raise ContractError(f"{name} gives another result when called again. {cure}")
    return result


def bits(value: object) -> list[object]:
    """All that there is to see of a value, such as a pair of a loss and its cotangent."""
    if isinstance(value, tuple):
        return [found for part in value for found in bits(part)]
    if callable(value):
        return []
    found, _ = tree.decompose(value, (*tree.LEAF_TYPES, np.generic))
    return [(x.dtype.str, x.tobytes()) if isinstance(x, np.ndarray) else repr(x) for x in found]


def require_pullback(name: str, found: object, expected: str) -> None:
    """Check that something is a pair of a value and a function."""
    if not (checks.is_pair(found) and callable(found[1])):
        raise ContractError(f"{name}: expected {expected}, got {checks.both(found)}.")


def check_expression(value: object) -> None:
    """Check that a value is equal to what its expression builds, where it has one."""
    if isinstance(value, Expressed) and value.expression is not None:
        again = value.expression()
        if (again, hash(again), repr(again)) != (value, hash(value), repr(value)):
            raise ContractError(f"{value!r} is not equal to its copy.")
