"""Checks of settings: each gives back a plain Python number, or names the setting that is wrong."""

from __future__ import annotations

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


def finite(name: str, value: float) -> float:
    """A finite number.

    Raises:
        OptionError: `value` is none.
    """
    number = isinstance(value, int | float | np.integer | np.floating)
    if not number or isinstance(value, bool) or not isfinite(value):
        raise OptionError(f"{name} must be a finite number and is {value!r}.")
    return float(value)


def positive(name: str, value: float) -> float:
    """A finite number above 0.

    Raises:
        OptionError: `value` is none.
    """
    if finite(name, value) <= 0:
        raise OptionError(f"{name} must be above 0 and is {value!r}.")
    return float(value)


def not_negative(name: str, value: float) -> float:
    """A finite number of at least 0.

    Raises:
        OptionError: `value` is none.
    """
    if finite(name, value) < 0:
        raise OptionError(f"{name} must be at least 0 and is {value!r}.")
    return float(value)


def fraction(name: str, value: float) -> float:
    """A number of at least 0 and below 1.

    Raises:
        OptionError: `value` is none.
    """
    if not 0 <= finite(name, value) < 1:
        raise OptionError(f"{name} must be at least 0 and below 1, and is {value!r}.")
    return float(value)
