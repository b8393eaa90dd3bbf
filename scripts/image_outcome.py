"""What a classifier makes of Fashion-MNIST's test images: numbers, and pictures in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
from rich.table import Table

from figures import png
from image_figures import confident_mistakes, confusion, sample_grid
from purenn import Labels, Matrix, runs
from purenn.arrays import ByteImages
from purenn.datasets.fashion_mnist import CLASSES, FashionMnist
from purenn.reports import ClassScores, confusion_matrix, per_class_table


@attrs.frozen(eq=False)
class Outcome:
    """Predictions beside the truth.

    Args:
        probabilities: of the classes, (samples, 10).
        labels: the truth, (samples,).
        images: (samples, 28, 28, 1), uint8.
    """

    probabilities: Matrix
    labels: Labels
    images: ByteImages

    @property
    def answers(self) -> Labels:
        """The most probable classes."""
        labels: Labels = self.probabilities.argmax(axis=1)
        return labels

    @property
    def accuracy(self) -> float:
        """The fraction of right answers."""
        return float(np.mean(self.answers == self.labels))

    @property
    def table(self) -> tuple[ClassScores, ...]:
        """Precision, recall and F1 of each class."""
        return per_class_table(self.answers, self.labels, CLASSES)


def draw_outcome(folder: Path, outcome: Outcome) -> None:
    """Write confusion.png and mistakes.png.

    Raises:
        RunError: they cannot be written.
    """
    counts = confusion_matrix(outcome.answers, outcome.labels, CLASSES)
    title = f"{100 * outcome.accuracy:.2f} % of {len(outcome.labels):,} test images are right"
    runs.write_file(folder / "confusion.png", png(confusion(title, counts, CLASSES)))
    mistakes = confident_mistakes(
        "The mistakes made with most confidence",
        outcome.images,
        outcome.probabilities,
        outcome.labels,
        CLASSES,
    )
    runs.write_file(folder / "mistakes.png", png(mistakes))


def draw_samples(folder: Path, data: FashionMnist) -> None:
    """Write samples.png: the first training images with their labels.

    Raises:
        RunError: it cannot be written.
    """
    picture = sample_grid("Fashion-MNIST", data.train_images, data.train_labels, CLASSES)
    runs.write_file(folder / "samples.png", png(picture))


def score_table(scores: Sequence[ClassScores]) -> Table:
    """A table of the classes for people."""
    table = Table()
    table.add_column("class")
    for name in ("precision", "recall", "F1", "images"):
        table.add_column(name, justify="right")
    for row in scores:
        numbers = [f"{value:.4f}" for value in (row.precision, row.recall, row.f1)]
        table.add_row(row.name, *numbers, f"{row.support:,}")
    return table
