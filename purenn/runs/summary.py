"""What came of a run, in summary.json."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from purenn import files, jsons
from purenn.errors import RunError
from purenn.files import AnyPath
from purenn.jsons import Json
from purenn.runs.folder import SUMMARY

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


def read_summary(folder: AnyPath) -> Summary | None:
    """What came of the run in a folder, or None if it is not finished."""
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
