"""The end of a run: what came of it, in summary.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import attrs

from purenn import durable, jsons
from purenn.errors import FormatError, RunError, UnavailableError
from purenn.jsons import Json
from purenn.runs.digest import digest
from purenn.runs.folder import SUMMARY, Run, write_file
from purenn.runs.progress import Progress, save
from purenn.runs.records import seconds

P = TypeVar("P")
S = TypeVar("S")

LIMIT = 2**24  # bytes


@attrs.frozen
class Summary:
    """What came of a run.

    Args:
        epochs: how many were trained.
        metrics: the last epoch's, and what was measured at the very end.
        digest: of the final parameters.
        seconds: how long all sessions trained.
    """

    epochs: int
    metrics: Mapping[str, Json]
    digest: str
    seconds: float


def finish(run: Run, progress: Progress[P, S], metrics: Mapping[str, Json]) -> Summary:
    """Write summary.json, and the checkpoint that belongs to it if the loop was left early.

    Args:
        run: from `start` or `resume`.
        progress: the last that `train` gave.
        metrics: what to add to the last record: anything that has a form in JSON.

    Raises:
        RunError: a metric has no form in JSON, or a file cannot be written.
        CheckpointError: the checkpoint cannot be written.
    """
    save(run, progress)
    last = progress.records[-1] if progress.records else {}
    kept = {name: value for name, value in last.items() if name != "epoch"}
    made = Summary(
        progress.epoch,
        {**kept, **metrics},
        digest(progress.state.params),
        round(seconds(run.folder), 6),
    )
    try:
        content = jsons.document(jsons.checked(attrs.asdict(made), "The summary"))
    except FormatError as error:
        raise RunError(f"{error}") from None
    write_file(run.folder / SUMMARY, content)
    return made


def read_summary(folder: Path) -> Summary | None:
    """What came of the run in a folder, or None if it is not finished.

    Raises:
        RunError: summary.json cannot be read, or holds something else.
    """
    path = folder / SUMMARY
    if not path.exists():
        return None
    try:
        found = jsons.parse(durable.read(path, LIMIT), str(path))
    except (FormatError, UnavailableError) as error:
        raise RunError(f"{error}") from None
    match found:
        case {
            "epochs": int(epochs),
            "metrics": dict(metrics),
            "digest": str(text),
            "seconds": int(time) | float(time),
        }:
            return Summary(epochs, metrics, text, time)
    raise RunError(f"{path} is no summary of a run.")
