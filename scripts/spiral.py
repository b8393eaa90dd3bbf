"""Trains a classifier of points on interleaved spirals with settings of your own.

It is validated on other points of the same spirals after each epoch, and tested on further ones at
the end. The run's folder holds its configuration, metrics by epoch, final numbers and pictures:
curves, and the plane as the classifier sees it.

Examples:
  .venv/bin/python scripts/spiral.py
  .venv/bin/python scripts/spiral.py --clip none --schedule constant --folder runs/unclipped
  .venv/bin/python scripts/spiral.py --arms 3 --loss brier --folder runs/three-arms
  .venv/bin/python scripts/spiral.py --optimizer adam --learning-rate 0.01 --folder runs/adam
  .venv/bin/python scripts/spiral.py --config runs/spiral/config.json --seed 1 --folder runs/seed-1
  .venv/bin/python scripts/spiral.py --resume --epochs 300
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np

from command_line import Place, first_settings, parse, run
from figures import Boundary, boundaries, write
from purenn import Key, Matrix, accuracy, checks, dataset, evaluate, predict
from purenn.arrays import Indices
from purenn.datasets import spirals
from trainer.experiment import Experiment, Parts
from trainer.models import ClassifierParams, classifier
from trainer.settings import Settings

SCRIPT = "spiral.py"
FOLDER = Path("runs/spiral")


@attrs.frozen(kw_only=True)
class SpiralSettings(Settings):
    """What decides the result; it is written to the folder's config.json."""

    hidden: tuple[int, ...] = (128, 64)
    learning_rate: float = 0.3
    warm_up: float = 0.025
    batch_size: int = 50
    epochs: int = 200
    arms: int = 2
    """How many spirals there are; each is a class."""
    samples_per_arm: int = 250
    """Points of each arm to train on, and as many to measure on."""
    turns: float = 2.0
    """How often each arm goes around the center."""
    noise: float = 1.2
    """Standard deviation of the noise, where neighboring turns of an arm are 4 pi apart."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        checks.integer("--samples-per-arm", self.samples_per_arm)
        checks.number("--turns", self.turns, above=0.0, most=1000.0)
        checks.number("--noise", self.noise, least=0.0)
        checks.integer("--arms", self.arms, 2)


@attrs.frozen(kw_only=True)
class Command(Place):
    """What to train, and where."""

    settings: SpiralSettings


def main(arguments: Sequence[str]) -> int:
    """Train as the arguments say."""
    first = first_settings(arguments, FOLDER, SCRIPT, SpiralSettings())
    command = parse(Command, Command(folder=FOLDER, settings=first), arguments, __doc__)
    parts = drawn(command.settings)
    folder = command.opened(SCRIPT, command.settings)
    experiment(command.settings, parts).perform(folder)
    return 0


def drawn(settings: SpiralSettings) -> Parts[Matrix]:
    """The points of a run: of each arm a third to train on, to validate and to test."""
    key, count = Key(settings.seed).child("data"), 3 * settings.samples_per_arm
    form = settings.arms, settings.turns, settings.noise
    points, labels = spirals(key, count, *form, settings.float_dtype)
    rows: Indices = np.arange(len(labels))
    train, validation, test = (dataset(points, labels).select(rows[n::3]) for n in range(3))
    return Parts(train, validation, "validation", test)


def experiment(
    settings: SpiralSettings, parts: Parts[Matrix]
) -> Experiment[ClassifierParams, Matrix]:
    """The run of a classifier of these points."""
    goal, hidden = settings.objective, (settings.hidden, settings.activation, settings.dropout)
    model = settings.computed(classifier(*hidden, settings.arms, goal.output))

    def draw(params: ClassifierParams, folder: Path) -> None:
        right = evaluate(model, params, parts.test, accuracy)
        title, everything = f"{100 * right:.1f} % of new points are right", range(len(parts.train))
        points, arms = parts.train.inputs.take(everything), parts.train.targets.take(everything)

        def classify(plane: Matrix) -> Matrix:
            return goal.probabilities(predict(model, params, plane))

        write(folder / "boundary.png", boundaries(Boundary(title, points, arms, classify)))

    return Experiment(settings, model, parts, draw)


if __name__ == "__main__":
    run(main)
