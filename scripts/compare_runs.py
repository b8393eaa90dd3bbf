"""Compares folders of runs: a table, pictures, means over seeds, or a repetition.

Examples:
  .venv/bin/python scripts/compare_runs.py list runs
  .venv/bin/python scripts/compare_runs.py plot runs/spiral runs/adam --metric loss --scale log
  .venv/bin/python scripts/compare_runs.py seeds runs/recipes
  .venv/bin/python scripts/compare_runs.py verify runs/spiral
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import tyro

from command_line import PictureOption, run
from console import column, say, standard_output
from figures import Curve, Scale, curves, scattered, write
from purenn.errors import OptionError, RunError
from run_table import Found, by_folder, find, seed_table, table
from verification import verified

Folder = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER")]
Folders = Annotated[
    tuple[Path, ...],
    tyro.conf.Positional,
    tyro.conf.arg(metavar="FOLDER...", help_behavior_hint=""),
]


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; 1 if a repetition differs, else 0."""
    status: int | None = tyro.extras.subcommand_cli_from_dict(
        {"list": show, "plot": plot, "seeds": seeds, "verify": verify},
        args=arguments,
        description=__doc__,
    )
    return status or 0


def show(folders: Folders) -> None:
    """Show runs in a table: the settings in which they differ, their metrics and digests.

    Args:
        folders: folders of runs, or folders that contain some.
    """
    console = standard_output()
    console.print(table(find(folders), console))


def plot(
    folders: Folders,
    metric: str = "loss",
    scale: Scale = "linear",
    output: PictureOption = Path("runs/curves.png"),
) -> None:
    """Draw a metric of all runs in one picture.

    Args:
        folders: folders of runs, or folders that contain some.
        metric: the name of a metric in metrics.jsonl.
        scale: of the vertical axis.
        output: where the picture goes.
    """
    found = [one for one in find(folders) if one.records]
    if not found:
        raise RunError("These runs have no epochs to draw.")
    lines = [Curve(str(one.folder), _values(one, metric)) for one in found]
    title = metric.replace("_", " ")
    write(output, curves(title, title, lines, scale=scale))
    say(standard_output(), f"The picture is {output}.")


def seeds(folders: Folders, output: PictureOption = Path("runs/minutes.png")) -> None:
    """Show test accuracies, and their mean over seeds, and draw them over minutes of training.

    Args:
        folders: folders with a folder for each kind of run, which holds one for each seed.
        output: where the picture goes.
    """
    console, groups = standard_output(), by_folder(find(folders))
    console.print(seed_table(groups))
    clouds = [Curve(group.name, group.percents, group.minutes) for group in groups]
    write(output, scattered("minutes of training", "test accuracy, %", clouds))
    say(console, f"The picture is {output}.")


def verify(folder: Folder) -> int:
    """Run a configuration again. The status is 0 if the digest is the same, and 1 if not.

    Args:
        folder: the folder of a finished run. It is not changed.
    """
    is_same, text = verified(folder)
    say(standard_output(), text)
    return 0 if is_same else 1


def _values(found: Found, metric: str) -> list[float]:
    if not all(metric in record for record in found.records):
        known = ", ".join(name for name in found.records[0] if name != "epoch")
        raise OptionError(f"--metric: {found.folder} has {known}, got {metric!r}.")
    return column(found.records, metric)


if __name__ == "__main__":
    run(main)
