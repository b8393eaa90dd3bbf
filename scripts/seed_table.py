"""Runs that differ in their seed alone: how right they are, and how long they took."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from statistics import mean

import attrs
from rich import box
from rich.markup import escape
from rich.table import Table

from figures import Cloud
from purenn.errors import RunError
from purenn.runs.records import seconds
from run_table import Found


@attrs.frozen
class Seeds:
    """Finished runs in one folder, whose name is theirs."""

    name: str
    runs: tuple[Found, ...]

    @property
    def minutes(self) -> list[float]:
        """How long each trained."""
        return [seconds(run.folder) / 60.0 for run in self.runs]

    @property
    def size(self) -> str:
        """How many numbers the parameters are, where the run says so."""
        summary = self.runs[0].summary
        size = None if summary is None else summary.metrics.get("parameters")
        return f"{size:,.0f}" if isinstance(size, int | float) else ""

    def values(self, metric: str) -> list[float]:
        """A final metric of each.

        Raises:
            RunError: a run has not finished, or has no such metric.
        """
        found: list[float] = []
        for run in self.runs:
            value = None if run.summary is None else run.summary.metrics.get(metric)
            if not isinstance(value, int | float):
                raise RunError(f"{run.folder}: expected a finished run with a {metric}.")
            found.append(value)
        return found


def by_folder(found: Sequence[Found]) -> list[Seeds]:
    """The runs by the folder that they lie in."""
    groups = groupby(sorted(found, key=_place), _place)
    return [Seeds(folder.name, tuple(group)) for folder, group in groups]


def _place(run: Found) -> Path:
    return run.folder.resolve().parent


def seed_table(groups: Sequence[Seeds], metric: str) -> Table:
    """One row for each group: the mean of the metric, each run's, and what they cost."""
    mean_of = f"mean {metric.replace('_', ' ')}, %"
    names = "runs", mean_of, "each", "parameters", "epochs", "minutes"
    shown = Table(*map(escape, names), box=box.SIMPLE_HEAD)
    for group in groups:
        values = [100.0 * value for value in group.values(metric)]
        shown.add_row(
            escape(group.name),
            f"{mean(values):.2f}",
            " ".join(f"{value:.2f}" for value in values),
            group.size,
            str(len(group.runs[0].records)),
            f"{mean(group.minutes):.1f}",
        )
    return shown


def clouds(groups: Sequence[Seeds], metric: str) -> list[Cloud]:
    """The metric of each run over its minutes."""
    return [
        Cloud(group.name, group.minutes, [100.0 * value for value in group.values(metric)])
        for group in groups
    ]
