"""Early stopping: functions of the records so far, and so the same however often a run resumes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from purenn import checks
from purenn.errors import OptionError
from purenn.runs.records import Record

Until = Callable[[tuple[Record, ...]], bool]
Best = Callable[[tuple[Record, ...]], int]


def best_epoch(records: tuple[Record, ...], metric: str, *, lower_is_better: bool = True) -> int:
    """The epoch with the lowest value of a metric, or the highest; the first of several."""
    checks.instance("metric", metric, str)
    checks.instance("records", records, Sequence, "Take them from read_records.")
    if not records:
        raise OptionError("records: expected at least one, got none.")
    for number, row in enumerate(records):
        checks.instance("a record", row, Mapping)
        if metric not in row:
            known = ", ".join(name for name in row if name != "epoch")
            expected = f"one of record {number}'s ({known})"
            raise OptionError(f"metric: expected {expected}, got {metric!r}.")
    values = [record[metric] for record in records]
    return values.index(min(values) if lower_is_better else max(values))


def best(metric: str, *, lower_is_better: bool = True) -> Best:
    """`best_epoch` for that metric, for `train` to keep the parameters of."""
    return lambda records: best_epoch(records, metric, lower_is_better=lower_is_better)


def patience(metric: str, epochs: int, *, lower_is_better: bool = True) -> Until:
    """Stop when a metric has not improved for so many epochs."""
    most = checks.integer("epochs of patience", epochs)
    find = best(metric, lower_is_better=lower_is_better)
    return lambda records: find(records) <= len(records) - 1 - most
