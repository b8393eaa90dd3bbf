"""Trains a classifier of Fashion-MNIST with settings of your own.

The test images are used only at the end. The default recipe is the article's net and split, with
softmax cross-entropy on logits. The run's folder holds its configuration, metrics by epoch, final
numbers and pictures.

Examples:
  .venv/bin/python scripts/fashion_mnist.py
  .venv/bin/python scripts/fashion_mnist.py --recipe cnn-small --folder runs/cnn-small
  .venv/bin/python scripts/fashion_mnist.py --recipe mlp --seed 1 --folder runs/mlp-1
  .venv/bin/python scripts/fashion_mnist.py --hidden 512 256 --dropout 0.2 --folder runs/dropout
  .venv/bin/python scripts/fashion_mnist.py --validation 6000 --patience 3 --folder runs/early
  .venv/bin/python scripts/fashion_mnist.py --config runs/early/config.json --folder runs/again
  .venv/bin/python scripts/fashion_mnist.py --resume --epochs 40
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import attrs
import numpy as np
import tyro

from article.data import all_images, split_rows
from command_line import OptionalPath, Place, first_settings, parse, run
from console import standard_output
from image_figures import Outcome
from purenn import Dataset, Layer, Matrix, checks, flatten, predict
from purenn.arrays import Images, Indices
from purenn.blas import one_thread
from purenn.data import Rows, ScaledBytes
from purenn.datasets import CLASSES, FashionMnist, fashion_mnist
from trainer.convolutional import cnn, cnn_small
from trainer.experiment import Experiment, Parts
from trainer.images import RECIPES, ImageSettings, Recipe
from trainer.models import averaged_over_mirror_images, classifier, normalized_classifier

SCRIPT = "fashion_mnist.py"
FOLDER = Path("runs/fashion-mnist")

# What is watched where there is no validation part: enough to see whether training works.
WATCHED = 10_000

Load = Callable[[Path | None], FashionMnist]
P = TypeVar("P")


@attrs.frozen(kw_only=True)
class Chosen:
    """Where the settings begin."""

    recipe: Recipe = "corrected"
    """The settings to start from, which options override. Ignored with --resume and --config."""


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
    command = parse(Command, Command(folder=FOLDER, settings=first), arguments, __doc__)
    data, settings = load(command.data), command.settings
    parts = parted(data, settings)
    folder = command.opened(SCRIPT, settings)
    dropped, classes, output = settings.dropout, len(CLASSES), settings.objective.output
    layers = settings.hidden, settings.activation, dropped, classes, output

    def perform(net: Layer[P, Images, Matrix]) -> None:
        experiment(settings, data, parts, net).perform(folder)

    match settings.net:
        case "mlp":
            perform(flatten() >> classifier(*layers))
        case "normalized-mlp":
            perform(flatten() >> normalized_classifier(*layers))
        case "cnn-small":
            with one_thread():
                perform(cnn_small(dropped, classes) >> output)
        case "cnn":
            with one_thread():
                perform(cnn(dropped, classes) >> output)
    return 0


def parted(data: FashionMnist, settings: ImageSettings) -> Parts[Images]:
    """The parts that the settings ask for. Validation images are the last of the training ones."""
    images, labels = all_images(data)
    rest, test = rows(data, settings)
    kept = checks.integer("images left to train on", len(rest) - settings.validation)
    select = Dataset(ScaledBytes(images, dtype=settings.float_dtype), Rows(labels)).select
    train = select(rest[:kept])
    if settings.validation:
        return Parts(train, select(rest[kept:]), "validation", select(test))
    return Parts(train, select(rest[:WATCHED]), "training", select(test))


def rows(data: FashionMnist, settings: ImageSettings) -> tuple[Indices, Indices]:
    """Which of all images to train on, and which to test on."""
    train, test = len(data.train_labels), len(data.test_labels)
    if settings.split == "article":
        return split_rows(train + test)
    return np.arange(train), np.arange(train, train + test)


def experiment(
    settings: ImageSettings, data: FashionMnist, parts: Parts[Images], net: Layer[P, Images, Matrix]
) -> Experiment[P, Images]:
    """The run of any net for these images."""
    model = settings.computed(averaged_over_mirror_images(net) if settings.mirrored else net)

    def draw(params: P, folder: Path) -> None:
        found = settings.objective.probabilities(predict(model, params, parts.test))
        (images, labels), (_, test) = all_images(data), rows(data, settings)
        outcome = Outcome(found, labels[test], images[test])
        standard_output().print(outcome.table())
        outcome.draw(folder, data)

    return Experiment(settings, model, parts, draw, settings.augment)


def _recipe(arguments: Sequence[str]) -> ImageSettings:
    """The settings of the recipe that the arguments name."""
    rest = [one for one in arguments if one not in {"-h", "--help"}]
    chosen, _ = tyro.cli(Chosen, args=rest, return_unknown_args=True)
    return RECIPES[chosen.recipe]


if __name__ == "__main__":
    run(main)
