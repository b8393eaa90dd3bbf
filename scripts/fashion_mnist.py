"""Trains a classifier of Fashion-MNIST with settings of one's own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import attrs
import numpy as np

from article.images import all_images, split_rows
from command_line import OptionalPath, Place, exit_status, first_settings, parse, to_json
from image_outcome import Outcome
from progress import standard_output
from purenn import Dataset, Empty, checks, flatten, predict, runs
from purenn.arrays import Images, Indices
from purenn.data import Rows, ScaledBytes
from purenn.datasets import CLASSES, FashionMnist, fashion_mnist
from purenn.errors import OptionError
from trainer.experiment import Experiment, Parts
from trainer.models import ClassifierParams, classifier, objective
from trainer.settings import Settings

SCRIPT = "fashion_mnist.py"
FOLDER = Path("runs/fashion-mnist")

# What is watched where there is no validation part: enough to see whether training works.
WATCHED = 10_000

DESCRIPTION = """Trains a classifier of Fashion-MNIST and measures it on the test images, which are
looked at only then. The defaults are the article's net and split, descending on the softmax
cross-entropy of logits. The run's folder holds its configuration, metrics by epoch, final numbers
and pictures.

Examples:

  .venv/bin/python scripts/fashion_mnist.py
  .venv/bin/python scripts/fashion_mnist.py --seed 1 --folder runs/seed-1
  .venv/bin/python scripts/fashion_mnist.py --hidden 512 256 --dropout 0.2 --folder runs/dropout
  .venv/bin/python scripts/fashion_mnist.py --validation 6000 --patience 3 --folder runs/early
  .venv/bin/python scripts/fashion_mnist.py --config runs/early/config.json --folder runs/again
  .venv/bin/python scripts/fashion_mnist.py --resume --epochs 40
"""

Load = Callable[[Path | None], FashionMnist]
ImageParams = tuple[Empty, ClassifierParams]


@attrs.frozen(kw_only=True)
class ImageSettings(Settings):
    """What decides the result; it is written to the folder's config.json."""

    hidden: tuple[int, ...] = (784, 256, 128)
    learning_rate: float = 0.05
    warm_up: float = 0.05
    batch_size: int = 128
    epochs: int = 20
    split: Literal["article", "official"] = "article"
    """The article's 56,000 training and 14,000 test images, or the official 60,000 and 10,000."""
    validation: int = 0
    """How many of the training images are set aside and measured after each epoch."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        checks.integer("--validation", self.validation, 0)
        if self.patience is not None and not self.validation:
            raise OptionError("--patience needs a validation part: add --validation 6000, say.")


@attrs.frozen(kw_only=True)
class Command(Place):
    """What to train, and where."""

    settings: ImageSettings
    data: OptionalPath = None
    """A folder with the four files of Fashion-MNIST, instead of the usual places and downloads."""


def main(arguments: Sequence[str], load: Load = fashion_mnist) -> int:
    """Train as the arguments say."""
    first = first_settings(arguments, FOLDER, SCRIPT, ImageSettings())
    command = parse(Command, Command(folder=FOLDER, settings=first), arguments, DESCRIPTION)
    data = load(command.data)
    parts = parted(data, command.settings)
    with command.opened(runs.Config(SCRIPT, to_json(command.settings))) as run:
        experiment(run, command.settings, data, parts).perform()
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


def experiment(
    run: runs.Run, settings: ImageSettings, data: FashionMnist, parts: Parts[Images]
) -> Experiment[ImageParams, Images]:
    """The run of a classifier of these images."""
    console = standard_output()
    goal = objective(settings.loss)
    model = flatten() >> classifier(
        settings.hidden, settings.activation, settings.dropout, len(CLASSES), goal.output
    )

    def draw(params: ImageParams) -> None:
        probabilities = goal.probabilities(predict(model, params, parts.test))
        (images, labels), (_, test) = all_images(data), rows(data, settings)
        outcome = Outcome(probabilities, labels[test], images[test])
        console.print(outcome.table())
        outcome.draw(run.folder, data)

    return Experiment(run, console, settings, model, goal, parts, draw)


if __name__ == "__main__":
    sys.exit(exit_status(lambda: main(sys.argv[1:])))
