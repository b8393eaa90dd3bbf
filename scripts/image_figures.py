"""Pictures of a classifier of images: samples, the confusion matrix, and the surest mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from figures import blank
from purenn import Labels, Matrix
from purenn.arrays import ByteImages
from purenn.reports import Counts

ROWS, COLUMNS = 3, 5


def sample_grid(title: str, images: ByteImages, labels: Labels, classes: Sequence[str]) -> Figure:
    """The first fifteen images with the names of their classes.

    Args:
        title: stands above the picture.
        images: (samples, rows, columns, 1).
        labels: (samples,).
        classes: the names of the classes.
    """
    captions = [classes[label] for label in labels[: ROWS * COLUMNS].tolist()]
    return _grid(title, images, captions, caption_size=13.0)


def confident_mistakes(
    title: str,
    images: ByteImages,
    probabilities: Matrix,
    labels: Labels,
    classes: Sequence[str],
) -> Figure:
    """The fifteen wrong answers that were given with the highest probability.

    Args:
        title: stands above the picture.
        images: (samples, rows, columns, 1).
        probabilities: the predictions, (samples, classes).
        labels: the truth, (samples,).
        classes: the names of the classes.
    """
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
    """A probability for people, rounded down: 100 % is left to certainties.

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
    """How many samples of each class were taken for which, in numbers and colours.

    Args:
        title: stands above the picture.
        counts: row i, column j: samples of class i that were taken for class j.
        classes: the names of the classes.
    """
    figure = blank(9, 8.2)
    axes = figure.add_subplot()
    shown = np.maximum(counts, 1)
    axes.imshow(shown, cmap="Blues", norm=LogNorm(1, max(2, int(counts.max()))))
    _label_cells(axes, counts)
    places = range(len(classes))
    axes.set_xticks(places, classes, rotation=40, ha="right", rotation_mode="anchor", fontsize=11)
    axes.set_yticks(places, classes, fontsize=11)
    axes.set_xlabel("taken for", fontsize=13)
    axes.set_ylabel("is", fontsize=13)
    axes.set_title(title, fontsize=15, pad=12)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def _label_cells(axes: Axes, counts: Counts) -> None:
    dark = float(np.sqrt(counts.max()))
    for (row, column), count in np.ndenumerate(counts):
        axes.text(
            column,
            row,
            f"{count}" if count else "·",
            ha="center",
            va="center",
            fontsize=11,
            color="white" if count > dark * 2 else "#222222",
            fontweight="bold" if row == column else "normal",
        )
