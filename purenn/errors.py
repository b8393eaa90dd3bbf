"""What can go wrong, one class per cause, all under `PurennError`.

Every message says where, what was expected, what came, and what to do about it.

>>> raise ShapeError("linear(128)", "takes (features,) samples and its input is (28, 28, 1).")
Traceback (most recent call last):
    ...
purenn.errors.ShapeError: linear(128) takes (features,) samples and its input is (28, 28, 1).
"""

from __future__ import annotations

from typing import Self


class PurennError(Exception):
    """The base of every error that purenn raises."""


class LocatedError(PurennError):
    """An error of one part of a whole, which learns its place as it rises through composites.

    Args:
        subject: the part that refuses, as the expression that builds it: `linear(128)`.
        problem: what it takes, what came and what to do: the rest of the sentence.
        path: the position of the part in the model, from the outermost composite inwards.
    """

    def __init__(self, subject: str, problem: str, path: tuple[int, ...] = ()) -> None:
        super().__init__(subject, problem, path)
        self.subject = subject
        self.problem = problem
        self.path = path

    def inside(self, index: int) -> Self:
        """The same error, seen from the composite whose part number `index` raised it."""
        return type(self)(self.subject, self.problem, (index, *self.path))

    def __str__(self) -> str:
        if not self.path:
            return f"{self.subject} {self.problem}"
        place = ".".join(map(str, self.path))
        return f"{self.subject}, layer {place} of the model, {self.problem}"


class ShapeError(LocatedError, ValueError):
    """An array has the wrong rank or size."""


class DtypeError(LocatedError, TypeError):
    """An array has the wrong dtype, or is no NumPy array at all."""


class OptionError(PurennError, ValueError):
    """A setting (a rate, a limit, a batch size, a seed) makes no sense."""


class LabelError(PurennError, ValueError):
    """A label names no class of the prediction."""


class DataError(PurennError, ValueError):
    """A data set is empty, uneven, or holds NaN or infinity."""


class TreeError(PurennError, ValueError):
    """A value is no tree of parameters, or two trees differ."""


class ParametersError(LocatedError, TreeError):
    """Parameters do not fit the layer that they are given to: they are another model's."""


class FormatError(PurennError, ValueError):
    """A file is not what its format promises: truncated, swapped or corrupt."""


class UnavailableError(PurennError, OSError):
    """A file can neither be found nor fetched."""


class CheckpointError(PurennError, ValueError):
    """A checkpoint cannot be written, or is not what this state can be continued from."""


class RunError(PurennError):
    """A run's folder holds something else than what was asked for, or is in use."""


class DivergenceError(PurennError, ArithmeticError):
    """Training left the finite numbers.

    Args:
        message: where, what was seen there, and what to do.
        leaf: the position of the first leaf that is not finite, if it is one that shows it.
    """

    def __init__(self, message: str, leaf: int | None = None) -> None:
        super().__init__(message)
        self.leaf = leaf


class InterruptionError(PurennError):
    """A run was told to stop, and can be resumed.

    Args:
        message: what was done and how to go on.
        signal: the number of the signal that told it to.
    """

    def __init__(self, message: str, signal: int) -> None:
        super().__init__(message)
        self.signal = signal
