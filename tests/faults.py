"""Operations on files that go wrong: what a full disk, a kill or a loss of power do to a run.

The functions of `os` that purenn writes with are counted, and at a given one of them it happens.
"""

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
    """What goes wrong.

    Args:
        operation: which operation it is, counted from 1; 0 for none.
        how: what happens then.
    """

    operation: int = 0
    how: How = "kill"


NO_FAULT = Fault()


class Disk:
    """What is on the disk for good: contents by inode, and the names in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = self._current() if folder.exists() else {}
        self.contents = {inode: (folder / name).read_bytes() for name, inode in self.names.items()}

    def _current(self) -> dict[str, int]:
        return {path.name: path.stat().st_ino for path in self.folder.iterdir()}

    def flushed(self, descriptor: int) -> None:
        """A file or the folder was flushed."""
        status = os.fstat(descriptor)
        if not stat.S_ISDIR(status.st_mode):
            self.contents[status.st_ino] = Path(f"/proc/self/fd/{descriptor}").read_bytes()
        elif self.folder.exists() and status.st_ino == self.folder.stat().st_ino:
            self.names = self._current()

    def lose(self, how: How) -> None:
        """Bring the folder into the state in which a loss of power leaves it."""
        if not self.folder.exists():
            return
        names = self._current() if how == "names" else self.names
        for path in self.folder.iterdir():
            path.unlink()
        for name, inode in names.items():
            (self.folder / name).write_bytes(self.contents.get(inode, b""))


class Watch:
    """The functions of `os` that write, each counted, and one of them struck."""

    def __init__(self, fault: Fault, folder: Path) -> None:
        self.count = 0
        self._fault = fault
        self._disk = Disk(folder)
        self._open, self._write, self._fsync = os.open, os.write, os.fsync

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put the watched functions in the place of those of `os`."""
        for function in (self.open, self.write, self.fsync):
            patch.setattr(os, function.__name__, function)
        for plain in (os.ftruncate, os.replace, os.unlink, os.mkdir):
            patch.setattr(os, plain.__name__, self._counted(plain))

    def lose_power(self) -> None:
        """Bring the folder into the state in which a loss of power now would leave it."""
        self._disk.lose("power")

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
        if how in ("kill", "power", "names"):
            if how != "kill":
                self._disk.lose(how)
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
            self._disk.contents[os.fstat(descriptor).st_ino] = b""
        return descriptor

    def write(self, descriptor: int, content: memoryview | bytes) -> int:
        if descriptor > 2:
            self._step(lambda: self._write(descriptor, content[: len(content) // 2]))
        return self._write(descriptor, content)

    def fsync(self, descriptor: int) -> None:
        self._step()
        self._fsync(descriptor)
        self._disk.flushed(descriptor)
