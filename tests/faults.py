"""Operations on files that go wrong: what a full disk, a kill or a loss of power do to a run."""

from __future__ import annotations

import errno
import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Literal, ParamSpec, TypeVar

import attrs
import pytest

P = ParamSpec("P")
R = TypeVar("R")

# - kill: the process is killed just before the operation, or in the middle of it if it writes
# - power: so it is, and all that was not flushed to the disk is lost
# - names: so it is, and contents that were not flushed are lost, but new names are there
# - the rest: the operation fails in this way, a write after half of it
How = Literal["kill", "power", "names", "ENOSPC", "EIO", "EROFS"]


@attrs.frozen
class Fault:
    """What goes wrong at which operation, counted from 1; at none if that is 0."""

    operation: int = 0
    how: How = "kill"


NO_FAULT = Fault()


class Watch:
    """The functions of `os` that write, each counted, and one of them struck."""

    def __init__(self, fault: Fault, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._fault, self._folder = fault, folder
        # What is on the disk for good: the names in the folder, and contents by inode.
        self._names = self._current()
        self._contents = {file: (folder / name).read_bytes() for name, file in self._names.items()}
        self._open, self._write, self._fsync = os.open, os.write, os.fsync
        for function in (self.open, self.write, self.fsync):
            patch.setattr(os, function.__name__, function)
        for plain in (os.ftruncate, os.replace, os.unlink, os.mkdir):
            patch.setattr(os, plain.__name__, self._counted(plain))

    def _current(self) -> dict[str, int]:
        exists = self._folder.exists()
        return {path.name: path.stat().st_ino for path in self._folder.iterdir()} if exists else {}

    def lose_power(self, how: How = "power") -> None:
        """Bring the folder into the state in which a loss of power now would leave it."""
        names = self._current() if how == "names" else self._names
        for name in self._current():
            (self._folder / name).unlink()
        for name, inode in names.items():
            (self._folder / name).write_bytes(self._contents.get(inode, b""))

    def _counted(self, function: Callable[P, R]) -> Callable[P, R]:
        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            self._step()
            return function(*args, **kwargs)

        return counted

    def _step(self, before: Callable[[], object] = lambda: None) -> None:
        self.count += 1
        if self.count != self._fault.operation:
            return
        before()
        how = self._fault.how
        if how in ("power", "names"):
            self.lose_power(how)
        if how in ("kill", "power", "names"):
            os.kill(os.getpid(), signal.SIGKILL)
        code = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EROFS": errno.EROFS}[how]
        raise OSError(code, os.strerror(code))

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_ACCMODE == os.O_RDONLY:
            return self._open(path, flags, mode)
        self._step()
        is_new = not path.exists()
        descriptor = self._open(path, flags, mode)
        if is_new:  # whatever had its inode before is gone
            self._contents[os.fstat(descriptor).st_ino] = b""
        return descriptor

    def write(self, descriptor: int, content: memoryview | bytes) -> int:
        if descriptor > 2:
            self._step(lambda: self._write(descriptor, content[: len(content) // 2]))
        return self._write(descriptor, content)

    def fsync(self, descriptor: int) -> None:
        self._step()
        self._fsync(descriptor)
        status = os.fstat(descriptor)
        if not stat.S_ISDIR(status.st_mode):
            self._contents[status.st_ino] = Path(f"/proc/self/fd/{descriptor}").read_bytes()
        elif self._folder.exists() and status.st_ino == self._folder.stat().st_ino:
            self._names = self._current()
