"""Compares runs: a table of their folders, their curves on one picture, or a repetition."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import attrs
import tyro
from rich.console import Console

from command_line import exit_status
from figures import Curve, Scale, curves, png
from progress import say, standard_output
from purenn import OptionError
from purenn.runs import write_file
from run_table import Found, find, table
from verification import verify

DESCRIPTION = """Compares the folders of runs.

Examples:

.venv/bin/python scripts/runs.py list runs

.venv/bin/python scripts/runs.py plot runs/spiral runs/unclipped --metric loss --scale log

.venv/bin/python scripts/runs.py verify runs/spiral
"""

Folders = Annotated[tuple[Path, ...], tyro.conf.arg(metavar="FOLDER...")]


@attrs.frozen
class List:
    """Show runs in a table: the settings in which they differ, their metrics and digests."""

    folders: tyro.conf.Positional[Folders]
    """Folders of runs, or folders that such lie in."""


@attrs.frozen
class Plot:
    """Draw a metric of all runs on one picture."""

    folders: tyro.conf.Positional[Folders]
    """Folders of runs, or folders that such lie in."""
    metric: str = "loss"
    """Which metric of metrics.jsonl."""
    scale: Scale = "linear"
    """Of the vertical axis."""
    output: Annotated[Path, tyro.conf.arg(metavar="FILE")] = Path("runs/curves.png")
    """Where the picture goes."""


@attrs.frozen
class Verify:
    """Run the configuration of a folder again, and tell whether the digest is the same.

    The status is 0 if it is, and 1 if not.
    """

    folder: tyro.conf.Positional[Annotated[Path, tyro.conf.arg(metavar="FOLDER")]]
    """The folder of a finished run. It is only read."""


@attrs.frozen
class Command:
    """What to do with which folders."""

    action: tyro.conf.OmitSubcommandPrefixes[List | Plot | Verify]


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say.

    Raises:
        PurennError: it cannot be done.
    """
    marks = (tyro.conf.OmitArgPrefixes, tyro.conf.OmitSubcommandPrefixes)
    command = tyro.cli(Command, args=arguments, description=DESCRIPTION, config=marks)
    console = standard_output()
    match command.action:
        case List(folders):
            console.print(table(find(folders)))
            return 0
        case Plot() as plot:
            return _plot(plot, console)
        case Verify(folder):
            verdict = verify(folder)
            say(console, str(verdict))
            return 0 if verdict.is_same else 1


def _plot(plot: Plot, console: Console) -> int:
    found = find(plot.folders)
    lines = [_curve(one, plot.metric) for one in found]
    title = plot.metric.replace("_", " ")
    write_file(plot.output, png(curves(title, title, lines, scale=plot.scale)))
    say(console, f"The curves of {len(lines)} runs are in {plot.output}.")
    return 0


def _curve(found: Found, metric: str) -> Curve:
    if not all(metric in record for record in found.records):
        known = ", ".join(name for name in found.records[0] if name != "epoch")
        raise OptionError(f"{found.folder} has no metric {metric!r}: it has {known}.")
    epochs = [record["epoch"] + 1 for record in found.records]
    return Curve(str(found.folder), epochs, [record[metric] for record in found.records])


if __name__ == "__main__":
    sys.exit(exit_status(lambda: main(sys.argv[1:])))
