"""Crash-safe file writes, appends and cuts.

Calls of the operating system come in the order that survives a loss of power: content is flushed
before the name that leads to it, and the name before whatever relies on it. Where the operating
system refuses, all functions raise `UnavailableError`.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from purenn.checks import described
from purenn.errors import OptionError, UnavailableError

AnyPath = str | os.PathLike[str]

SUFFIX = ".purenn-part"  # of files that are being written
NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
BINARY: int = getattr(os, "O_BINARY", 0)
DEVICE = "a device or a pipe"
# Windows replaces no file that is open, by a virus scanner say: how often to try again for 3 s.
RETRIES = 100 if os.name == "nt" else 0
KINDS = {stat.S_IFDIR: "a directory", stat.S_IFLNK: "a symbolic link"}


def expanded(path: AnyPath) -> Path:
    """The path with `~` expanded."""
    if isinstance(path, str) and not path:  # of which Path makes the current directory
        raise OptionError("path: expected a name, got an empty one.")
    try:
        return Path(path).expanduser()
    except TypeError:
        raise OptionError(f"path: expected a str or a Path, got {described(path)}.") from None
    except RuntimeError as error:
        raise UnavailableError(f"{path} cannot be expanded: {error}") from None


def absolute(path: AnyPath) -> Path:
    """The path from the root, with `~` expanded."""
    found = expanded(path)
    with translated(found, "found from the current directory"):
        return found.absolute()


@contextmanager
def translated(path: Path, failure: str) -> Iterator[None]:
    """Translate errors of the operating system: "x cannot be written: Permission denied."."""
    try:
        yield
    except UnavailableError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise UnavailableError(f"{path} cannot be {failure}: {reason}.") from error


def exists(path: Path) -> bool:
    """Whether there is something of that name, even a broken link."""
    with translated(path, "accessed"):
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
    return True


def require_folder(path: AnyPath) -> Path:
    """The path of a folder with `~` expanded."""
    folder = expanded(path)
    with translated(folder, "read"):
        if stat.S_ISDIR(folder.stat().st_mode):
            return folder
    raise UnavailableError(f"{folder} is not a directory: expected the folder of a run.")


def names(folder: Path) -> set[str]:
    """The names of all that is in a folder, and in folders in it."""

    def refuse(error: OSError) -> None:
        raise error

    with translated(folder, "read"):
        walk = os.walk(folder, onerror=refuse)
        return {
            str(Path(place, name).relative_to(folder))
            for place, folders, others in walk
            for name in (*folders, *others)
        }


def require_regular(path: Path, status: Callable[[Path], os.stat_result] = os.lstat) -> int:
    """The size of a regular file, or 0 if there is nothing; `os.stat` follows links to one."""
    with translated(path, "accessed"):
        try:
            found = status(path)
        except FileNotFoundError:
            return 0
    if not stat.S_ISREG(found.st_mode):
        raise _irregular(path, KINDS.get(stat.S_IFMT(found.st_mode), DEVICE))
    return found.st_size


def _irregular(path: Path, kind: str) -> UnavailableError:
    return UnavailableError(f"{path} is {kind}: expected a regular file.")


@contextmanager
def opened(path: Path, flags: int, rights: int = 0o666) -> Iterator[int]:
    """A descriptor of a regular file, which is not reached through a link."""
    require_regular(path)
    descriptor = os.open(path, flags | NO_FOLLOW | BINARY, rights)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write(path: AnyPath, content: bytes) -> None:
    """Write a file in one step: after a crash there is all of it, or what was there before.

    It keeps the permissions of what was there, where the file system has any. A symbolic link is
    replaced, and not followed.
    """
    target = expanded(path)
    require_regular(target, os.stat)
    if target.is_symlink() and Path("/proc") in target.readlink().parents:
        raise _irregular(target, DEVICE)  # such as /dev/stdout, where that goes to a file
    part = target.with_name(f".{target.name[:40]}.{os.urandom(6).hex()}{SUFFIX}")
    with translated(target, "written"):
        try:
            rights = 0o600 if target.exists() else 0o666  # nobody else's until it has the old ones
            with opened(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, rights) as descriptor:
                with suppress(OSError):
                    # By its descriptor: others may put a link in its place, who own the folder.
                    known = descriptor if os.chmod in os.supports_fd else part
                    os.chmod(known, target.stat().st_mode & 0o777)  # noqa: PTH101
                _write_all(descriptor, content)
                os.fsync(descriptor)
            _replace(target, part)
        except BaseException:
            with suppress(OSError):
                if os.name == "nt":  # which removes no file that is read-only
                    part.chmod(0o600)
            with suppress(OSError):
                part.unlink()
            raise
    flush_folder(target.parent)


def _replace(target: Path, part: Path) -> None:
    for _ in range(RETRIES):
        with suppress(PermissionError):
            part.replace(target)
            return
        time.sleep(0.03)
    part.replace(target)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def append(path: Path, content: bytes) -> None:
    """Add to the end of a file. It survives the process; `flush` makes it survive the machine."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    with translated(path, "written"), opened(path, flags) as descriptor:
        _write_all(descriptor, content)


def flush(path: Path) -> None:
    """Flush the content of a file to the disk."""
    with translated(path, "flushed"), opened(path, os.O_RDWR) as descriptor:
        os.fsync(descriptor)


def flush_folder(folder: Path) -> None:
    """Flush the names in a folder to the disk, where the operating system supports it."""
    with translated(folder, "flushed"), suppress(PermissionError):  # Windows opens no folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP):
                raise
        finally:
            os.close(descriptor)


def cut(path: Path, size: int) -> None:
    """Shorten a file to its first `size` bytes, for good; 0 makes a new one."""
    with translated(path, "written"), opened(path, os.O_RDWR | os.O_CREAT) as descriptor:
        os.ftruncate(descriptor, size)
        os.fsync(descriptor)
    flush_folder(path.parent)


def remove(path: Path) -> None:
    """Remove a file for good, if it is there."""
    if exists(path):
        with translated(path, "removed"):
            path.unlink()
        flush_folder(path.parent)


def read(path: AnyPath, mark: bytes = b"", place: int = 0) -> bytes:
    """The content of a regular file; only its start if the mark is not at that place."""
    source = expanded(path)
    require_regular(source, os.stat)
    with translated(source, "read"), source.open("rb") as file:
        start = file.read(place + len(mark))
        file.seek(0, os.SEEK_END)  # empties the buffer, or the content would be copied after it
        file.seek(0)
        return file.read() if start.endswith(mark) else start


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, where they are missing."""
    with translated(folder, "made"):
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        flush_folder(one.parent)
