"""Checks of settings: each gives back a plain Python number, or names the setting that is wrong."""

from __future__ import annotations

from contextlib import suppress
from math import isfinite

import numpy as np

from purenn.errors import OptionError


def count(name: str, value: object) -> int:
    """A whole number of at least 1.

    Raises:
        OptionError: `value` is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise OptionError(f"{name} must be a whole number of at least 1 and is {value!r}.")
    return int(value)


def finite(name: str, value: object) -> float:
    """A finite number.

    Raises:
        OptionError: `value` is none.
    """
    if isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool):
        with suppress(OverflowError):  # an integer beyond all floats
            number = float(value)
            if isfinite(number):
                return number
    raise OptionError(f"{name} must be a finite number and is {value!r}.")


def positive(name: str, value: float) -> float:
    """A finite number above 0.

    Raises:
        OptionError: `value` is none.
    """
    number = finite(name, value)
    if number <= 0:
        raise OptionError(f"{name} must be above 0 and is {value!r}.")
    return number


def not_negative(name: str, value: float) -> float:
    """A finite number of at least 0.

    Raises:
        OptionError: `value` is none.
    """
    number = finite(name, value)
    if number < 0:
        raise OptionError(f"{name} must be at least 0 and is {value!r}.")
    return number


def fraction(name: str, value: float) -> float:
    """A number of at least 0 and below 1.

    Raises:
        OptionError: `value` is none.
    """
    number = finite(name, value)
    if not 0 <= number < 1:
        raise OptionError(f"{name} must be at least 0 and below 1, and is {value!r}.")
    return number


def below_half(name: str, value: float) -> float:
    """A number of at least 0 and below one half: how much is cut off at both ends of [0, 1].

    Raises:
        OptionError: `value` is none.
    """
    number = finite(name, value)
    if not 0 <= number < 0.5:
        raise OptionError(f"{name} must be at least 0 and below 0.5, and is {value!r}.")
    return number
