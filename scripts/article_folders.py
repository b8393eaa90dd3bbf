"""The folders of the article's runs: an invocation replaces those of the one before, no others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from article_stages import Result
from purenn import RunError, jsons, runs
from purenn.runs.lock import locked

CONFIG = "config.json"
SUMMARY = "summary.json"
SPIRALS = "spirals.png"

# All that a run leaves in its folder. The configuration goes last: it tells whose folder it is.
FILES = (
    *("checkpoint.npz", "metrics.jsonl", "times.jsonl", SUMMARY, "environment.json"),
    *("loss.png", "boundary.png", "samples.png", "confusion.png", "mistakes.png", CONFIG),
)


@contextmanager
def replaced(folder: Path, config: runs.Config) -> Iterator[runs.Run]:
    """A folder for a run. One that holds an earlier invocation of the same run is cleared.

    Raises:
        RunError: the folder holds anything else, is in use, or cannot be written to.
    """
    if (folder / CONFIG).exists():
        found = runs.read_config(folder / CONFIG)
        name = config.settings["run"]
        if found.script != config.script or found.settings.get("run") != name:
            raise RunError(
                f"{folder} holds a run of {found.script} that is not the article's {name}, and is "
                "left as it is. Choose another folder by --folder."
            )
        with locked(folder, lambda: None):
            _remove(folder, FILES)
    with runs.start(folder, config) as run:
        yield run


def clear_summary(folder: Path) -> None:
    """Remove what an earlier invocation wrote about all runs, before it stops being true.

    Raises:
        RunError: it cannot be removed.
    """
    _remove(folder, (SUMMARY, SPIRALS))


def write_summary(folder: Path, results: Mapping[str, Result], expected: int) -> None:
    """Gather the runs' summaries, and whether all that were expected agree with the article.

    Raises:
        RunError: it cannot be written.
    """
    found: dict[str, jsons.Json] = {
        name: {
            "epochs": result.summary.epochs,
            "metrics": dict(result.summary.metrics),
            "digest": result.summary.digest,
            "seconds": result.summary.seconds,
            "agrees": result.agrees,
        }
        for name, result in results.items()
    }
    agrees = len(results) == expected and all(result.agrees for result in results.values())
    runs.write_file(folder / SUMMARY, jsons.document({"runs": found, "agrees": agrees}))


def _remove(folder: Path, names: tuple[str, ...]) -> None:
    for name in names:
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise RunError(f"{folder / name} cannot be replaced: {error.strerror}.") from None
