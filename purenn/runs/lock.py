"""A lock on a folder, held by one process until it ends in whatever way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import lock_descriptor

from purenn import files
from purenn.errors import RunError

LOCK = ".lock"

# The locked descriptors of this process, and the folders that they are in. Its forks share the
# descriptors, and must not keep them locked.
HELD: dict[int, Path] = {}


def _let_go() -> None:
    while HELD:
        os.close(HELD.popitem()[0])


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


@contextmanager
def locked(folder: Path, check: Callable[[], None]) -> Iterator[None]:
    """Hold a folder, which is made if need be; `check` may object, also once nobody can change it.

    Two things are locked: the folder itself, where the operating system can do that, so that
    nothing is freed if somebody removes files in it; and `.lock`, which names the process.
    """
    check()
    files.make_folder(folder)
    files.require_regular(folder / LOCK)
    with ExitStack() as stack:
        with suppress(OSError):  # Windows opens no folders, and NFS does not lock them
            _take(stack, os.open(folder, os.O_RDONLY), folder)
        with files.translated(folder, "written to"):
            descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
            _take(stack, descriptor, folder)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        check()
        yield


def _take(stack: ExitStack, descriptor: int, folder: Path) -> None:
    HELD[descriptor] = folder
    stack.callback(_close, descriptor)
    if not lock_descriptor(descriptor, blocking=False):
        owner = "another process"
        with suppress(OSError, ValueError):
            owner = f"process {int((folder / LOCK).read_text())}"
        raise RunError(f"{folder} is in use by {owner}. Wait, or choose another folder.")


def _close(descriptor: int) -> None:
    if HELD.pop(descriptor, None):  # not so in a fork
        os.close(descriptor)
