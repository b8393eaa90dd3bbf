"""The end of a run: what came of it, in summary.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import attrs

from purenn import files, jsons, saving
from purenn.errors import RunError
from purenn.files import AnyPath
from purenn.jsons import Json
from purenn.runs.folder import SUMMARY, Run
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
        planned: how many there were to be; as many, unless the loop was left early by hand.
        metrics: the last epoch's, and what was measured at the very end.
        digest: of the final parameters.
        seconds: how long all sessions trained.
    """

    epochs: int
    planned: int
    metrics: Mapping[str, Json]
    digest: str
    seconds: float


def finish(run: Run, progress: Progress[P, S], metrics: Mapping[str, object]) -> Summary:
    """Write summary.json, and the checkpoint that belongs to it if the loop was left early.

    Args:
        run: from `start` or `resume`.
        progress: the last that `train` gave.
        metrics: what to add to the last record: anything that has a form in JSON.

    Raises:
        OptionError: a metric has no form in JSON.
        UnavailableError: a file cannot be written.
    """
    added = {name: jsons.plain(value, f"metric {name!r}") for name, value in metrics.items()}
    save(run, progress)
    before = read_summary(run.folder)
    last = progress.records[-1] if progress.records else {}
    made = Summary(
        progress.epoch,
        progress.planned or (before.planned if before is not None else progress.epoch),
        {**{name: value for name, value in last.items() if name != "epoch"}, **added},
        saving.digest(progress.state.params),
        round(seconds(run.folder), 6),
    )
    files.write(run.folder / SUMMARY, jsons.document(jsons.plain(attrs.asdict(made), "summary")))
    return made


def read_summary(folder: AnyPath) -> Summary | None:
    """What came of the run in a folder, or None if it is not finished.

    Raises:
        RunError, FormatError: summary.json holds something else.
        UnavailableError: it cannot be read.
    """
    path = files.expanded(folder) / SUMMARY
    if not files.exists(path):
        return None
    match jsons.parse(files.read(path, LIMIT), str(path)):
        case {
            "epochs": int(epochs),
            "planned": int(planned),
            "metrics": dict(metrics),
            "digest": str(digest),
            "seconds": int(time) | float(time),
        }:
            return Summary(epochs, planned, metrics, digest, time)
    raise RunError(f"{path}: expected the summary of a run.")
