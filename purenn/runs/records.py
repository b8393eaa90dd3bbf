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
        raise OptionError(
            'metric "epoch": the name is taken by the number of the epoch. Choose another.'
        )
    return {"epoch": epoch, **{name: _number(name, metrics[name], epoch) for name in metrics}}


def _number(name: object, value: object, epoch: int) -> float:
    found: object = value.item() if isinstance(value, np.generic) else value
    if not isinstance(name, str) or isinstance(found, bool) or not isinstance(found, int | float):
        raise OptionError(f"metric {name!r}: expected a number, got {described(value)}.")
    if not isfinite(found):
        raise DivergenceError(f"metric {name!r} is {found} at the end of epoch {epoch}.")
    return found


def read_records(folder: AnyPath) -> tuple[Record, ...]:
    """The records in a run's folder. A last line that was not finished is left out."""
    return _records(files.expanded(folder))[0]


def _records(folder: Path, limit: int | None = None) -> tuple[tuple[Record, ...], int]:
    """The first records, and the size of the file up to their end."""
    path = folder / METRICS
    lines = _lines(path)[:limit]
    if limit is not None and len(lines) < limit:
        raise RunError(
            f"{path} has {len(lines)} epochs, but the checkpoint was written after {limit}. "
            "Restore it from a copy, or start again in another folder."
        )
    found: list[Record] = []
    for number, line in enumerate(lines):
        where = f"{path}, line {number + 1}"
        facts = jsons.parse(line, where)
        if not isinstance(facts, dict) or facts.get("epoch") != number:
            raise RunError(f"{where}: expected the record of epoch {number}.")
        found.append({name: fact for name, fact in facts.items() if isinstance(fact, int | float)})
        if len(found[-1]) < len(facts):
            raise RunError(f"{where}: expected only numbers.")
    return tuple(found), sum(map(len, lines))


def keep_records(folder: Path, count: int) -> tuple[Record, ...]:
    """The first `count` records, after what follows them was cut off the file.

    Of times.jsonl, on which nothing depends, only an unfinished last line is cut off.
    """
    kept, size = _records(folder, count)
    seconds(folder)  # whether it can be read
    files.cut(folder / METRICS, size)
    files.cut(folder / TIMES, sum(map(len, _lines(folder / TIMES))))
    return kept


def _lines(path: Path) -> list[bytes]:
    """The finished lines of a file; none if there is no file."""
    files.require_regular(path)
    raw = files.read(path, LIMIT) if files.exists(path) else b""
    return [line + b"\n" for line in raw.split(b"\n")[:-1]]


def seconds(folder: Path) -> float:
    """How long the run trained, in all sessions, but for what a kill left unwritten."""
    total = 0.0
    for number, line in enumerate(_lines(folder / TIMES)):
        where = f"{folder / TIMES}, line {number + 1}"
        match jsons.parse(line, where):
            case {"seconds": float(time)}:
                total += time
            case {"started": str()}:
                continue
            case _:
                raise RunError(f"{where}: expected the start or the seconds of a session.")
    return total
