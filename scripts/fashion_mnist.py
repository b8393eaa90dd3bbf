"""Trains a classifier of Fashion-MNIST with settings of one's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import attrs
import tyro
from rich.console import Console

from command_line import config_argument, exit_status, parse, read_settings, to_json
from experiment import Experiment
from image_outcome import Outcome, draw_outcome, draw_samples, score_table
from image_parts import ImageParts, Settings, parted
from models import ClassifierParams, classifier
from objectives import objective
from progress import say, standard_output
from purenn import Empty, flatten, predict, runs
from purenn.datasets.fashion_mnist import CLASSES, FashionMnist, fashion_mnist
from training_curves import draw_curves

SCRIPT = "fashion_mnist.py"

DESCRIPTION = """Trains a classifier of Fashion-MNIST and measures it on the test images, which are
looked at only then. The defaults are the article's net and split, descending on the softmax
cross-entropy of logits. The run's folder holds its configuration, metrics by epoch, final numbers,
and pictures.

Examples:

.venv/bin/python scripts/fashion_mnist.py

.venv/bin/python scripts/fashion_mnist.py --seed 1 --folder runs/seed-1

.venv/bin/python scripts/fashion_mnist.py --hidden 512 256 --clip none --validation 6000

.venv/bin/python scripts/fashion_mnist.py --config runs/a/config.json --epochs 40 --folder runs/b

.venv/bin/python scripts/fashion_mnist.py --resume
"""

Load = Callable[[Path | None], FashionMnist]


@attrs.frozen(kw_only=True)
class Command:
    """Where the run goes, and where it comes from."""

    settings: Settings
    folder: Annotated[Path, tyro.conf.arg(metavar="FOLDER")] = Path("runs/fashion-mnist")
    """The run's folder. One that holds a run already is refused."""
    resume: bool = False
    """Go on with the run in the folder from where it was interrupted."""
    data: Annotated[Path | None, tyro.conf.arg(metavar="FOLDER")] = None
    """A folder with the four files of Fashion-MNIST, instead of the usual places and downloads."""
    config: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Take the settings from the config.json of an earlier run; options override it."""


def main(arguments: Sequence[str], load: Load = fashion_mnist) -> int:
    """Train as the arguments say.

    Raises:
        PurennError: it cannot be done.
    """
    file = config_argument(arguments)
    settings = Settings() if file is None else read_settings(file, SCRIPT, Settings)
    command = parse(Command, Command(settings=settings), arguments, DESCRIPTION)
    console = standard_output()
    config = runs.Config(SCRIPT, to_json(command.settings))
    data = load(command.data)
    parts = parted(data, command.settings)
    open_run = runs.resume if command.resume else runs.start
    with open_run(command.folder, config) as run:
        summary = _trained(run, console, command.settings, data, parts)
    say(console, f"Digest of the parameters: {summary.digest}")
    say(console, f"Results and pictures are in {command.folder}.")
    return 0


def _trained(
    run: runs.Run, console: Console, settings: Settings, data: FashionMnist, parts: ImageParts
) -> runs.Summary:
    goal = objective(settings.loss, len(CLASSES))
    model = flatten() >> classifier(settings.hidden, settings.activation, goal.outputs, goal.output)

    def conclude(
        params: tuple[Empty, ClassifierParams], records: tuple[runs.Record, ...]
    ) -> dict[str, float]:
        predictions = predict(model, params, parts.test)
        outcome = Outcome(goal.probabilities(predictions), parts.test_labels, parts.test_images)
        console.print(score_table(outcome.table))
        say(console, f"Test accuracy: {100 * outcome.accuracy:.2f} %")
        draw_curves(run.folder, records)
        draw_outcome(run.folder, outcome)
        draw_samples(run.folder, data)
        return {"test_accuracy": outcome.accuracy}

    return Experiment(run, console, settings, model, goal, parts.measured, conclude).perform()


if __name__ == "__main__":
    sys.exit(exit_status(lambda: main(sys.argv[1:])))
