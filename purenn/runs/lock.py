"""A folder that one process has for itself, until it ends in whatever way."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from purenn.errors import RunError

NAME = ".lock"


@contextmanager
def locked(folder: Path, check: Callable[[], None]) -> Iterator[None]:
    """Have a folder for oneself: as long as this lasts, or the process lives.

    The lock is `flock`'s on the file `.lock`, which the system lets go when the process ends. The
    file says whose it is and is empty when it is nobody's.

    Args:
        folder: the folder, which has to be there.
        check: raises an error if the folder is not fit after all, now that nobody changes it.

    Raises:
        RunError: another process has the folder, or it cannot be written to.
    """
    descriptor = _opened(folder)
    try:
        _take(descriptor, folder)
        check()
        _label(descriptor, folder, f"{os.getpid()}\n")
        try:
            yield
        finally:
            with suppress(OSError):  # a number left behind does no harm
                os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _opened(folder: Path) -> int:
    try:
        return os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise RunError(f"{folder} cannot be written to: {error.strerror}.") from error


def _take(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
        owner = f"process {holder}" if holder else "another process"
        raise RunError(
            f"{folder} is in use by {owner}. Wait for it, or choose another folder."
        ) from None
    except OSError as error:
        raise RunError(f"{folder} cannot be locked: {error.strerror}.") from error


def _label(descriptor: int, folder: Path, text: str) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
    except OSError as error:
        raise RunError(f"{folder} cannot be written to: {error.strerror}.") from error
