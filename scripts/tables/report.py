"""Scores as tables in Markdown and as a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from math import inf, nan, sqrt
from pathlib import Path
from statistics import geometric_mean

import attrs
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from purenn.arrays import Vector
from purenn.estimators._columns import fit_columns
from tables.catalog import Table, load
from tables.methods import PURENN, Method
from tables.worker import Score

NOISE = 2.0  # Standard errors of a difference, within which two methods are equal.


@attrs.frozen(eq=False)
class Compared:
    """A method and purenn on a table, by the seeds that both have."""

    table: str
    own: Vector
    other: Vector
    seconds: float  # the other's, divided by purenn's
    cpu: float

    @property
    def ratio(self) -> float:
        """The other's mean error, divided by purenn's; 1 if both are 0."""
        own, other = float(self.own.mean()), float(self.other.mean())
        return other / own if own else 1.0 + other

    @property
    def verdict(self) -> int:
        """1 if purenn is better, -1 if it is worse, and 0 if that may be chance."""
        difference = self.other - self.own
        noise = NOISE * _standard_error(difference) if len(difference) > 1 else inf
        return int(difference.mean() > noise) - int(difference.mean() < -noise)


def compared(scores: Sequence[Score], method: str) -> list[Compared]:
    """The method and purenn on each table that both have."""
    found: list[Compared] = []
    for table in dict.fromkeys(score.table for score in scores):
        own, other = (
            {each.seed: each for each in _of(scores, table, name)} for name in (PURENN, method)
        )
        if seeds := own.keys() & other.keys():
            pairs = [(own[seed], other[seed]) for seed in sorted(seeds)]
            errors = np.array([(one.error, two.error) for one, two in pairs]).T
            seconds = sum(two.seconds for _, two in pairs) / sum(one.seconds for one, _ in pairs)
            cpu = sum(two.cpu for _, two in pairs) / sum(one.cpu for one, _ in pairs)
            found.append(Compared(table, errors[0], errors[1], seconds, cpu))
    return found


def _of(scores: Sequence[Score], table: str, method: str) -> list[Score]:
    return [each for each in scores if (each.table, each.method) == (table, method)]


def _mean(values: Iterable[float]) -> float:
    """The geometric mean of those above 0."""
    found = [value for value in values if value > 0.0]
    return geometric_mean(found) if found else nan


def summary(scores: Sequence[Score], methods: Sequence[Method]) -> str:
    """A row for each method: its errors and times divided by purenn's, and its megabytes."""
    columns = "method", "tables", "error ÷", "purenn better, equal, worse", "seconds ÷", "CPU ÷"
    rows: list[Sequence[str]] = [(*columns, "MB installed")]
    for method in methods:
        pairs = compared(scores, method.name)
        if not pairs:
            rows.append((method.name, "0" if method.is_present else "missing", *[""] * 5))
            continue
        verdicts = [pair.verdict for pair in pairs]
        counts = ", ".join(str(verdicts.count(verdict)) for verdict in (1, 0, -1))
        error = _mean(pair.ratio for pair in pairs)
        seconds, cpu = _mean(pair.seconds for pair in pairs), _mean(pair.cpu for pair in pairs)
        size = f"{megabytes(method.distributions):.0f}" if method.is_present else ""
        numbers = f"{error:.3f}", counts, f"{seconds:.2f}", f"{cpu:.2f}", size
        rows.append((method.name, str(len(pairs)), *numbers))
    return _markdown(rows)


def errors(scores: Sequence[Score], methods: Sequence[Method]) -> str:
    """A row for each table: the mean error of each method, and its standard error."""
    rows = [["table", *(method.name for method in methods)]]
    for table in dict.fromkeys(score.table for score in scores):
        rows.append([table])
        for method in methods:
            found = [each.error for each in _of(scores, table, method.name)]
            mean = f"{np.mean(found):.4g}" if found else ""
            rows[-1].append(f"{mean} ± {_standard_error(found):.2g}" if len(found) > 1 else mean)
    return _markdown(rows)


def _standard_error(values: Sequence[float] | Vector) -> float:
    return float(np.std(values, ddof=1)) / sqrt(len(values))


def megabytes(names: Iterable[str]) -> float:
    """The size of these distributions and of those that they need, as far as they are here.

    Byte code does not count: pip writes it as a cache, `pip install --no-compile` and uv do not.
    """
    found: dict[str, Distribution] = {}
    rest = list(names)
    while rest:
        name = canonicalize_name(rest.pop())
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        needed = map(Requirement, found[name].requires or ())
        here = {"extra": ""}
        rest += [each.name for each in needed if not each.marker or each.marker.evaluate(here)]
    files = [file for each in found.values() for file in each.files or () if file.suffix != ".pyc"]
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def catalog(tables: Sequence[Table]) -> str:
    """A row for each table: its size, its task and its licence."""
    names = "table", "package", "rows", "columns", "of categories", "with gaps", "task", "licence"
    rows: list[Sequence[str]] = [names]
    for table in tables:
        features = load(table).features
        columns = fit_columns(features)
        categories = sum(values is not None for values in columns.categories)
        counts = map(str, (*features.shape, categories, len(columns.lacking)))
        rows.append((table.name, table.package, *counts, table.task, table.licence))
    return _markdown(rows)


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def picture(scores: Sequence[Score], methods: Sequence[Method]) -> Figure:
    """The ratios of errors on each table, and of times and megabytes for each method."""
    figure = Figure(figsize=(13, 9), layout="constrained")
    ratios, seconds, sizes = figure.subplots(1, 3, width_ratios=(3, 1, 1))
    _ratios(ratios, scores, [method for method in methods if method.name != PURENN])
    times = {each: _mean(pair.cpu for pair in compared(scores, each.name)) for each in methods}
    _bars(seconds, times, "CPU seconds ÷ purenn's", "{:.2f}")
    megabytes_of = {each: megabytes(each.distributions) for each in methods}
    _bars(sizes, megabytes_of, "MB installed", "{:,.0f}")
    return figure


def _ratios(axes: Axes, scores: Sequence[Score], methods: Sequence[Method]) -> None:
    tables = list(dict.fromkeys(score.table for score in scores))
    for method in methods:
        pairs = compared(scores, method.name)
        x, y = [pair.ratio for pair in pairs], [tables.index(pair.table) for pair in pairs]
        axes.plot(x, y, "o", color=method.color, label=method.name)
    axes.axvline(1.0, color="#999999", zorder=0)
    axes.set(xlabel="error ÷ purenn's", xscale="log")
    axes.xaxis.set_major_locator(LogLocator(subs=(0.7, 1.0, 1.4, 2.0, 3.0, 4.0)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(range(len(tables)), tables)
    axes.invert_yaxis()
    axes.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _bars(axes: Axes, values: dict[Method, float], label: str, numbers: str) -> None:
    colors = [method.color for method in values]
    bars = axes.barh([method.name for method in values], list(values.values()), color=colors)
    axes.bar_label(bars, fmt=numbers, padding=3)
    axes.set(xlabel=label, xscale="log")
    axes.margins(x=0.5)
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.invert_yaxis()
