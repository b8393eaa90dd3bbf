"""Trains a classifier of Fashion-MNIST with settings of one's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import attrs
import numpy as np
import tyro

from article.images import all_images, split_rows
from command_line import OptionalPath, Place, exit_status, first_settings, parse, to_json
from image_outcome import Outcome
from progress import standard_output
from purenn import Dataset, Layer, Matrix, checks, flatten, predict, runs
from purenn.arrays import Images, Indices
from purenn.data import Rows, ScaledBytes
from purenn.datasets import CLASSES, FashionMnist, fashion_mnist
from trainer.convolutional import cnn, cnn_quick, cnn_small
from trainer.experiment import Experiment, Parts
from trainer.images import RECIPES, ImageSettings, Recipe
from trainer.models import averaged_over_mirror_images, classifier, normalized_classifier

SCRIPT = "fashion_mnist.py"
FOLDER = Path("runs/fashion-mnist")

# What is watched where there is no validation part: enough to see whether training works.
WATCHED = 10_000

DESCRIPTION = """Trains a classifier of Fashion-MNIST and measures it on the test images, which are
looked at only then. The default recipe is the article's net and split, descending on the softmax
cross-entropy of logits. The run's folder holds its configuration, metrics by epoch, final numbers
and pictures.

Examples:

  .venv/bin/python scripts/fashion_mnist.py
  .venv/bin/python scripts/fashion_mnist.py --recipe cnn-small --folder runs/cnn-small
  .venv/bin/python scripts/fashion_mnist.py --recipe mlp --seed 1 --folder runs/mlp-1
  .venv/bin/python scripts/fashion_mnist.py --hidden 512 256 --dropout 0.2 --folder runs/dropout
  .venv/bin/python scripts/fashion_mnist.py --validation 6000 --patience 3 --folder runs/early
  .venv/bin/python scripts/fashion_mnist.py --config runs/early/config.json --folder runs/again
  .venv/bin/python scripts/fashion_mnist.py --resume --epochs 40
"""

Load = Callable[[Path | None], FashionMnist]
P = TypeVar("P")


@attrs.frozen(kw_only=True)
class Chosen:
    """Where the settings begin."""

    recipe: Recipe = "corrected"
    """The settings that options change. With --resume and --config it has no effect."""


@attrs.frozen(kw_only=True)
class Command(Place):
    """What to train, and where."""

    settings: ImageSettings
    chosen: Chosen = Chosen()
    data: OptionalPath = None
    """A folder with the four files of Fashion-MNIST, instead of the usual places and downloads."""


def main(arguments: Sequence[str], load: Load = fashion_mnist) -> int:
    """Train as the arguments say."""
    first = first_settings(arguments, FOLDER, SCRIPT, _recipe(arguments))
    command = parse(Command, Command(folder=FOLDER, settings=first), arguments, DESCRIPTION)
    data, settings = load(command.data), command.settings
    parts = parted(data, settings)
    folder = command.opened(runs.Config(SCRIPT, to_json(settings)))
    trial = Trial(folder, settings, data, parts)
    dropped, classes, output = settings.dropout, len(CLASSES), settings.objective.output
    layers = settings.hidden, settings.activation, dropped, classes, output
    match settings.net:
        case "mlp":
            trial.perform(flatten() >> classifier(*layers))
        case "normalized-mlp":
            trial.perform(flatten() >> normalized_classifier(*layers))
        case "cnn-quick":
            trial.perform(cnn_quick(dropped, classes) >> output)
        case "cnn-small":
            trial.perform(cnn_small(dropped, classes) >> output)
        case "cnn":
            trial.perform(cnn(dropped, classes) >> output)
    return 0


def parted(data: FashionMnist, settings: ImageSettings) -> Parts[Images]:
    """The parts that the settings ask for. Validation images are the last of the training ones.

    Raises:
        OptionError: validation would leave nothing to train on.
    """
    images, labels = all_images(data)
    rest, test = rows(data, settings)
    kept = checks.integer("images left to train on", len(rest) - settings.validation)
    everything = Dataset(ScaledBytes(images, dtype=settings.float_dtype), Rows(labels))
    watched = rest[kept:] if settings.validation else rest[:WATCHED]
    name = "validation" if settings.validation else "training"
    select = everything.select
    return Parts(select(rest[:kept]), select(watched), name, select(test))


def rows(data: FashionMnist, settings: ImageSettings) -> tuple[Indices, Indices]:
    """Which of all images to train on, and which to test on."""
    train, test = len(data.train_labels), len(data.test_labels)
    if settings.split == "article":
        return split_rows(train + test)
    return np.arange(train), np.arange(train, train + test)


@attrs.frozen(eq=False)
class Trial:
    """A run of any model of these images."""

    folder: AbstractContextManager[runs.Run]
    settings: ImageSettings
    data: FashionMnist
    parts: Parts[Images]

    def perform(self, net: Layer[P, Images, Matrix]) -> None:
        """Train the model, and show what it makes of the test images."""
        settings, goal = self.settings, self.settings.objective
        model = settings.computed(averaged_over_mirror_images(net) if settings.mirrored else net)

        def draw(params: P, folder: Path) -> None:
            probabilities = goal.probabilities(predict(model, params, self.parts.test))
            (images, labels), (_, test) = all_images(self.data), rows(self.data, settings)
            outcome = Outcome(probabilities, labels[test], images[test])
            standard_output().print(outcome.table())
            outcome.draw(folder, self.data)

        experiment = Experiment(settings, model, self.parts, draw, settings.augment)
        experiment.perform(self.folder)


def _recipe(arguments: Sequence[str]) -> ImageSettings:
    """The settings of the recipe that the arguments name."""
    chosen, _ = tyro.cli(
        Chosen,
        args=[one for one in arguments if one not in {"-h", "--help"}],
        return_unknown_args=True,
    )
    return RECIPES[chosen.recipe]


if __name__ == "__main__":
    sys.exit(exit_status(lambda: main(sys.argv[1:])))
