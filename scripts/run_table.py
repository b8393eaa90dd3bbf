"""Run folders, found and shown in a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from progress import metrics_of
from purenn import files, runs
from purenn.errors import OptionError, RunError
from purenn.runs.folder import CONFIG

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
        """The final ones, or the last epoch's."""
        if self.summary is not None:
            return dict(self.summary.metrics)
        return {**metrics_of(self.records[-1])} if self.records else {}


def find(folders: Sequence[Path]) -> list[Found]:
    """The runs in these folders, and in the folders in them, by name.

    Raises:
        OptionError: there are no folders.
        RunError: no folder has a run, or a file in one is malformed.
        UnavailableError: a folder is not there, or cannot be read.
    """
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
    settings = _differing(found)
    metrics = dict.fromkeys(name for run in found for name in run.metrics)
    wide = _table("run", *settings, "epochs", *metrics, "digest")
    narrow = _table("run", "settings", "epochs", "metrics", "digest")
    for run in found:
        alike = [one for one in found if one.settings["script"] == run.settings["script"]]
        own = _lines(run.settings, ["script", *_differing(alike)])
        folder, epochs = str(run.folder), str(len(run.records))
        digest = "not finished" if run.summary is None else run.summary.digest[:DIGITS]
        lines = folder, own, epochs, _lines(run.metrics, run.metrics), digest
        texts = [_text(run.settings, name) for name in settings]
        numbers = [_text(run.metrics, name) for name in metrics]
        narrow.add_row(*map(Text, lines))  # for names and settings may have brackets
        wide.add_row(*map(Text, [folder, *texts, epochs, *numbers, digest]))
    needed = console.measure(wide, options=console.options.update(width=10_000)).maximum
    return wide if needed <= console.width else narrow


def _table(*columns: str) -> Table:
    shown = Table(box=box.SIMPLE_HEAD)
    for name in columns:
        words = name.replace("_", " ")
        shown.add_column(Text(words), overflow="fold", min_width=max(map(len, words.split())))
    return shown


def _lines(values: Facts, names: Iterable[str]) -> str:
    return "\n".join(f"{name.replace('_', ' ')}: {_text(values, name)}" for name in names)


def _differing(found: Sequence[Found]) -> list[str]:
    """The script, if there are several, and the settings in which runs of one script differ."""
    scripts = {_text(run.settings, "script"): run.settings for run in found}
    names = ["script"] if len(scripts) > 1 else []
    for script, settings in scripts.items():
        own = [run.settings for run in found if run.settings["script"] == script]
        names += [name for name in settings if len({_text(one, name) for one in own}) > 1]
    return list(dict.fromkeys(names))


def _text(values: Facts, name: str) -> str:
    value = values.get(name, "")
    return f"{value:.4g}" if isinstance(value, float) else str(value)
