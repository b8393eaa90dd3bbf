"""Checks of arguments: one for each kind, used everywhere."""

from __future__ import annotations

import inspect
from contextlib import suppress
from functools import partial
from math import inf, isfinite
from typing import Annotated

import numpy as np

from purenn.arrays import FLOATS, FloatDtype
from purenn.errors import DtypeError, OptionError


def integer(name: str, value: object, least: int = 1, most: float = inf) -> int:
    """A Python integer from `least` to `most`."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
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
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        with suppress(OverflowError):  # an integer beyond all floats
            found = float(value)
            if isfinite(found) and above < found < below and least <= found <= most:
                return found
    bounds = {">": above, "≥": least, "<": below, "≤": most}
    shown = " and ".join(f"{sign} {bound:g}" for sign, bound in bounds.items() if isfinite(bound))
    expected = f"a finite number {shown}".rstrip()
    raise OptionError(f"{name}: expected {expected}, got {described(value)}.")


def real(name: str, value: object) -> float:
    """A Python float, which may be NaN or infinite."""
    if isinstance(value, float | int | np.floating):
        with suppress(OverflowError):  # an integer beyond all floats
            return float(value)
    raise OptionError(f"{name}: expected a number, got {described(value)}.")


def fraction(name: str, value: object) -> float:
    """A number from 0 to below 1."""
    return number(name, value, least=0.0, below=1.0)


# Kinds of arguments of a `@maker`, which checks and converts what is annotated so.
Count = Annotated[int, partial(integer)]  # from 1 on
Number = Annotated[float, partial(number)]
Positive = Annotated[float, partial(number, above=0.0)]
NotNegative = Annotated[float, partial(number, least=0.0)]
Fraction = Annotated[float, partial(fraction)]  # from 0 to below 1


def fits(name: str, value: float, dtype: FloatDtype) -> None:
    """Check that an option neither vanishes nor overflows in the dtype that it meets."""
    with np.errstate(over="ignore", under="ignore"):
        met = float(np.array(value, dtype))
    if not isfinite(met) or (value and abs(met) < float(np.finfo(dtype).tiny)):
        effect = "overflows" if not isfinite(met) else "vanishes"
        raise OptionError(f"{name}: {value!r} {effect} in {dtype}.")


def instance(name: str, value: object, kind: type, advice: str = "") -> None:
    """Check that an argument is an object of a class of purenn's."""
    if isinstance(value, kind) or (
        isinstance(value, np.generic) and isinstance(value.item(), kind)
    ):
        return
    got, cure = described(value), advice
    if inspect.isfunction(value):
        got = f"the function {value.__name__}"
        if hasattr(value, "__wrapped__"):  # by @maker
            cure = f"Call it: {value.__name__}()."
    article = "an" if kind.__name__[0] in "AEIOaeio" else "a"
    raise OptionError(f"{name}: expected {article} {kind.__name__}, got {got}. {cure}".rstrip())


def function(name: str, value: object) -> None:
    """Check that an argument can be called."""
    if not callable(value):
        raise OptionError(f"{name}: expected a function, got {described(value)}.")


def float_dtype(name: str, dtype: object) -> FloatDtype:
    """float32 or float64, given as a dtype or as NumPy's class of scalars."""
    for known in FLOATS:
        if dtype is known.type or (isinstance(dtype, np.dtype) and dtype == known):
            return known
    raise OptionError(f"{name}: expected the dtype float32 or float64, got {described(dtype)}.")


def one_array(name: str, y: object) -> None:
    """Check that the outputs of a model are one array."""
    if not isinstance(y, np.ndarray):
        got = f"{described(y)}. Put concatenate() at the end of the model."
        raise DtypeError(name, f"expected outputs in one array, got {got}")


def is_pair(value: object) -> bool:
    """Whether a value is a tuple of two."""
    return isinstance(value, tuple) and len(value) == 2


def described(value: object) -> str:
    """A value in an error message, in a few words."""
    if isinstance(value, np.ndarray) and value.ndim:
        article = "an" if value.dtype.name[0] in "io" else "a"
        return f"{article} {value.dtype} array of shape {value.shape}"
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    text = repr(value)
    if len(text) > 60 or "\n" in text:
        return f"an object of class {type(value).__name__}"
    return text
