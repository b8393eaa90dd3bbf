"""One line of JSON for each epoch: metrics.jsonl, and times.jsonl for all that a clock says."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path

import numpy as np

from purenn import files, jsons
from purenn.arrays import Element
from purenn.checks import described
from purenn.errors import DivergenceError, OptionError, RunError
from purenn.files import AnyPath
from purenn.jsons import Json

METRICS = "metrics.jsonl"
TIMES = "times.jsonl"
LIMIT = 2**30  # bytes

# What was measured at the end of an epoch, with the number of the epoch, from 0, as "epoch".
Record = Mapping[str, float]
Metrics = Mapping[str, float | Element]


def record(epoch: int, metrics: Metrics) -> Record:
    """The record of an epoch.

    Raises:
        OptionError: a metric is not a number, or is named "epoch".
        DivergenceError: a metric is NaN or infinite.
    """
    if "epoch" in metrics:
        raise OptionError('metric "epoch": that is the number of the epoch. Choose another name.')
    return {"epoch": epoch, **{name: _number(name, metrics[name], epoch) for name in metrics}}


def _number(name: object, value: object, epoch: int) -> float:
    found: object = value.item() if isinstance(value, np.generic) else value
    if not isinstance(name, str) or isinstance(found, bool) or not isinstance(found, int | float):
        raise OptionError(f"metric {name!r}: expected a number, got {described(value)}.")
    if not isfinite(found):
        raise DivergenceError(f"metric {name!r} is {found} at the end of epoch {epoch}.")
    return found


def append_record(folder: Path, new: Record) -> None:
    """Add a record to metrics.jsonl."""
    files.append(folder / METRICS, jsons.line({**new}))


def append_time(folder: Path, facts: dict[str, Json]) -> None:
    """Add a line to times.jsonl."""
    files.append(folder / TIMES, jsons.line(facts))


def read_records(folder: AnyPath) -> tuple[Record, ...]:
    """The records in a run's folder. A last line that was not finished is left out.

    Raises:
        RunError, FormatError: a line of metrics.jsonl is not a record.
        UnavailableError: metrics.jsonl cannot be read.
    """
    path = files.expanded(folder) / METRICS
    return tuple(_parsed(path, line, number) for number, line in enumerate(_lines(path)))


def keep_records(folder: Path, count: int) -> tuple[Record, ...]:
    """The first `count` records, after what follows them was cut off the file.

    Of times.jsonl, on which nothing depends, only an unfinished last line is cut off.

    Raises:
        RunError, FormatError: there are fewer, or a line of either file is malformed.
        UnavailableError: one of the files cannot be read or written, or is a link.
    """
    path = folder / METRICS
    lines = _lines(path)
    if len(lines) < count:
        raise RunError(
            f"{path} has {len(lines)} epochs, and the checkpoint comes after {count}. Take another "
            "copy of it, or start again in another folder."
        )
    kept = tuple(_parsed(path, line, number) for number, line in enumerate(lines[:count]))
    seconds(folder)  # whether it can be read
    files.cut(path, sum(map(len, lines[:count])))
    files.cut(folder / TIMES, sum(map(len, _lines(folder / TIMES))))
    return kept


def _lines(path: Path) -> list[bytes]:
    """The finished lines of a file; none if there is no file."""
    files.require_regular(path)
    raw = files.read(path, LIMIT) if files.exists(path) else b""
    return [line + b"\n" for line in raw.split(b"\n")[:-1]]


def _parsed(path: Path, line: bytes, number: int) -> Record:
    where = f"{path}, line {number + 1}"
    found = jsons.parse(line, where)
    if not isinstance(found, dict) or found.get("epoch") != number:
        raise RunError(f"{where}: expected the record of epoch {number}.")
    numbers = {name: value for name, value in found.items() if isinstance(value, int | float)}
    if len(numbers) < len(found):
        raise RunError(f"{where}: expected only numbers.")
    return numbers


def seconds(folder: Path) -> float:
    """How long the run trained, in all sessions, but for what a kill left unwritten.

    Raises:
        RunError, FormatError: a line of times.jsonl is malformed.
        UnavailableError: it cannot be read.
    """
    total = 0.0
    path = folder / TIMES
    for number, line in enumerate(_lines(path)):
        where = f"{path}, line {number + 1}"
        match jsons.parse(line, where):
            case {"seconds": float(time)}:
                total += time
            case {"started": str()}:
                continue
            case _:
                raise RunError(f"{where}: expected the start or the seconds of a session.")
    return total
