"""Getting the files of a data set from wherever they can be had, in a fixed order."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import attrs

from purenn.datasets import idx
from purenn.datasets.files import Deliveries, Files, SourceFile, verify
from purenn.datasets.folders import Contents, keep, read_some
from purenn.datasets.progress import Progress
from purenn.errors import PurennError, UnavailableError


@attrs.frozen
class Route:
    """A way to files that are not here yet.

    Args:
        name: what messages call it.
        deliver: gives the files that are asked for, one by one, and raises a `PurennError` where
            it cannot go on. Nothing that it gives is trusted.
    """

    name: str
    deliver: Callable[[tuple[SourceFile, ...]], Deliveries]


@attrs.frozen
class Places:
    """Where the files of a data set may be.

    Args:
        folders: looked through first, in this order.
        routes: taken one after the other until there is nothing left to fetch.
        cache: the folder that keeps what came by a route; best among `folders` too.
        advice: how people can help themselves; it ends the message when nothing works.
    """

    folders: tuple[Path, ...]
    routes: tuple[Route, ...]
    cache: Path
    advice: str


def acquire(files: Files, places: Places, progress: Progress) -> Contents:
    """The verified contents of all files of a data set.

    Raises:
        UnavailableError: some cannot be had; the message tells what was tried and what happened.
    """
    contents: Contents = {}
    attempts: list[str] = []
    for folder in places.folders:
        found, faults = read_some(folder, _wanted(files, contents), files)
        contents |= found
        for fault in faults:
            progress.say(fault)
        attempts.append(
            f"{folder}: {' '.join(faults) or _lacking(_wanted(files, contents), files)}"
        )
    for route in places.routes:
        wanted = _wanted(files, contents)
        if not wanted:
            break
        arrived, fault = _follow(route, wanted, files, places.cache, progress)
        contents |= arrived
        if fault:
            progress.say(fault)
        attempts.append(f"{route.name}: {fault}")
    wanted = _wanted(files, contents)
    if wanted:
        names = ", ".join(file.archive for file in wanted)
        tried = "\n".join(f"  - {attempt}" for attempt in attempts)
        raise UnavailableError(f"{names} cannot be had. Tried:\n{tried}\n{places.advice}")
    return contents


def _wanted(files: Files, contents: Contents) -> tuple[SourceFile, ...]:
    return tuple(file for file in files if file.name not in contents)


def _lacking(wanted: tuple[SourceFile, ...], files: Files) -> str:
    if wanted == files:
        return "has none of the files."
    return f"lacks {', '.join(file.archive for file in wanted)}."


def _follow(
    route: Route, wanted: tuple[SourceFile, ...], files: Files, cache: Path, progress: Progress
) -> tuple[Contents, str]:
    """What a route gives before it fails, if it does, and why."""
    arrived: Contents = {}
    try:
        with closing(route.deliver(wanted)) as deliveries:
            for file, raw, where in deliveries:
                arrived[file.name] = verify(raw, file, files, where)
                _keep(cache, file, raw, progress)
    except PurennError as error:
        return arrived, str(error)
    return arrived, ""


def _keep(cache: Path, file: SourceFile, raw: bytes, progress: Progress) -> None:
    """Keep a file for the next time. Where that is impossible, this time works all the same."""
    archive = raw if raw.startswith(idx.GZIP_MAGIC) else gzip.compress(raw, mtime=0)
    try:
        keep(cache, file.archive, archive)
    except UnavailableError as error:
        progress.say(f"{error} So {file.archive} has to be fetched again next time.")
