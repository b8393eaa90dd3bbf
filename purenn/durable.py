"""Files that are all there or not there at all, whenever a process or a machine stops.

Everything goes through `os`, call by call, in the order that survives a loss of power: content is
flushed before the name that leads to it, and the name before whatever relies on it.
"""

from __future__ import annotations

import os
from pathlib import Path

from purenn.errors import UnavailableError

SUFFIX = ".part"  # of files that are being written


def write(path: Path, content: bytes) -> None:
    """Put a file into its folder in one step: all of it, on the disk, or what was there before.

    Raises:
        UnavailableError: it cannot be written; what was there before still is.
    """
    part = path.with_name(f".{path.name}.{os.urandom(6).hex()}{SUFFIX}")
    try:
        try:
            _write_new(part, content)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UnavailableError(f"{path} cannot be written: {_reason(error)}.") from error
    flush(path.parent)


def _write_new(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def append(path: Path, content: bytes) -> None:
    """Add to the end of a file. It is there if the process stops; `flush` makes it stay.

    Raises:
        UnavailableError: it cannot be written. Part of the content may be there.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            _write_all(descriptor, content)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UnavailableError(f"{path} cannot be written: {_reason(error)}.") from error


def flush(path: Path) -> None:
    """Flush the content of a file, or the names in a folder, to the disk.

    Raises:
        UnavailableError: that failed.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UnavailableError(f"{path} cannot be flushed: {_reason(error)}.") from error


def cut(path: Path, size: int) -> None:
    """Shorten a file to its first `size` bytes, and flush it to the disk; 0 makes a new one.

    Raises:
        UnavailableError: it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
        try:
            os.ftruncate(descriptor, size)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UnavailableError(f"{path} cannot be written: {_reason(error)}.") from error
    flush(path.parent)


def read(path: Path, limit: int) -> bytes:
    """The content of a file of at most `limit` bytes.

    Raises:
        UnavailableError: it is not there, is no file, cannot be read, or is larger.
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise UnavailableError(f"{path} is a directory, and a file was expected.")
        if not path.is_file():
            raise UnavailableError(f"{path} is a device or pipe, and a file was expected.")
        if size > limit:
            raise UnavailableError(f"{path} has {size:,} bytes, and at most {limit:,} make sense.")
        return path.read_bytes()
    except UnavailableError:
        raise
    except OSError as error:
        raise UnavailableError(f"{path} cannot be read: {_reason(error)}.") from error


def remove_parts(folder: Path) -> None:
    """Remove what writes that were killed left in a folder where nobody else writes now."""
    for part in folder.glob(f".*{SUFFIX}"):
        part.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it lies in, where they are not there yet.

    Raises:
        UnavailableError: it cannot be made.
    """
    try:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be made: {_reason(error)}.") from error
    for one in missing:
        flush(one.parent)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
