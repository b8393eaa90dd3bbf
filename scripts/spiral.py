"""Trains a classifier of spirals with settings of one's own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import attrs
import numpy as np
import tyro
from rich.console import Console

from command_line import config_argument, exit_status, parse, read_settings, to_json
from experiment import DATA, Experiment, Parts
from figures import Boundary, boundaries, png
from models import ClassifierParams, classifier
from objectives import Goal, objective
from options import Training
from progress import say, standard_output
from purenn import (
    Dataset,
    Key,
    Labels,
    Matrix,
    OptionError,
    checks,
    dataset,
    evaluate,
    predict,
    runs,
)
from purenn.arrays import Indices
from purenn.datasets.spirals import spirals
from training_curves import draw_curves

SCRIPT = "spiral.py"

DESCRIPTION = """Trains a classifier of points on interleaved spirals, and measures it on as many
other points of the same spirals. The run's folder holds its configuration, metrics by epoch, final
numbers, and pictures: curves, and the plane as the classifier sees it.

Examples:

.venv/bin/python scripts/spiral.py

.venv/bin/python scripts/spiral.py --clip none --schedule constant --folder runs/unclipped

.venv/bin/python scripts/spiral.py --arms 3 --loss softmax-cross-entropy --folder runs/three-arms

.venv/bin/python scripts/spiral.py --config runs/spiral/config.json --seed 1 --folder runs/spiral-1

.venv/bin/python scripts/spiral.py --resume
"""


@attrs.frozen(kw_only=True)
class Settings(Training):
    """What decides the result; it is written to the folder's config.json."""

    hidden: tuple[int, ...] = (128, 64)
    learning_rate: float = 0.3
    warm_up: float = 5.0
    batch_size: int = 50
    epochs: int = 200
    loss: Goal = "binary-cross-entropy-with-logits"
    """What is descended on: the mean over the points of a batch. The binary ones are for 2 arms."""
    arms: int = 2
    """How many spirals there are; each is a class."""
    samples_per_arm: int = 250
    """Points of each arm to train on."""
    turns: float = 2.0
    """How often each arm goes around the centre."""
    noise: float = 1.2
    """Standard deviation of the noise, where neighbouring turns of an arm are 4 pi apart."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        checks.count("--samples-per-arm", self.samples_per_arm)
        checks.positive("--turns", self.turns)
        checks.not_negative("--noise", self.noise)
        if checks.count("--arms", self.arms) < 2:
            raise OptionError("--arms must be at least 2: one arm is one class.")
        if self.arms > 2 and self.loss.startswith("binary"):
            raise OptionError(
                f"--loss {self.loss} is for 2 arms, and there are {self.arms}. Take "
                "softmax-cross-entropy, cross-entropy or brier."
            )


@attrs.frozen(kw_only=True)
class Command:
    """Where the run goes, and where it comes from."""

    settings: Settings
    folder: Annotated[Path, tyro.conf.arg(metavar="FOLDER")] = Path("runs/spiral")
    """The run's folder. One that holds a run already is refused."""
    resume: bool = False
    """Go on with the run in the folder from where it was interrupted."""
    config: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Take the settings from the config.json of an earlier run; options override it."""


@attrs.frozen(eq=False)
class Points:
    """Points of the same spirals to train and to test on, with their arms.

    Args:
        inputs: of the training points, (samples, 2).
        labels: of the training points, (samples,).
        test: the others.
    """

    inputs: Matrix
    labels: Labels
    test: Dataset[Matrix, Labels]


def main(arguments: Sequence[str]) -> int:
    """Train as the arguments say.

    Raises:
        PurennError: it cannot be done.
    """
    file = config_argument(arguments)
    settings = Settings() if file is None else read_settings(file, SCRIPT, Settings)
    command = parse(Command, Command(settings=settings), arguments, DESCRIPTION)
    console = standard_output()
    config = runs.Config(SCRIPT, to_json(command.settings))
    points = drawn(command.settings)
    open_run = runs.resume if command.resume else runs.start
    with open_run(command.folder, config) as run:
        summary = _trained(run, console, command.settings, points)
    say(console, f"Digest of the parameters: {summary.digest}")
    say(console, f"Results and pictures are in {command.folder}.")
    return 0


def drawn(settings: Settings) -> Points:
    """The points of a run: of each arm one half to train on and one half to test on.

    Raises:
        OptionError: there are no such spirals.
    """
    inputs, labels = spirals(
        Key(settings.seed).fold_in(DATA),
        2 * settings.samples_per_arm,
        settings.arms,
        settings.turns,
        settings.noise,
        settings.float_dtype,
    )
    rows: Indices = np.arange(len(labels))
    train, test = rows[::2], rows[1::2]
    return Points(inputs[train], labels[train], dataset(inputs[test], labels[test]))


def _trained(run: runs.Run, console: Console, settings: Settings, points: Points) -> runs.Summary:
    goal = objective(settings.loss, settings.arms)
    model = classifier(settings.hidden, settings.activation, goal.outputs, goal.output)
    train = dataset(points.inputs, points.labels)

    def conclude(params: ClassifierParams, records: tuple[runs.Record, ...]) -> dict[str, float]:
        def classify(inputs: Matrix) -> Matrix:
            return goal.probabilities(predict(model, params, dataset(inputs, inputs)))

        right = evaluate(model, params, points.test, goal.accuracy)
        say(console, f"Test accuracy: {100 * right:.2f} %")
        draw_curves(run.folder, records)
        title = f"{100 * right:.1f} % of new points are right"
        picture = boundaries(Boundary(title, points.inputs, points.labels, classify))
        runs.write_file(run.folder / "boundary.png", png(picture))
        return {"test_accuracy": right}

    parts = Parts(train, train, "training")
    return Experiment(run, console, settings, model, goal, parts, conclude).perform()


if __name__ == "__main__":
    sys.exit(exit_status(lambda: main(sys.argv[1:])))
