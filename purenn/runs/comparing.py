"""Whether two run folders hold the same, clocks aside."""

from __future__ import annotations

from pathlib import Path

import attrs

from purenn.runs.finish import read_summary
from purenn.runs.folder import SUMMARY
from purenn.runs.records import TIMES


def differences(first: Path, second: Path) -> tuple[str, ...]:
    """The names of the files in which two folders differ, byte for byte.

    Left out are times.jsonl, and the seconds in summary.json: they are different each time.
    """
    names = sorted(_files(first) | _files(second))
    return tuple(name for name in names if not _is_same(first / name, second / name))


def _files(folder: Path) -> set[str]:
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if str(path) != TIMES}


def _is_same(first: Path, second: Path) -> bool:
    if not first.is_file() or not second.is_file():
        return False
    if first.name == SUMMARY:
        one, other = read_summary(first.parent), read_summary(second.parent)
        return (
            one is not None
            and other is not None
            and one == attrs.evolve(other, seconds=one.seconds)
        )
    return first.read_bytes() == second.read_bytes()
