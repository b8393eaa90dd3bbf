"""Values that know the expression that builds them: a function and its arguments.

Layers, losses, transforms, optimizers, schedules and initializers hold functions, which can be
neither compared nor pickled. Their expressions can. `maker` marks functions that make such values:

>>> from purenn import linear, relu
>>> import pickle
>>> linear(8, weight=None) >> relu()
linear(8) >> relu()
>>> pickle.loads(pickle.dumps(linear(8))) == linear(8)
True
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial, update_wrapper
from types import FunctionType
from typing import Self, TypeGuard, TypeVar

import attrs
import numpy as np

from purenn import checks, signatures
from purenn.arrays import K
from purenn.errors import OptionError
from purenn.kernels.ops import FAST, Ops

F = TypeVar("F")
E = TypeVar("E", bound="Expressed")


@attrs.frozen(repr=False)
class Call:
    """The expression that builds a value: a function and its arguments, without the defaults."""

    maker: object
    arguments: tuple[object, ...] = ()
    options: tuple[tuple[str, object], ...] = ()

    def __repr__(self) -> str:
        named = [f"{name}={_shown(value)}" for name, value in self.options]
        return f"{_shown(self.maker)}({', '.join([*map(_shown, self.arguments), *named])})"

    def __call__(self) -> object:
        """Build the value again."""
        if not callable(self.maker):
            raise OptionError(f"expected a function, got {self.maker!r}.")
        return self.maker(*self.arguments, **dict(self.options))


@attrs.frozen(repr=False)
class Chained(Call):
    """An expression of values in a row, joined by `>>`."""

    def __repr__(self) -> str:
        shown = " >> ".join(map(_as_part, self.arguments))
        return shown if len(self.arguments) > 1 else f"chain({shown})"  # of a slice


@attrs.frozen(repr=False)
class Bound(Call):
    """A `functools.partial` that is equal to those of the same function and arguments."""

    def __call__(self, *arguments: object, **options: object) -> object:
        """What the function gives for its own arguments and these."""
        return Call(self.maker, (*self.arguments, *arguments), (*self.options, *options.items()))()

    def __repr__(self) -> str:
        return repr(Call(partial, (self.maker, *self.arguments), self.options))


def _as_part(value: object) -> str:
    is_chain = isinstance(value, Expressed) and isinstance(value.expression, Chained)
    return f"({value!r})" if is_chain else repr(value)


@attrs.frozen(repr=False, eq=False)
class Expressed:
    """A value with an expression. Without one it equals only itself, and cannot be pickled.

    The `origin` is the expression that says most: that of a chain, whatever function returned it.
    Where a value computes with operations that depend on the machine, `in_ops` makes the same value
    of other operations. `attrs.evolve` drops all three. As nothing changes, a copy is the value.
    """

    expression: Call | None = attrs.field(default=None, init=False)
    origin: Call | None = attrs.field(default=None, init=False)
    in_ops: Callable[[Ops], Expressed] | None = attrs.field(default=None, init=False)

    @property
    def parts(self) -> tuple[object, ...]:
        """The values that `>>` joins in a chain; `(self,)` for any other value."""
        return self.origin.arguments if isinstance(self.origin, Chained) else (self,)

    def __repr__(self) -> str:
        unknown = f"<{type(self).__name__} made without @maker>"
        return unknown if self.expression is None else repr(self.expression)

    def __rich_repr__(self) -> Iterator[str]:  # or rich shows all fields, twice at each level
        yield repr(self)

    def __eq__(self, other: object) -> bool:
        if self.expression is None or not isinstance(other, Expressed):
            return self is other
        return type(self) is type(other) and self.expression == other.expression

    def __hash__(self) -> int:
        return object.__hash__(self) if self.expression is None else hash(self.expression)

    def __deepcopy__(self, *memo: object) -> Self:
        return self

    __copy__ = __deepcopy__

    def __reduce__(self) -> tuple[Call, tuple[()]]:
        if self.expression is None:
            raise OptionError(f"{self!r} cannot be pickled. Decorate what makes it with @maker.")
        return self.expression, ()

    def __getstate__(self) -> Call:  # of skops, which keeps states where pickles call functions
        return self.__reduce__()[0]

    def __setstate__(self, call: Call) -> None:
        made = call()
        for field in attrs.fields(type(self)):
            object.__setattr__(self, field.name, getattr(made, field.name))


def with_ops(make: Callable[[Ops], E]) -> E:
    """What `make` gives for the fast operations; it can be made of others later."""
    found = attrs.evolve(make(FAST))
    object.__setattr__(found, "in_ops", make)
    return found


def known(found: E, value: Expressed) -> E:
    """What `attrs.evolve` made of a value, with all that it has dropped."""
    for name in [field.name for field in attrs.fields(type(found)) if not field.init]:
        object.__setattr__(found, name, getattr(value, name))
    return found


def expressed(value: E, call: Call) -> E:
    """The value with an expression."""
    found = known(attrs.evolve(value), value)
    object.__setattr__(found, "expression", call)
    object.__setattr__(found, "origin", value.origin or call)
    return found


def maker(function: F) -> F:
    """Decorate a function so that what it returns knows the expression that builds it.

    Arguments should be immutable. NumPy scalars and arrays without axes become Python numbers, and
    lists, ranges and other arrays become tuples, which `np.array(argument, dtype)` converts back.
    Arguments whose annotation is a function, one of purenn's classes, bool, or a kind such as
    `checks.Fraction` are checked.
    """
    made: object = _recording(function) if signatures.is_function(function) else None
    if signatures.stands_for(made, function):
        return made
    raise OptionError(f"maker: expected a function, got {function!r}.")


def _recording(function: FunctionType) -> object:
    # Found late, so that imports stay quick, and kept here, to be dropped with the function.
    facts: list[tuple[inspect.Signature, dict[str, checks.Check]]] = []

    def make(*positional: object, **named: object) -> object:
        if not facts:
            facts.append((signatures.signature(function), checks.of_arguments(function)))
        signature, kinds = facts[0]
        checked: dict[str, object] = {}
        try:
            bound = signature.bind(*positional, **named)
        except TypeError as error:
            names = signatures.names(signature.parameters.values())
            raise OptionError(f"{make.__name__}{names}: {error}.") from None
        for name, check in kinds.items():
            value: object = bound.arguments.get(name)
            if name in bound.arguments:
                found = check(f"The {name} of {make.__name__}", value)
                checked |= {} if found is value else {name: found}
        given = {name: _plain(value) for name, value in bound.arguments.items()}
        bound.arguments = given | checked
        made: object = function(*bound.args, **bound.kwargs)
        bound.arguments = given
        return expressed(made, _call(make, bound)) if isinstance(made, Expressed) else made

    return update_wrapper(make, function)


def rebuilt(value: E, kind: type[K], change: Callable[[K], object]) -> E:
    """The value, built again with what `change` gives for arguments of that kind, also in tuples.

    A value without an expression, or none of whose arguments changes, is returned itself.
    """
    call = value.origin
    if call is None:
        return value

    def changed(argument: object) -> object:
        if isinstance(argument, kind):
            return change(argument)
        return tuple(map(changed, argument)) if type(argument) is tuple else argument

    options = tuple([(name, changed(argument)) for name, argument in call.options])
    new = attrs.evolve(call, arguments=tuple(map(changed, call.arguments)), options=options)
    made = value if new == call else new()
    return made if is_like(made, value) else value


def is_like(made: object, value: E) -> TypeGuard[E]:
    """Whether something was made as a value was, so that it has the value's type."""
    return isinstance(made, Expressed)


def _call(function: object, bound: inspect.BoundArguments) -> Call:
    """The call, with what differs from its default by name where that is allowed."""
    given = {name: bound.signature.parameters[name] for name in bound.arguments}
    is_spread = any(one.kind is one.VAR_POSITIONAL for one in given.values())
    options: dict[str, object] = {}
    for name, one in given.items():
        is_unnamed = one.kind is one.POSITIONAL_ONLY or is_spread
        if one.default is one.empty or (is_unnamed and one.kind is not one.KEYWORD_ONLY):
            continue
        value: object = bound.arguments.pop(name)
        if type(value) is not type(one.default) or value != one.default:
            options[name] = value
    return Call(function, bound.args, (*bound.kwargs.items(), *options.items()))


def _plain(value: object) -> object:
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, list | range) or type(value) is tuple:
        return tuple(map(_plain, value))
    if type(value) is dict:  # of `**options`
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, partial):
        given = (*value.args, *value.keywords.values())
        if all(isinstance(one, int | float | str) for one in given):
            return Bound(value.func, value.args, tuple(value.keywords.items()))
    return value


def _shown(value: object) -> str:
    return getattr(value, "__qualname__", repr(value))
