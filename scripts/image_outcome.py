"""What a classifier makes of the test images of Fashion-MNIST: scores by class, and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
from rich.table import Table
from sklearn import metrics

from figures import write
from image_figures import Counts, confident_mistakes, confusion, sample_grid
from purenn import Labels, Matrix
from purenn.arrays import ByteImages
from purenn.datasets import CLASSES, FashionMnist

MEASURES = ("precision", "recall", "F1")

# Precision, recall and F1 of a class.
Scores = tuple[float, ...]


@attrs.frozen(eq=False)
class Outcome:
    """Predictions beside the truth: probabilities (samples, classes), labels and images."""

    probabilities: Matrix
    labels: Labels
    images: ByteImages
    classes: Sequence[str] = CLASSES

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
    def scores(self) -> tuple[Scores, ...]:
        """Precision, recall and F1 of each class; 0 where there is nothing to divide by."""
        columns = metrics.precision_recall_fscore_support(
            self.labels, self.answers, labels=range(len(self.classes)), zero_division=0.0
        )
        return tuple(zip(*(column.tolist() for column in columns[:3]), strict=True))

    @property
    def counts(self) -> Counts:
        """Row i, column j: how many samples of class i were taken for class j."""
        return metrics.confusion_matrix(self.labels, self.answers, labels=range(len(self.classes)))

    def table(self, printed: Sequence[Scores] | None = None) -> Table:
        """The scores by class, each after the one that was published, if there are such."""
        title = None if printed is None else "By class: the article's numbers, ours"
        table = Table("class", title=title, title_justify="left")
        for name in (*MEASURES, "images"):
            table.add_column(name, justify="right")
        images = self.counts.sum(axis=1).tolist()
        for number, (name, ours) in enumerate(zip(self.classes, self.scores, strict=True)):
            cells = [f"{score:.4f}" for score in ours]
            if printed is not None:
                pairs = zip(printed[number], cells, strict=True)
                cells = [f"[dim]{theirs:.4f}[/]  {cell}" for theirs, cell in pairs]
            table.add_row(name, *cells, f"{images[number]:,}")
        return table

    def draw(self, folder: Path, data: FashionMnist) -> None:
        """Write confusion.png, mistakes.png, and samples.png: the first training images."""
        title = f"{100 * self.accuracy:.2f} % of {len(self.labels):,} test images are right"
        write(folder / "confusion.png", confusion(title, self.counts, self.classes))
        title = "The mistakes made with most confidence"
        shown = self.images, self.probabilities, self.labels, self.classes
        write(folder / "mistakes.png", confident_mistakes(title, *shown))
        first = sample_grid("Fashion-MNIST", data.train_images, data.train_labels, self.classes)
        write(folder / "samples.png", first)
