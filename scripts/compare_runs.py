"""Compares folders of runs: a table, pictures, means over seeds, or a repetition.

Examples:
  .venv/bin/python scripts/compare_runs.py list runs
  .venv/bin/python scripts/compare_runs.py plot runs/spiral runs/adam --metric loss --scale log
  .venv/bin/python scripts/compare_runs.py seeds runs/recipes
  .venv/bin/python scripts/compare_runs.py verify runs/spiral
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import tyro

from command_line import PictureOption, run
from console import column, say, standard_output
from figures import Curve, Scale, curves, scattered, write
from purenn import runs
from purenn.errors import OptionError, RunError
from purenn.runs.folder import CONFIG
from run_table import Found, by_folder, find, seed_table, table

SCRIPTS = Path(__file__).parent
NAME = re.compile(r"[a-z][a-z0-9_]*\.py")  # of a script, and nothing that leads out of the folder

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


def verified(folder: Path) -> tuple[bool, str]:
    """Whether a finished run gives the same digest again, and what to tell about it."""
    config = runs.read_config(folder / CONFIG)
    before = runs.read_summary(folder)
    if before is None:
        raise RunError(f"{folder} holds a run that is not finished. Resume it first.")
    script = SCRIPTS / config.script
    if not NAME.fullmatch(config.script) or not script.is_file():
        which = f"{config.script!r}, which is not one of the scripts."
        raise RunError(f"{folder} holds a run of {which}")
    with tempfile.TemporaryDirectory() as place:
        again = Path(place) / "run"
        command = sys.executable, script, "--config", folder.absolute() / CONFIG
        after = performed(command, again, {})
        environments = runs.read_environment(folder), runs.read_environment(again)
        changes = runs.environment_differences(*environments)
        if before.digest != after.digest and environments[0].get("arithmetic") == "portable":
            # No other fact explains it then.
            changes = tuple(x for x in changes if x.startswith(("purenn:", "commit:")))
        return before.digest == after.digest, told(before.digest, after.digest, changes)


def performed(
    command: Sequence[str | Path], folder: Path, variables: dict[str, str]
) -> runs.Summary:
    """What came of a script's run in a folder: an interpreter, the script, and its options."""
    args, env = [*command, "--folder", folder], os.environ | variables
    done = subprocess.run(args, env=env, capture_output=True, text=True, check=False)
    summary = runs.read_summary(folder) if folder.exists() else None
    if summary is None:  # 1 may also say that an article's numbers do not agree
        raise RunError(f"{Path(command[1]).name} failed:\n{done.stderr.strip()}")
    return summary


def told(before: str, after: str, changes: tuple[str, ...]) -> str:
    """What two digests, and what changed in the environment, have to say."""
    listed = "".join(f"\n  {change}" for change in changes)
    if before == after:
        more = f"\nThe environment differs:{listed}" if changes else ""
        return f"The digest is the same: {after}{more}"
    reason = f"The environment differs, which may explain it:{listed}"
    if not changes:
        reason = (
            "No environment explains it. Look at what the configuration leaves out: were more "
            "epochs asked for with --resume? Were the data the same?"
        )
    return f"The digest differs:\n  {before} there\n  {after} here\n{reason}"


if __name__ == "__main__":
    run(main)
