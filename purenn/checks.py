"""Checks of arguments: one for each kind, used everywhere."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import inf, isfinite
from types import FunctionType, NoneType, SimpleNamespace
from typing import Annotated, SupportsFloat, TypeGuard, TypeVar

import attrs
import numpy as np

from purenn.arrays import FLOATS, FloatDtype, R
from purenn.errors import DtypeError, OptionError
from purenn.signatures import names, signature

F = TypeVar("F")
Check = Callable[[str, object], object]

NO_NUMBERS = (bool, np.timedelta64)  # though classes of integers
# How one gets an object of a class.
CURES = {
    "Augmentation": "Give random_flip(), say, or Augmentation(function) for one of your own.",
    "Batch": "Take it from shuffled_batches(...), or make data.Batch(inputs, targets, key).",
    "Column": "Use dataset(inputs, targets) for arrays, or Rows(x), or data.inputs of a data set.",
    "Config": "Make one with Config(script, settings).",
    "Dataset": "Make one with dataset(inputs, targets).",
    "Initializer": "Give initializers.normal(0.1), say, or Initializer(draw) for one of your own. "
    "Only linear_without_bias(...) has no bias.",
    "Key": "Give Key(0), say.",
    "Layer": "Chain layers: linear(8) >> relu().",
    "Loss": "Give mean_squared_error(), say, or Loss(per_sample) for one of your own.",
    "Mixing": "Give mixup(0.2, 10), say, or Mixing(function) for one of your own.",
    "Optimizer": "Make one with descend(transform, rate).",
    "Point": "An optimizer takes the parameters: descend(transform, rate).init(params).",
    "Progress": "Take it from begin.",
    "Report": "Take them from fold.",
    "Run": "Write `with start(folder, config) as run:`, or resume.",
    "Schedule": "Wrap a function of the step: schedules.Schedule(function).",
    "Standardization": "Make it with standardization(training.inputs).",
    "State": "Make it with optimizer.init(params).",
    "Transform": "Give momentum(0.9) or scale_by_adam(), say, or stateless(f), and no optimizer.",
}


def integer(name: str, value: object, least: int = 1, most: float = inf) -> int:
    """A Python integer from `least` to `most`."""
    if isinstance(value, int | np.integer) and not isinstance(value, NO_NUMBERS):
        number = int(value)
        if least <= number <= most:
            return number
    bound = f"an integer ≥ {least}" if most == inf else f"an integer from {least} to {most}"
    raise OptionError(f"{name}: expected {bound}, got {described(value)}.")


def number(
    name: str,
    value: object,
    *,
    above: float = -inf,
    least: float = -inf,
    below: float = inf,
    most: float = inf,
) -> float:
    """A finite Python float within bounds: above < value < below and least <= value <= most."""
    found = _float(value)
    if found is not None and isfinite(found) and above < found < below and least <= found <= most:
        return found
    bounds = {">": above, "≥": least, "<": below, "≤": most}
    shown = " and ".join(f"{sign} {bound:g}" for sign, bound in bounds.items() if isfinite(bound))
    expected = f"a finite number {shown}".rstrip()
    raise OptionError(f"{name}: expected {expected}, got {described(value)}.")


def real(name: str, value: object) -> float:
    """A Python float, which may be NaN or infinite."""
    if (found := _float(value)) is not None:
        return found
    raise OptionError(f"{name}: expected a number, got {described(value)}.")


def _float(value: object) -> float | None:
    """A number as a Python float; None if it is no number, or an integer beyond all floats."""
    if isinstance(value, NO_NUMBERS):
        return None
    if isinstance(value, int | float | np.integer | np.floating):
        with suppress(OverflowError):
            return float(value)
    return None


def as_float(number: SupportsFloat) -> float:
    """A number as a Python float; infinity for an integer beyond all floats."""
    try:
        return float(number)
    except OverflowError:
        return inf


def fraction(name: str, value: object) -> float:
    """A number from 0 to below 1."""
    return number(name, value, least=0.0, below=1.0)


def several(name: str, values: object, check: Callable[[str, object], R]) -> tuple[R, ...]:
    """What a check gives for each entry of a tuple that is not empty."""
    if isinstance(values, tuple) and values:
        return tuple([check(name, value) for value in values])
    raise OptionError(f"{name}: expected a tuple of one or more numbers, got {described(values)}.")


# Kinds of arguments of a `@maker`, which checks and converts what is annotated so.
Count = Annotated[int, partial(integer)]  # from 1 on
Index = Annotated[int, partial(integer, least=0)]
Label = Annotated[int, partial(integer, least=-(2**63), most=2**63 - 1)]
Number = Annotated[float, partial(number)]
Positive = Annotated[float, partial(number, above=0.0)]
NotNegative = Annotated[float, partial(number, least=0.0)]
Fraction = Annotated[float, partial(fraction)]  # from 0 to below 1
Share = Annotated[float, partial(number, above=0.0, most=1.0)]
Inner = Annotated[float, partial(number, above=0.0, below=1.0)]
Probability = Annotated[float, partial(number, least=0.0, most=1.0)]


def of_arguments(function: FunctionType) -> dict[str, Check]:
    """The check of each argument of a `@maker` whose annotation says what it is."""
    hints: dict[str, object] = {}
    for one in signature(function).parameters.values():
        # Where only a type checker knows a name, or takes what Python does not: `slice[int]`.
        with suppress(NameError, AttributeError, TypeError):
            if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD):
                lone = SimpleNamespace(__annotations__={one.name: one.annotation})
                hints |= typing.get_type_hints(lone, function.__globals__, include_extras=True)
    found = {name: _of_hint(hint) for name, hint in hints.items()}
    return {name: check for name, check in found.items() if check is not None}


def _of_hint(hint: object) -> Check | None:
    first, *others = typing.get_args(hint) or (None,)
    if others == [NoneType] and (check := _of_hint(first)):
        return lambda name, value: value if value is None else check(name, value)
    for other in others:
        if isinstance(other, partial):  # of what is Annotated
            return other
    kind: object = typing.get_origin(hint) or hint
    if kind is Callable:
        return function
    if isinstance(kind, type) and (kind is bool or kind.__module__.startswith("purenn.")):
        return partial(instance, kind=kind)
    return None


def fits(name: str, value: float, dtype: FloatDtype) -> None:
    """Check that an option neither vanishes nor overflows in the dtype that it meets."""
    with np.errstate(over="ignore", under="ignore"):
        met = float(np.array(value, dtype))
    if not isfinite(met) or (value and abs(met) < float(np.finfo(dtype).tiny)):
        effect = "overflows" if not isfinite(met) else "vanishes"
        raise OptionError(f"{name}: {value!r} {effect} in {dtype}.")


def instance(name: str, value: object, kind: type, cure: str = "") -> object:
    """The object of a class; a NumPy scalar as Python's own."""
    if isinstance(value, kind):
        return value
    if isinstance(value, np.generic) and isinstance(value.item(), kind):
        return value.item()
    advice = cure or CURES.get(kind.__name__, "")
    if inspect.isfunction(value) and hasattr(value, "__wrapped__"):  # by @maker
        parameters = signature(value).parameters.values()
        advice = f"Call it: {value.__name__}{names(x for x in parameters if x.default is x.empty)}."
    advice = redefined(type(value), kind) or advice
    got = f"expected {_a(kind.__name__)}, got {described(value)}. {advice}"
    raise OptionError(f"{name}: {got}".rstrip())


