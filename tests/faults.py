"""Operations on files that go wrong: what a full disk, a kill or a loss of power do to a run.

The functions of `os` that purenn writes with are counted, and at a given one of them it happens.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
from pathlib import Path
from typing import Literal, NoReturn

import attrs
import pytest

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
        self.contents: dict[int, bytes] = {}
        self.names: dict[str, int] = {}
        if folder.exists():
            self.names = self._current()
            self.contents = {
                (folder / n).stat().st_ino: (folder / n).read_bytes() for n in self.names
            }

    def _current(self) -> dict[str, int]:
        return {path.name: path.stat().st_ino for path in self.folder.iterdir()}

    def made(self, descriptor: int) -> None:
        """A file is new: whatever had its inode before is gone."""
        self.contents[os.fstat(descriptor).st_ino] = b""

    def flushed(self, descriptor: int) -> None:
        """A file or the folder was flushed."""
        status = os.fstat(descriptor)
        if not stat.S_ISDIR(status.st_mode):
            reader = os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY)
            self.contents[status.st_ino] = os.pread(reader, status.st_size, 0)
            os.close(reader)
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
        self._open, self._write, self._pwrite = os.open, os.write, os.pwrite
        self._fsync, self._ftruncate = os.fsync, os.ftruncate
        self._replace, self._unlink, self._mkdir = os.replace, os.unlink, os.mkdir

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Put the watched functions in the place of those of `os`."""
        for function in (
            *(self.open, self.write, self.pwrite, self.fsync, self.ftruncate),
            *(self.replace, self.unlink, self.mkdir),
        ):
            patch.setattr(os, function.__name__, function)

    def lose_power(self) -> None:
        """Bring the folder into the state in which a loss of power now would leave it."""
        self._disk.lose("power")

    def _is_struck(self) -> bool:
        self.count += 1
        return self.count == self._fault.operation

    def _strike(self) -> NoReturn:
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
        if self._is_struck():
            self._strike()
        is_new = not path.exists()
        descriptor = self._open(path, flags, mode)
        if is_new:
            self._disk.made(descriptor)
        return descriptor

    def write(self, descriptor: int, content: memoryview) -> int:
        if descriptor <= 2:
            return self._write(descriptor, content)
        if self._is_struck():
            self._write(descriptor, content[: len(content) // 2])
            self._strike()
        return self._write(descriptor, content)

    def pwrite(self, descriptor: int, content: bytes, offset: int) -> int:
        if self._is_struck():
            self._pwrite(descriptor, content[: len(content) // 2], offset)
            self._strike()
        return self._pwrite(descriptor, content, offset)

    def fsync(self, descriptor: int) -> None:
        if self._is_struck():
            self._strike()
        self._fsync(descriptor)
        self._disk.flushed(descriptor)

    def ftruncate(self, descriptor: int, length: int) -> None:
        if self._is_struck():
            self._strike()
        self._ftruncate(descriptor, length)

    def replace(self, source: Path, target: Path) -> None:
        if self._is_struck():
            self._strike()
        self._replace(source, target)

    def unlink(self, path: Path) -> None:
        if self._is_struck():
            self._strike()
        self._unlink(path)

    def mkdir(self, path: Path, mode: int = 0o777) -> None:
        if self._is_struck():
            self._strike()
        self._mkdir(path, mode)
