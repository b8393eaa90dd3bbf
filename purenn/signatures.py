"""Functions, also compiled ones, and their signatures, whatever these name.

Annotations may name what only a type checker knows.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable
from types import FunctionType
from typing import TypeGuard, TypeVar

if sys.version_info >= (3, 14):  # where such annotations fail when they are first looked at
    from functools import partial

    from annotationlib import Format

    signature = partial(inspect.signature, annotation_format=Format.FORWARDREF)
else:
    signature = inspect.signature

F = TypeVar("F")


def is_function(value: object) -> TypeGuard[FunctionType]:
    """Whether something is a function, or what Cython or Nuitka makes of one."""
    is_compiled = hasattr(value, "__globals__") and not inspect.ismethod(value)
    return inspect.isfunction(value) or is_compiled


def stands_for(made: object, function: F) -> TypeGuard[F]:
    """Whether something was made to be called in a function's place."""
    return callable(made)


def names(parameters: Iterable[inspect.Parameter]) -> inspect.Signature:
    """A signature with nothing but the names of parameters."""
    return inspect.Signature([x.replace(annotation=x.empty, default=x.empty) for x in parameters])
