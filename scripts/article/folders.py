"""The folders of the article's runs: an invocation replaces those of the one before, no others."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import attrs

from article.stages import Result
from purenn import files, jsons, runs
from purenn.errors import FormatError
from purenn.runs.folder import BEST, CHECKPOINT, CONFIG, SUMMARY, locked

SPIRALS = "spirals.png"

# All that a run leaves in its folder. The configuration goes last: it says whose folder it is.
FILES = (
    *(CHECKPOINT, BEST, "metrics.jsonl", "times.jsonl", SUMMARY, "environment.json"),
    *("loss.png", "boundary.png", "samples.png", "confusion.png", "mistakes.png", CONFIG),
)


def replaced(folder: Path, config: runs.Config) -> AbstractContextManager[runs.Run]:
    """A folder for a run. One that holds an earlier invocation of the same run is cleared."""
    if (folder / CONFIG).exists():
        found, own = runs.read_config(folder / CONFIG), config.settings["run"]
        if (found.script, found.settings.get("run")) != (config.script, own):
            raise runs.RunError(
                f"{folder} holds a run of {found.script} that is not the article's {own}. Choose "
                "another folder with --folder."
            )
        with locked(folder, lambda: None):
            for name in FILES:
                files.remove(folder / name)
    return runs.start(folder, config)


def clear(folder: Path) -> None:
    """Remove what an earlier invocation gathered beside the folders of its runs."""
    gathered: jsons.Json = None
    if files.exists(folder / SUMMARY):
        with suppress(FormatError):
            gathered = jsons.read(folder / SUMMARY)
    is_own = isinstance(gathered, dict) and set(gathered) == {"runs", "agrees"}
    for name in (CONFIG,) if is_own else (CONFIG, SUMMARY, SPIRALS):
        if files.exists(folder / name):
            raise runs.RunError(
                f"{folder} holds a {name} that this command did not write. Choose another folder "
                "with --folder."
            )
    for name in (SPIRALS, SUMMARY):  # the summary goes last: it says whose folder it is
        files.remove(folder / name)


def write_summary(folder: Path, results: Mapping[str, Result], expected: int) -> None:
    """Gather the runs' summaries, and whether all that were expected agree with the article."""
    unplanned = attrs.filters.exclude("planned")
    found: dict[str, jsons.Json] = {
        name: {**attrs.asdict(result.summary, filter=unplanned), "agrees": result.agrees}
        for name, result in results.items()
    }
    agrees = len(results) == expected and all(result.agrees for result in results.values())
    jsons.write(folder / SUMMARY, {"runs": found, "agrees": agrees})
