"""Functions of packages that need not be installed, by their names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from importlib import import_module
from typing import Protocol, runtime_checkable

from purenn.arrays import Indices, Labels, Vector
from purenn.errors import PurennError


class Series(Protocol):
    """A column of a frame."""

    @property
    def dtype(self) -> object: ...
    def to_numpy(self) -> Vector: ...


@runtime_checkable
class Frame(Protocol):
    """What is asked of a frame of pandas here."""

    @property
    def columns(self) -> Iterable[str]: ...
    @property
    def shape(self) -> tuple[int, int]: ...
    def __getitem__(self, name: str, /) -> Series: ...
    def take(self, indices: Indices, /) -> Frame: ...
    def drop(self, *, columns: Iterable[str]) -> Frame: ...
    def dropna(self, *, subset: list[str]) -> Frame: ...
    def astype(self, dtype: dict[str, str], /) -> Frame: ...


@runtime_checkable
class Estimator(Protocol):
    """What is asked of an estimator here."""

    def fit(self, features: object, target: object, /) -> object: ...
    def predict(self, features: object, /) -> Vector | Labels: ...


def made(path: str, *arguments: object, **options: object) -> object:
    """What the function of a path returns, such as `pandas:read_csv`: a module, and names in it."""
    module, _, names = path.partition(":")
    try:
        function = reduce(getattr, names.split("."), import_module(module))
        if not callable(function):
            raise PurennError(f"{path} is not a function.")
        return function(*arguments, **options)
    except ImportError as error:
        raise PurennError(f"{path}: {error}. --help says how to install it.") from error


def as_frame(value: object) -> Frame:
    """The value, if it is a frame."""
    if isinstance(value, Frame):
        return value
    raise PurennError(f"expected a frame, got {type(value).__name__}.")


def as_estimator(value: object) -> Estimator:
    """The value, if it is an estimator."""
    if isinstance(value, Estimator):
        return value
    raise PurennError(f"expected an estimator, got {type(value).__name__}.")
