"""Run folders, found and shown in tables: each by itself, or those that differ in their seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, groupby
from pathlib import Path
from statistics import mean

import attrs
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from console import metrics_of
from purenn import files, runs
from purenn.errors import OptionError, RunError
from purenn.runs.folder import CONFIG
from purenn.runs.records import seconds
from purenn.text import inert

DIGITS = 12  # of a digest; enough to tell runs apart

Facts = dict[str, runs.Json]


@attrs.frozen
class Found:
    """A run's folder, read; the summary is None if the run did not finish."""

    folder: Path
    settings: Facts
    records: tuple[runs.Record, ...]
    summary: runs.Summary | None

    @property
    def metrics(self) -> Facts:
        """The final ones, or the last epoch's, to four digits."""
        last = metrics_of(self.records[-1]) if self.records else {}
        found = last if self.summary is None else self.summary.metrics
        return {name: _rounded(x) if isinstance(x, float) else x for name, x in found.items()}


def find(folders: Sequence[Path]) -> list[Found]:
    """The runs in these folders, and in the folders in them, by name."""
    if not folders:
        raise OptionError("FOLDER: expected at least one.")
    roots = [files.require_folder(folder) for folder in folders]
    paths = (root / name for root in roots for name in files.names(root))
    places = {path.parent for path in paths if path.name == CONFIG}
    if not places:
        named = ", ".join(map(str, folders))
        raise RunError(f"There are no runs in {named}: a run's folder has a {CONFIG}.")
    return [_read(place) for place in sorted(places)]


def _read(folder: Path) -> Found:
    config = runs.read_config(folder / CONFIG)
    settings = {"script": config.script, **runs.flat(config.settings)}
    return Found(folder, settings, runs.read_records(folder), runs.read_summary(folder))


def table(found: Sequence[Found], console: Console) -> Table:
    """One row for each run: the settings in which runs of a script differ, metrics and digest.

    Each setting and metric has a column of its own if there is room for that, and else a line.
    """
    differing = _differing(found)
    settings = ["script"] if len(differing) > 1 else []
    settings += dict.fromkeys(chain(*differing.values()))
    metrics = dict.fromkeys(name for run in found for name in run.metrics)
    wide = _table("run", *settings, "epochs", *metrics, "digest")
    narrow = _table("run", "settings", "epochs", "metrics", "digest")
    for run in found:
        own = {"script", *differing[_text(run.settings, "script")]}
        folder, epochs = _line(str(run.folder)), str(len(run.records))
        digest = "not finished" if run.summary is None else _line(run.summary.digest[:DIGITS])
        told = _lines(run.settings, [name for name in settings if name in own])
        lines = folder, told, epochs, _lines(run.metrics, run.metrics), digest
        texts = [_text(run.settings, name) for name in settings]
        numbers = [_text(run.metrics, name) for name in metrics]
        narrow.add_row(*map(Text, lines))  # for names and settings may have brackets
        wide.add_row(*map(Text, [folder, *texts, epochs, *numbers, digest]))
    needed = console.measure(wide, options=console.options.update(width=10_000)).maximum
    return wide if needed <= console.width else narrow


def _table(*columns: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD)
    for name in columns:
        words = _line(name.replace("_", " "))
        longest = max(map(len, words.split()), default=0)
        shown.add_column(Text(words), overflow="fold", min_width=longest)
    return shown


def _lines(values: Facts, names: Iterable[str]) -> str:
    return "\n".join(f"{_line(name.replace('_', ' '))}: {_text(values, name)}" for name in names)


def _differing(found: Sequence[Found]) -> dict[str, list[str]]:
    """For each script, the settings in which its runs differ."""
    scripts: dict[str, list[Facts]] = {}
    for run in found:
        scripts.setdefault(_text(run.settings, "script"), []).append(run.settings)
    return {
        script: [name for name in own[-1] if len({_text(one, name) for one in own}) > 1]
        for script, own in scripts.items()
    }


def _text(values: Facts, name: str) -> str:
    value = values.get(name, "")
    is_short = isinstance(value, float) and _rounded(value) == value
    return f"{value:.4g}" if is_short else _line(str(value))


def _line(text: str) -> str:
    """What others wrote, on one line."""
    return inert(text).replace("\n", r"\n")


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


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

    @property
    def percents(self) -> list[float]:
        """The test accuracy of each."""
        found: list[float] = []
        for run in self.runs:
            value = None if run.summary is None else run.summary.metrics.get("test_accuracy")
            if not isinstance(value, int | float):
                raise RunError(f"{run.folder}: expected a finished run with a test_accuracy.")
            found.append(100.0 * value)
        return found


def by_folder(found: Sequence[Found]) -> list[Seeds]:
    """The runs by the folder that they lie in."""
    groups = groupby(sorted(found, key=_place), _place)
    return [Seeds(folder.name, tuple(group)) for folder, group in groups]


def _place(run: Found) -> Path:
    return run.folder.resolve().parent


def seed_table(groups: Sequence[Seeds]) -> Table:
    """One row for each group: the mean test accuracy, each run's, and what they cost."""
    shown = _table("runs", "mean test accuracy, %", "each", "parameters", "epochs", "minutes")
    for group in groups:
        each = " ".join(f"{value:.2f}" for value in group.percents)
        size, epochs, minutes = group.size, len(group.runs[0].records), mean(group.minutes)
        numbers = f"{mean(group.percents):.2f}", each, size, str(epochs), f"{minutes:.1f}"
        shown.add_row(*map(Text, (_line(group.name), *numbers)))
    return shown
