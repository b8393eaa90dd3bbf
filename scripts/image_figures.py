"""What a classifier makes of images: scores by class, the confusion matrix, mistakes, samples."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from pathlib import Path

import attrs
import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter
from rich.table import Column, Table
from sklearn import metrics

from figures import blank, write
from purenn import Labels, Matrix
from purenn.arrays import ByteImages
from purenn.datasets import CLASSES, FashionMnist

Counts = np.ndarray[tuple[int, int], np.dtype[np.int64]]

Scores = tuple[float, ...]  # precision, recall and F1 of a class

ROWS, COLUMNS = 3, 5


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
        """Row i, column j: how many samples of class i were classified as class j."""
        return metrics.confusion_matrix(self.labels, self.answers, labels=range(len(self.classes)))

    def table(self, printed: Sequence[Scores] | None = None) -> Table:
        """The scores by class, each after the one that was published, if there are such."""
        title = None if printed is None else "By class: the article's numbers, ours"
        names = "precision", "recall", "F1", "images"
        columns = (Column(name, justify="right") for name in names)
        table = Table("class", *columns, title=title, title_justify="left")
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


def sample_grid(title: str, images: ByteImages, labels: Labels, classes: Sequence[str]) -> Figure:
    """The first fifteen images with the names of their classes."""
    captions = [classes[label] for label in labels[: ROWS * COLUMNS].tolist()]
    return _grid(title, images, captions, caption_size=13.0)


def confident_mistakes(
    title: str, images: ByteImages, probabilities: Matrix, labels: Labels, classes: Sequence[str]
) -> Figure:
    """The fifteen wrong answers that were given with the highest probability."""
    answers = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answers != labels)
    surest = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")][: ROWS * COLUMNS]
    captions = [
        f"said {classes[answers[index]]} ({_percent(float(probabilities[index].max()))})\n"
        f"is {classes[int(labels[index])]}"
        for index in surest.tolist()
    ]
    return _grid(title, images[surest], captions, caption_size=10.0)


def _percent(probability: float) -> str:
    """A probability, rounded down: 100 % is left to certainties.

    >>> _percent(0.98765), _percent(0.999999), _percent(1.0)
    ('98.76 %', '99.99 %', '100 %')
    """
    return "100 %" if probability == 1.0 else f"{floor(1e4 * probability) / 100:.2f} %"


def _grid(title: str, images: ByteImages, captions: Sequence[str], caption_size: float) -> Figure:
    figure = blank(10, 7.4)
    figure.suptitle(title, fontsize=16)
    for number, caption in enumerate(captions, start=1):
        axes = figure.add_subplot(ROWS, COLUMNS, number)
        axes.imshow(images[number - 1, :, :, 0], cmap="gray", vmin=0, vmax=255)
        axes.set_title(caption, fontsize=caption_size)
        axes.set_axis_off()
    return figure


def confusion(title: str, counts: Counts, classes: Sequence[str]) -> Figure:
    """How many samples of each class (row) were classified as which, in numbers and colors."""
    figure = blank(10, 8.2)
    axes = figure.add_subplot()
    scale = LogNorm(1, max(2, int(counts.max())))
    image = axes.imshow(np.maximum(counts, 1), cmap="Blues", norm=scale)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, format=ScalarFormatter())
    bar.set_label("images (logarithmic scale; · stands for 0)", fontsize=12)
    for (row, column), count in np.ndenumerate(counts):
        color = "white" if count > 2.0 * float(np.sqrt(counts.max())) else "#222222"
        weight = "bold" if row == column else "normal"
        text = axes.text(column, row, f"{count}" if count else "·", color=color, weight=weight)
        text.set(ha="center", va="center", fontsize=11)
    places = range(len(classes))
    axes.set_xticks(places, classes, rotation=40, ha="right", rotation_mode="anchor", fontsize=11)
    axes.set_yticks(places, classes, fontsize=11)
    axes.set_xlabel("taken for", fontsize=13)
    axes.set_ylabel("is", fontsize=13)
    axes.set_title(title, fontsize=15, pad=12)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure
