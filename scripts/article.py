"""The article's three runs on one random stream, its printed numbers beside ours."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated

import attrs
import tyro
from rich.console import Console

import article_fashion as fashion
import article_stages as spirals
from article_folders import SPIRALS, clear_summary, replaced, write_summary
from article_runs import opening
from article_stages import Result
from command_line import exit_status, parse
from figures import boundaries, png
from progress import say, standard_output
from purenn import OptionError, PurennError, runs
from purenn.datasets.fashion_mnist import FashionMnist, fashion_mnist

DESCRIPTION = """Performs the runs of the article "SGD & Gradient Problem Solutions" on one random
stream and shows its printed numbers beside ours: two spirals, of which one explodes and one is
solved by clipping the gradient, and Fashion-MNIST. Each run writes a folder with its
configuration, metrics, final numbers and pictures. The folders of an earlier invocation are
replaced.

Examples:

scripts/train

scripts/train --resume

.venv/bin/python scripts/article.py --folder /tmp/article --data ~/fashion-mnist

.venv/bin/python scripts/article.py --config runs/article/clipped/config.json --folder /tmp/clipped
"""

Load = Callable[[Path | None], FashionMnist]
OpenRun = Callable[[Path, runs.Config], AbstractContextManager[runs.Run]]


@attrs.frozen(kw_only=True)
class Command:
    """The article's runs."""

    folder: Annotated[Path, tyro.conf.arg(metavar="FOLDER")] = Path("runs/article")
    """Where the folders of the runs go, or with --config that one run."""
    data: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """A folder with the four files of Fashion-MNIST, instead of the usual places and downloads."""
    resume: bool = False
    """Go on with an invocation that was interrupted. Runs that are done are not repeated."""
    config: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Repeat the one run that this config.json describes, and nothing else."""

    @property
    def open_run(self) -> OpenRun:
        """How the folder of a run is opened."""
        return runs.resume if self.resume else replaced


def main(arguments: Sequence[str], load: Load = fashion_mnist) -> int:
    """Perform what the arguments ask for.

    Returns:
        0 if the numbers are the article's, else 1.

    Raises:
        PurennError: it cannot be done.
    """
    command = parse(Command, Command(), arguments, DESCRIPTION)
    console = standard_output()
    if command.config is None:
        results = _perform_all(command, console, load)
    else:
        results = _repeat(command, command.config, console, load)
    agree = all(result.agrees for result in results)
    verdict = "All numbers agree" if agree else "Some numbers do not agree"
    say(console, f"\n{verdict} with the article.")
    say(console, f"Results and pictures are in {command.folder}.")
    return 0 if agree else 1


def _perform_all(command: Command, console: Console, load: Load) -> list[Result]:
    start = opening()
    clear_summary(command.folder)
    exploding, clipped = spirals.exploding(start), spirals.clipped(start)
    results: dict[str, Result] = {}
    with command.open_run(command.folder / exploding.name, exploding.config) as run:
        results[exploding.name], failure = exploding.perform(run, console, start.spirals)
    with command.open_run(command.folder / clipped.name, clipped.config) as run:
        results[clipped.name], success = clipped.perform(run, console, start.spirals)
    runs.write_file(command.folder / SPIRALS, png(boundaries(failure, success)))
    write_summary(command.folder, results, expected=3)
    data = _loaded(command, console, load)
    with command.open_run(command.folder / fashion.NAME, fashion.config()) as run:
        results[fashion.NAME] = fashion.perform(run, console, start, data)
    write_summary(command.folder, results, expected=3)
    return list(results.values())


def _loaded(command: Command, console: Console, load: Load) -> FashionMnist:
    try:
        return load(command.data)
    except PurennError:
        say(console, f"\nThe results of the spirals are kept in {command.folder}.")
        raise


def _repeat(command: Command, path: Path, console: Console, load: Load) -> list[Result]:
    start = opening()
    config = runs.read_config(path)
    exploding, clipped = spirals.exploding(start), spirals.clipped(start)
    if config == exploding.config:
        with command.open_run(command.folder, config) as run:
            return [exploding.perform(run, console, start.spirals)[0]]
    if config == clipped.config:
        with command.open_run(command.folder, config) as run:
            return [clipped.perform(run, console, start.spirals)[0]]
    if config == fashion.config():
        data = load(command.data)
        with command.open_run(command.folder, config) as run:
            return [fashion.perform(run, console, start, data)]
    raise OptionError(
        f"{path} describes none of the article's runs. Their settings are the article's: choose "
        "your own with spiral.py or fashion_mnist.py."
    )


if __name__ == "__main__":
    sys.exit(exit_status(lambda: main(sys.argv[1:])))