def redefined(old: object, new: object) -> str:
    """The cure for two classes of one name, or structures of them; an empty string for others."""
    cure = "A class was defined again, as by a cell run twice: make its old objects again."
    return cure if repr(old) == repr(new) else ""


def function(name: str, value: object, cure: str = "") -> object:
    """What can be called."""
    if callable(value):
        return value
    raise OptionError(f"{name}: expected a function, got {described(value)}. {cure}".rstrip())


def called(owner: object, field: attrs.Attribute[F], value: F) -> None:
    """The validator of fields that are functions."""
    function(f"The {field.alias} of {type(owner).__name__}", value)


def of(kind: type, cure: str = "") -> Callable[[object, attrs.Attribute[F], F], None]:
    """The validator of fields of a class."""

    def check(owner: object, field: attrs.Attribute[F], value: F) -> None:
        instance(f"The {field.alias} of {type(owner).__name__}", value, kind, cure)

    return check


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "AEIOaeio" else f"a {noun}"


def float_dtype(name: str, dtype: object) -> FloatDtype:
    """float32 or float64, given as a dtype or as NumPy's class of scalars."""
    for known in FLOATS:
        if dtype is known.type or (isinstance(dtype, np.dtype) and dtype == known):
            return known
    raise OptionError(f"{name}: expected np.float32 or np.float64, got {described(dtype)}.")


def one_array(name: str, y: object) -> None:
    """Check that the outputs of a model are one array."""
    if not isinstance(y, np.ndarray):
        got = f"{described(y)}. Put concatenate() at the end of the model."
        raise DtypeError(name, f"expected outputs in one array, got {got}")


def is_pair(value: object) -> TypeGuard[tuple[object, object]]:
    """Whether a value is a tuple of two."""
    return isinstance(value, tuple) and len(value) == 2


def described(value: object) -> str:
    """A value in an error message, in a few words."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{_a(str(value.dtype))} array of shape {value.shape}"
    if isinstance(value, tuple | list):
        return f"a {'tuple' if isinstance(value, tuple) else 'list'} of {len(value)}"
    if inspect.isfunction(value):
        return f"the function {value.__name__}"
    with suppress(ValueError):  # of an integer of more digits than Python writes
        if len(text := repr(value)) <= 60 and "\n" not in text:
            return text
    return f"an object of class {type(value).__name__}"


def both(found: object) -> str:
    """A value that should have been a pair, in an error message."""
    return " and ".join(map(described, found)) if is_pair(found) else described(found)
