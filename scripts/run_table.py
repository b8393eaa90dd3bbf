"""Run folders, found and shown in a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs
from rich import box
from rich.table import Table

from purenn import RunError, runs
from purenn.runs.config import flat

DIGITS = 12  # of a digest; enough to tell runs apart


@attrs.frozen
class Found:
    """A run's folder, read.

    Args:
        folder: where it is.
        settings: its script and settings, those of inner objects by dotted names.
        records: of the epochs that are done.
        summary: what came of it; None if it did not finish.
    """

    folder: Path
    settings: dict[str, runs.Json]
    records: tuple[runs.Record, ...]
    summary: runs.Summary | None

    @property
    def metrics(self) -> dict[str, runs.Json]:
        """The final ones, or the last epoch's."""
        if self.summary is not None:
            return dict(self.summary.metrics)
        last = self.records[-1] if self.records else {}
        return {name: value for name, value in last.items() if name != "epoch"}


def find(folders: Sequence[Path]) -> list[Found]:
    """The runs in these folders, and in the folders in them, by name.

    Raises:
        RunError: there is none, or a file in one cannot be read.
    """
    places = {path.parent for folder in folders for path in folder.rglob("config.json")}
    if not places:
        named = ", ".join(map(str, folders)) or "no folder"
        raise RunError(f"There are no runs in {named}: a run's folder has a config.json.")
    return [_read(place) for place in sorted(places)]


def _read(folder: Path) -> Found:
    config = runs.read_config(folder / "config.json")
    settings = {"script": config.script, **flat(config.settings)}
    return Found(folder, settings, runs.read_records(folder), runs.read_summary(folder))


def table(found: Sequence[Found]) -> Table:
    """One row for each run: the settings in which they differ, epochs, metrics and digest."""
    settings = [name for name in _names(run.settings for run in found) if _differs(found, name)]
    metrics = _names(run.metrics for run in found)
    shown = Table(box=box.SIMPLE_HEAD)
    shown.add_column("run", overflow="fold")
    for name in settings:
        shown.add_column(_wrapped(name), overflow="fold")
    for name in ("epochs", *metrics):
        shown.add_column(_wrapped(name), justify="right", overflow="fold")
    shown.add_column("digest", overflow="fold")
    for run in found:
        shown.add_row(
            str(run.folder),
            *(_text(run.settings, name) for name in settings),
            str(len(run.records)),
            *(_text(run.metrics, name) for name in metrics),
            "not finished" if run.summary is None else run.summary.digest[:DIGITS],
        )
    return shown


def _wrapped(name: str) -> str:
    """A name that breaks between its words where there is no room for it."""
    return name.replace("_", " ")


def _names(groups: Iterable[dict[str, runs.Json]]) -> list[str]:
    return list(dict.fromkeys(name for group in groups for name in group))


def _differs(found: Sequence[Found], name: str) -> bool:
    return len({_text(run.settings, name) for run in found}) > 1


def _text(values: dict[str, runs.Json], name: str) -> str:
    value = values.get(name, "")
    return f"{value:.4g}" if isinstance(value, float) else str(value)
