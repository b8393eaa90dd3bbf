"""Whether two run folders hold the same, clocks aside."""

from __future__ import annotations

from pathlib import Path

import attrs

from purenn.files import AnyPath, expanded
from purenn.runs.folder import SUMMARY
from purenn.runs.lock import LOCK
from purenn.runs.records import TIMES
from purenn.runs.summary import read_summary


def differences(first: AnyPath, second: AnyPath) -> tuple[str, ...]:
    """The names of the files in which two folders differ, byte for byte.

    Left out are times.jsonl, the seconds in summary.json, and the lock.
    """
    one, other = expanded(first), expanded(second)
    names = {str(path.relative_to(place)) for place in (one, other) for path in place.rglob("*")}
    return tuple(
        name
        for name in sorted(names - {TIMES, LOCK})
        if _content(one / name) != _content(other / name)
    )


def _content(path: Path) -> object:
    if not path.is_file():
        return path.is_dir()
    summary = read_summary(path.parent) if path.name == SUMMARY else None
    return path.read_bytes() if summary is None else attrs.evolve(summary, seconds=0.0)
