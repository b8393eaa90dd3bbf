"""The exceptions, one class for each cause, all under `PurennError`.

A message says where and what was expected, and usually what was given and how to fix it.
"""

from __future__ import annotations

from typing import Self

from purenn.text import inert


class PurennError(Exception):
    """The base class of purenn's own exceptions."""

    def __str__(self) -> str:
        return _cut(super().__str__())


def _cut(text: str) -> str:
    """A message without the middle of what is long, such as arrays among a maker's arguments."""
    return inert(text if len(text) <= 4000 else f"{text[:2000]} ... {text[-2000:]}")


class LocatedError(PurennError):
    """An error of one layer of a model, which collects its position as it propagates.

    The path is the index of the layer in its chain, stack or pair, after those of its parents.
    """

    def __init__(self, subject: str, problem: str, path: tuple[int, ...] = ()) -> None:
        super().__init__(subject, problem, path)
        self.subject, self.problem, self.path = subject, problem, path

    def inside(self, index: int) -> Self:
        """The same error, seen from the chain whose layer number `index` raised it."""
        return type(self)(self.subject, self.problem, (index, *self.path))

    def __str__(self) -> str:
        place = f", layer {'.'.join(map(str, self.path))} of the model" if self.path else ""
        return _cut(f"{self.subject}{place}: {self.problem}")


class ShapeError(LocatedError, ValueError):
    """An array of the wrong rank or size."""


class DtypeError(LocatedError, TypeError):
    """An array of the wrong dtype, or something that is not a NumPy array."""


class ParametersError(LocatedError, ValueError):
    """Parameters of a layer other than the one they are given to."""


class OptionError(PurennError, ValueError):
    """An argument outside its range or of the wrong kind."""


class LabelError(PurennError, ValueError):
    """A label, symbol or category that is out of range."""


class DataError(PurennError, ValueError):
    """Data that are empty or uneven, or have NaN, infinity or values out of range."""


class TreeError(PurennError, ValueError):
    """A value that is not a tree of parameters, or two trees that differ."""


class FormatError(PurennError, ValueError):
    """A file that is truncated, corrupt or of another format."""


class UnavailableError(PurennError, OSError):
    """A file that cannot be found, fetched, read or written."""


class CheckpointError(PurennError, ValueError):
    """A checkpoint of a model or key other than those to continue with."""


class RunError(PurennError):
    """A run folder that holds something else, or is in use, or a progress of another run."""


class DivergenceError(PurennError, ArithmeticError):
    """Training produced a number that is not finite."""


class InterruptionError(PurennError):
    """A run was stopped by a signal, and can be resumed: the message says how."""

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message, signal)
        self.signal = signal

    def __str__(self) -> str:
        return _cut(str(self.args[0]))
