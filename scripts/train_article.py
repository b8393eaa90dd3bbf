"""Repeats the runs of the article "SGD & Gradient Problem Solutions" on one random stream.

Prints its numbers beside purenn's: for two runs on spirals, of which one explodes and one succeeds
by clipping the gradient, and for Fashion-MNIST. Each run writes a folder with its configuration,
metrics, final numbers and pictures. The folders of an earlier invocation are replaced.

Examples:
  scripts/train
  scripts/train --resume
  scripts/train --folder /tmp/article --data ~/fashion-mnist
  scripts/train --config runs/article/clipped/config.json --folder /tmp/clipped
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

import attrs

from article.folders import SPIRALS, clear, replaced, write_summary
from article.nets import opening
from article.recipes import clipped, exploding, fashion
from article.stages import Result, Stage
from command_line import OptionalPath, PathOption, parse, run
from console import say, standard_output
from figures import boundaries, write
from purenn import runs
from purenn.datasets import FashionMnist, fashion_mnist
from purenn.errors import OptionError, UnavailableError

FROM_DEBIAN = Path(__file__).parent / "fashion-mnist-from-debian"

Load = Callable[[Path | None], FashionMnist]


@attrs.frozen(kw_only=True)
class Command:
    """The article's runs."""

    folder: PathOption = Path("runs/article")
    """Where the folders of the runs go, or with --config that one run."""
    data: OptionalPath = None
    """A folder with the four files of Fashion-MNIST, instead of the usual places and downloads."""
    resume: bool = False
    """Continue an invocation that was interrupted. Runs that are done are not repeated."""
    config: OptionalPath = None
    """Repeat the one run that this config.json describes, and nothing else."""


def main(arguments: Sequence[str], load: Load = fashion_mnist) -> int:
    """Perform what the arguments ask for; 0 if the numbers are the article's, else 1."""
    command = parse(Command, Command(), arguments, __doc__)
    load = cache(load)
    if command.data is not None:  # before the minutes of the spirals
        load(command.data)
    start, console = opening(), standard_output()
    stages = exploding(start), clipped(start), fashion(start, lambda: loaded(command.data, load))
    if command.config is None:
        results = _perform_all(command, stages)
    else:
        results = [_perform(_described(command.config, stages), command.folder, command)]
    agree = all(result.agrees for result in results)
    verdict = "All numbers agree" if agree else "Some numbers do not agree"
    say(console, f"\n{verdict} with the article.")
    say(console, f"Results and pictures are in {command.folder}.")
    return 0 if agree else 1


def _perform_all(command: Command, stages: Sequence[Stage]) -> list[Result]:
    clear(command.folder)
    results: dict[str, Result] = {}
    for stage in stages:
        results[stage.name] = _perform(stage, command.folder / stage.name, command)
        write_summary(command.folder, results, expected=len(stages))
        pictures = [one.boundary for one in results.values() if one.boundary is not None]
        write(command.folder / SPIRALS, boundaries(*pictures))
    return list(results.values())


def _perform(stage: Stage, folder: Path, command: Command) -> Result:
    open_run = runs.resume if command.resume else replaced
    return stage.perform(partial(open_run, folder, stage.config))


def _described(path: Path, stages: Sequence[Stage]) -> Stage:
    config = runs.read_config(path)
    for stage in stages:
        if stage.config == config:
            return stage
    raise OptionError(
        f"{path} describes none of the article's runs. Their settings are the article's: choose "
        "your own with spiral.py or fashion_mnist.py."
    )


def loaded(folder: Path | None, load: Load) -> FashionMnist:
    """Fashion-MNIST; from Debian's package if nothing else has it and no place was named."""
    try:
        return load(folder)
    except UnavailableError as error:
        if folder is not None or os.environ.get("PURENN_DATA"):
            raise
        say(standard_output(), "\nFashion-MNIST could not be downloaded. Trying Debian's package.")
        try:
            subprocess.run([FROM_DEBIAN], check=True)
        except (OSError, subprocess.CalledProcessError):  # OSError: Windows runs no shell scripts
            raise error from None
        return load(None)


if __name__ == "__main__":
    run(main)
