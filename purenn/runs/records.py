"""One line of JSON for each epoch: metrics.jsonl, and times.jsonl for all that a clock says."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path

from purenn import durable, jsons
from purenn.errors import DivergenceError, FormatError, OptionError, RunError, UnavailableError
from purenn.jsons import Json

METRICS = "metrics.jsonl"
TIMES = "times.jsonl"
LIMIT = 2**30  # bytes

# What was measured at the end of an epoch, with the number of the epoch, from 0, as "epoch".
Record = Mapping[str, float]


def record(epoch: int, metrics: Mapping[str, float]) -> Record:
    """The record of an epoch.

    Raises:
        OptionError: a metric is no number.
        DivergenceError: a metric is NaN or infinite.
    """
    for name, value in metrics.items():
        if not isinstance(value, int | float):
            raise OptionError(
                f"The metric {name!r} is a {type(value).__name__}: metrics are Python's int or "
                "float. Convert it with float(...)."
            )
        if not isfinite(value):
            raise DivergenceError(
                f"The metric {name!r} is {value} at the end of epoch {epoch}: metrics are finite."
            )
    return {"epoch": epoch, **metrics}


def append_record(folder: Path, new: Record) -> None:
    """Add a record to metrics.jsonl.

    Raises:
        RunError: it cannot be written.
    """
    _append(folder / METRICS, dict(new))


def flush_records(folder: Path) -> None:
    """Flush metrics.jsonl to the disk, so that a loss of power leaves it as it is.

    Raises:
        RunError: that failed.
    """
    try:
        durable.flush(folder / METRICS)
    except UnavailableError as error:
        raise RunError(f"{error} The last checkpoint stands.") from error


def append_time(folder: Path, facts: dict[str, Json]) -> None:
    """Add a line to times.jsonl.

    Raises:
        RunError: it cannot be written.
    """
    _append(folder / TIMES, facts)


def _append(path: Path, value: Json) -> None:
    try:
        durable.append(path, jsons.line(value))
    except UnavailableError as error:
        raise RunError(f"{error} The last checkpoint stands.") from error


def read_records(folder: Path) -> tuple[Record, ...]:
    """The records in a run's folder. A last line that was not finished is left out.

    Raises:
        RunError: metrics.jsonl cannot be read, or a line of it is no record.
    """
    return tuple(
        _parsed(line, number, folder) for number, line in enumerate(_lines(folder / METRICS))
    )


def keep_records(folder: Path, count: int) -> tuple[Record, ...]:
    """The first `count` records, after what comes behind them was cut off the file.

    Of times.jsonl, which is no part of what is continued, only an unfinished last line is cut off.

    Raises:
        RunError: there are fewer, or metrics.jsonl cannot be read or written.
    """
    lines = _lines(folder / METRICS)
    if len(lines) < count:
        raise RunError(
            f"{folder / METRICS} has {len(lines)} epochs and the checkpoint comes after {count}. "
            "Somebody changed it: take another copy, or start anew in another folder."
        )
    kept = tuple(_parsed(line, number, folder) for number, line in enumerate(lines[:count]))
    try:
        durable.cut(folder / METRICS, sum(map(len, lines[:count])))
        durable.cut(folder / TIMES, sum(map(len, _lines(folder / TIMES))))
    except UnavailableError as error:
        raise RunError(f"{error}") from error
    return kept


def _lines(path: Path) -> list[bytes]:
    """The lines of a file that were finished; none if there is no file."""
    try:
        raw = durable.read(path, LIMIT) if path.exists() else b""
    except UnavailableError as error:
        raise RunError(f"{error}") from error
    return [line + b"\n" for line in raw.split(b"\n")[:-1]]


def _parsed(line: bytes, number: int, folder: Path) -> Record:
    where = f"{folder / METRICS}, line {number + 1}"
    try:
        found = jsons.parse(line, where)
    except FormatError as error:
        raise RunError(f"{error}") from None
    if not isinstance(found, dict) or found.get("epoch") != number:
        raise RunError(f"{where} is no record of epoch {number}.")
    numbers = {name: value for name, value in found.items() if isinstance(value, int | float)}
    if len(numbers) < len(found):
        raise RunError(f"{where} holds something else than numbers.")
    return numbers


def seconds(folder: Path) -> float:
    """How long the run trained, in all sessions, but for what a kill left unwritten.

    Raises:
        RunError: times.jsonl cannot be read.
    """
    try:
        lines = [jsons.parse(line, str(folder / TIMES)) for line in _lines(folder / TIMES)]
    except FormatError as error:
        raise RunError(f"{error}") from None
    times = [line.get("seconds") for line in lines if isinstance(line, dict)]
    return sum(time for time in times if isinstance(time, float))
