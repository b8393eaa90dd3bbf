"""One line of JSON for each epoch in metrics.jsonl, and all times in times.jsonl.

Early stopping is a function of the records so far, and so the same however often a run resumes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import isfinite
from pathlib import Path

import numpy as np

from purenn import checks, files, jsons
from purenn.arrays import Element
from purenn.errors import DivergenceError, OptionError, RunError

METRICS = "metrics.jsonl"
TIMES = "times.jsonl"
# In the names of metrics of which more is better.
HIGHER = ("accuracy", "auc", "precision", "recall", "score")

# What was measured at the end of an epoch, with the number of the epoch, from 0, as "epoch".
Record = Mapping[str, float]
Metrics = Mapping[str, float | Element]
Until = Callable[[tuple[Record, ...]], bool]
Best = Callable[[tuple[Record, ...]], int]


def record(epoch: int, metrics: Metrics) -> Record:
    """The record of an epoch, whose metrics must be finite numbers."""
    checks.instance("metrics", metrics, Mapping, "Return a dict of numbers from measure.")
    if "epoch" in metrics:
        raise OptionError('metric "epoch": the epoch\'s number has that name. Choose another.')
    found: dict[str, float] = {"epoch": epoch}
    for name, value in metrics.items():
        checks.instance("The name of a metric", name, str)
        number: object = value.item() if isinstance(value, np.generic) else value
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise OptionError(f"metric {name!r}: expected a number, got {checks.described(value)}.")
        if not isfinite(size := checks.as_float(number)):
            raise DivergenceError(f"metric {name!r} is {size} at the end of epoch {epoch + 1}.")
        found[name] = number
    return found


def read_records(folder: files.AnyPath) -> tuple[Record, ...]:
    """The records in a run's folder. A last line that was not finished is left out."""
    path = files.require_folder(folder) / METRICS
    return _records(path, _lines(path))


def keep_records(folder: Path, count: int) -> tuple[Record, ...]:
    """The first `count` records, after what follows them, and unfinished lines, were cut off."""
    path, times = folder / METRICS, folder / TIMES
    lines = _lines(path)[:count]
    if len(lines) < count:
        problem = f"has {len(lines)} epochs, but the checkpoint was written after {count}"
        cure = "Restore it from a copy, or start again in another folder."
        raise RunError(f"{path} {problem}. {cure}")
    kept = _records(path, lines)
    seconds(folder)  # whether it can be read
    files.cut(path, sum(map(len, lines)))
    files.cut(times, sum(map(len, _lines(times))))
    return kept


def require_records(folder: Path, records: tuple[Record, ...]) -> None:
    """Check that a run's folder has these records, and nothing after them."""
    paths = folder / METRICS, folder / TIMES
    is_whole = all(files.require_regular(x) == sum(map(len, _lines(x))) for x in paths)
    if not is_whole or read_records(folder) != records:
        raise RunError(
            f"{folder} has other records than this progress: it was trained further, perhaps by a "
            "failed session, or the progress is another run's. Take it from begin."
        )


def seconds(folder: Path) -> float:
    """How long the run trained, in all sessions, but for what a kill left unwritten."""
    path, total = folder / TIMES, 0.0
    for number, line in enumerate(_lines(path), 1):
        where = f"{path}, line {number}"
        match jsons.parse(line, where):
            case {"seconds": float(time)}:
                total += time
            case {"started": str()}:
                continue
            case _:
                raise RunError(f"{where}: expected the start or the seconds of a session.")
    return total


def _records(path: Path, lines: list[bytes]) -> tuple[Record, ...]:
    found: list[Record] = []
    for epoch, line in enumerate(lines):
        where = f"{path}, line {epoch + 1}"
        facts = jsons.parse(line, where)
        pairs = facts.items() if isinstance(facts, dict) else ()
        plain = {name: x for name, x in pairs if isinstance(x, int | float) and type(x) is not bool}
        if plain != facts or plain.get("epoch") != epoch:
            raise RunError(f"{where}: expected the record of epoch {epoch}, only finite numbers.")
        found.append(plain)
    return tuple(found)


def _lines(path: Path) -> list[bytes]:
    """The finished lines of a file; none if there is no file."""
    raw = files.read(path) if files.require_regular(path) else b""
    return [line + b"\n" for line in raw.split(b"\n")[:-1]]


def best_epoch(
    records: tuple[Record, ...], metric: str, *, lower_is_better: bool | None = None
) -> int:
    """The epoch, from 0, with the lowest value of a metric, or the highest; the first of several.

    Every record must have the metric: measure it in every epoch. `lower_is_better` is required if
    the metric's name is that of an accuracy, a score or the like; it defaults to True for others.
    So too for `best` and `patience`.
    """
    is_lower = _is_lower_better(metric, lower_is_better)
    checks.instance("records", records, Sequence, "Take them from read_records.")
    if not records:
        raise OptionError("records: expected at least one, got none.")
    try:
        values = [record[metric] for record in records]
    except (LookupError, TypeError):  # not before: `train` asks after each epoch
        for number, row in enumerate(records):
            checks.instance("a record", row, Mapping)
            if metric not in row:
                known = ", ".join(name for name in row if name != "epoch")
                expected = f"one of record {number}'s ({known})"
                raise OptionError(f"metric: expected {expected}, got {metric!r}.") from None
        raise
    return values.index(min(values) if is_lower else max(values))


def best(metric: str, *, lower_is_better: bool | None = None) -> Best:
    """`best_epoch` of a metric, for `train` to keep the parameters of that epoch."""
    is_lower = _is_lower_better(metric, lower_is_better)
    return partial(best_epoch, metric=metric, lower_is_better=is_lower)


def patience(metric: str, epochs: int, *, lower_is_better: bool | None = None) -> Until:
    """Early stopping, for `train`: stop when a metric has not improved for `epochs` epochs."""
    most = checks.integer("epochs of patience", epochs)
    return partial(_is_stale, find=best(metric, lower_is_better=lower_is_better), epochs=most)


def _is_lower_better(metric: str, told: object) -> bool:
    checks.instance("metric", metric, str)
    if told is not None:
        return bool(checks.instance("lower_is_better", told, bool))
    if any(name in metric.lower() for name in HIGHER):
        expected = f"expected to be told for {metric!r}, of which more seems better"
        raise OptionError(f"lower_is_better: {expected}. Give lower_is_better=False.")
    return True


def _is_stale(records: tuple[Record, ...], find: Best, epochs: int) -> bool:
    return find(records) <= len(records) - 1 - epochs
