"""Files in folders: reading them, and keeping them so that no half-written file is ever seen."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from purenn.datasets import idx
from purenn.datasets.files import Files, SourceFile, verify
from purenn.errors import OptionError, PurennError, UnavailableError

# The verified, decompressed contents of files by their names.
Contents = dict[str, bytes]

# Names the folder that has the files.
VARIABLE = "PURENN_DATA"

STALE_AFTER = 86400.0  # seconds


def chosen(directory: object, environment: Mapping[str, str]) -> tuple[Path, str] | None:
    """The folder that somebody chose, if any, and what errors call it.

    Raises:
        OptionError: `directory` is no path.
    """
    if directory is not None:
        if not isinstance(directory, str | Path):
            raise OptionError(f"directory must be a path or text and is {directory!r}.")
        return Path(directory), f"directory={str(directory)!r}"
    variable = environment.get(VARIABLE, "")
    return (Path(variable), f"{VARIABLE}={variable!r}") if variable else None


def locate(folder: Path, file: SourceFile) -> Path | None:
    """Where the file is, compressed or not; None if the folder has neither."""
    for name in (file.archive, file.name):
        if (folder / name).exists():
            return folder / name
    return None


def read_all(folder: Path, files: Files, subject: str) -> Contents:
    """The contents of all files in a folder.

    Args:
        folder: where they are.
        files: the files of the data set.
        subject: what errors call the folder, such as `directory=data` or `PURENN_DATA=data`.

    Raises:
        UnavailableError: there is no such folder, or files are missing; all of them are listed.
        FormatError: a file is truncated, corrupt or swapped.
    """
    if not folder.is_dir():
        raise UnavailableError(f"{subject} is no directory. {_needs(files)}")
    places = {file: locate(folder, file) for file in files}
    missing = ", ".join(file.archive for file, place in places.items() if place is None)
    if missing:
        raise UnavailableError(f"{subject} lacks {missing}. {_needs(files)}")
    return {
        file.name: verify(idx.read_raw(place), file, files, str(place))
        for file, place in places.items()
        if place is not None
    }


def read_some(
    folder: Path, wanted: tuple[SourceFile, ...], files: Files
) -> tuple[Contents, tuple[str, ...]]:
    """The contents of the wanted files that a folder has, and what is wrong with others there."""
    contents: Contents = {}
    problems: list[str] = []
    for file in wanted:
        place = locate(folder, file)
        if place is None:
            continue
        try:
            contents[file.name] = verify(idx.read_raw(place), file, files, str(place))
        except PurennError as error:
            problems.append(str(error))
    return contents, tuple(problems)


def keep(folder: Path, name: str, content: bytes) -> None:
    """Put a file into a folder, which is made if need be, in one step: all of it or nothing.

    It is written under another name in the same folder and then renamed, so processes that do the
    same at the same time do not disturb each other. What killed processes left behind for more
    than a day is removed.

    Raises:
        UnavailableError: the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, written = tempfile.mkstemp(prefix=f".{name}.", suffix=".part", dir=folder)
        part = Path(written)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            _remove_stale(folder, part.stat().st_mtime - STALE_AFTER)
            part.replace(folder / name)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UnavailableError(f"{folder} cannot be written to: {error.strerror}.") from error


def _remove_stale(folder: Path, before: float) -> None:
    for part in folder.glob(".*.part"):
        try:
            if part.stat().st_mtime < before:
                part.unlink()
        except FileNotFoundError:  # another process was faster
            continue


def _needs(files: Files) -> str:
    names = ", ".join(file.archive for file in files)
    return f"It must hold {names} (gzipped, or without the .gz)."
