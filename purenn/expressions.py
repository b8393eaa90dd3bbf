"""Values that know the expression that builds them: a function and its arguments.

Layers, losses, transforms, optimizers, schedules and initializers hold functions, which can be
neither compared nor pickled. Their expressions can. `maker` marks the functions that make such
values:

>>> from purenn import linear, relu
>>> import pickle
>>> linear(8, weight=None) >> relu()
linear(8) >> relu()
>>> pickle.loads(pickle.dumps(linear(8))) == linear(8)
True
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache, update_wrapper
from typing import TypeVar

import attrs
import numpy as np

from purenn.errors import OptionError

F = TypeVar("F")


@attrs.frozen(repr=False)
class Call:
    """The expression that builds a value: a function and its arguments.

    Args:
        maker: the function.
        arguments: its arguments by position.
        options: its arguments by name, without those that have their defaults.
    """

    maker: object
    arguments: tuple[object, ...] = ()
    options: tuple[tuple[str, object], ...] = ()

    def __repr__(self) -> str:
        shown = [*map(_shown, self.arguments)]
        shown += [f"{name}={_shown(value)}" for name, value in self.options]
        return f"{_shown(self.maker)}({', '.join(shown)})"

    def __call__(self) -> object:
        """The value anew."""
        if not callable(self.maker):
            raise OptionError(f"expected a function, got {self.maker!r}.")
        return self.maker(*self.arguments, **dict(self.options))


@attrs.frozen(repr=False)
class Chained(Call):
    """An expression of values in a row, joined by `>>`."""

    def __repr__(self) -> str:
        return " >> ".join(
            f"({part!r})" if isinstance(part, Expressed) and _is_chain(part) else repr(part)
            for part in self.arguments
        )


@attrs.frozen(repr=False, eq=False)
class Expressed:
    """A value with an expression. Without one it is equal to itself alone and not pickled."""

    expression: Call | None = attrs.field(default=None, kw_only=True)

    def __repr__(self) -> str:
        if self.expression is not None:
            return repr(self.expression)
        return f"<{type(self).__name__} made without @maker>"

    def __eq__(self, other: object) -> bool:
        if self.expression is None or not isinstance(other, Expressed):
            return self is other
        return type(self) is type(other) and self.expression == other.expression

    def __hash__(self) -> int:
        return object.__hash__(self) if self.expression is None else hash(self.expression)

    def __reduce__(self) -> tuple[Call, tuple[()]]:
        if self.expression is None:
            raise OptionError(
                f"{self!r} cannot be copied or pickled, for its expression is unknown. Decorate "
                "the function that makes it with @maker."
            )
        return self.expression, ()


def _is_chain(part: Expressed) -> bool:
    return isinstance(part.expression, Chained)


def maker(function: F) -> F:
    """Decorate a function so that what it returns knows the expression that builds it.

    Arguments are to be immutable. NumPy scalars are written down as Python numbers, lists and
    arrays as tuples.
    """
    made = _recording(function)
    if isinstance(made, type(function)):
        return made
    raise OptionError(f"maker: expected a function, got {function!r}.")


def _recording(function: object) -> object:
    if not callable(function):
        raise OptionError(f"maker: expected a function, got {function!r}.")

    def make(*positional: object, **named: object) -> object:
        arguments = tuple(map(_plain, positional))
        options = {name: _plain(value) for name, value in named.items()}
        signature = _signature(function)
        try:
            bound = signature.bind(*arguments, **options)
        except TypeError as error:
            parameters = signature.parameters.values()
            bare = [one.replace(annotation=one.empty, default=one.empty) for one in parameters]
            name: object = getattr(function, "__name__", function)
            raise OptionError(f"{name}{inspect.Signature(bare)}: {error}.") from None
        value: object = function(*arguments, **options)
        if not isinstance(value, Expressed):
            return value
        return attrs.evolve(value, expression=_call(make, signature, bound.arguments))

    return update_wrapper(make, function)


@cache
def _signature(function: Callable[[], object]) -> inspect.Signature:
    """The signature of a function, found out when it is first called: imports stay quick."""
    return inspect.signature(function)


def _call(function: object, signature: inspect.Signature, bound: Mapping[str, object]) -> Call:
    first: list[object] = []
    rest: list[tuple[str, object]] = []
    spread = {name for name, one in signature.parameters.items() if one.kind is one.VAR_POSITIONAL}
    is_spread = any(bound.get(name) for name in spread)
    for name, parameter in signature.parameters.items():
        if name not in bound:
            continue
        value: object = bound[name]
        if parameter.kind is parameter.VAR_POSITIONAL:
            first.extend(value if isinstance(value, tuple) else ())
        elif parameter.kind is parameter.VAR_KEYWORD:
            rest.extend(value.items() if isinstance(value, dict) else ())
        elif parameter.kind is not parameter.KEYWORD_ONLY and (
            is_spread or parameter.default is parameter.empty
        ):
            first.append(value)
        elif not _is_default(value, parameter.default):
            rest.append((name, value))
    return Call(function, tuple(first), tuple(rest))


def _is_default(value: object, default: object) -> bool:
    return value is default or (type(value) is type(default) and value == default)


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim):
        return tuple(map(_plain, value.tolist() if isinstance(value, np.ndarray) else value))
    return value


def _shown(value: object) -> str:
    if callable(value) and not isinstance(value, Expressed):
        return getattr(value, "__qualname__", repr(value))
    return repr(value)
