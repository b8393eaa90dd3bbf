"""Pictures are values: equal ones give equal bytes, and show what they were given."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from commands import SCRIPTS
from matplotlib.figure import Figure
from matplotlib.text import Text
from sample import sample

from figures import Boundary, Curve, boundaries, curves, png
from image_figures import confident_mistakes, confusion, sample_grid
from purenn import Labels, Matrix
from purenn.datasets import CLASSES
from purenn.reports import confusion_matrix

PNG = b"\x89PNG\r\n\x1a\n"


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


def halves(points: Matrix) -> Matrix:
    """Class 1 is on the right."""
    right = 1.0 / (1.0 + np.exp(-9.0 * points[:, :1]))
    both: Matrix = np.concatenate([1.0 - right, right], axis=1)
    return both


def thirds(points: Matrix) -> Matrix:
    both = halves(points)
    three: Matrix = np.concatenate([both, both[:, :1] * 0.5], axis=1)
    scaled: Matrix = three / three.sum(axis=1, keepdims=True)
    return scaled


POINTS: Matrix = np.array([[-1.0, 0.5], [0.5, 0.5], [0.2, -0.7]])
ARMS: Labels = np.array([0, 1, 1])


def test_curves_show_lines_and_marks() -> None:
    line, mark = Curve("ours", [0, 1, 2], [0.5, 0.1, 0.01]), Curve("theirs", [0], [0.5])
    figure = curves("Loss of a run", "loss", [line], [mark], "log")
    axes = figure.axes[0]
    assert [drawn.get_label() for drawn in axes.lines] == ["ours", "theirs"]
    assert axes.get_yscale() == "log"
    assert {"Loss of a run", "loss", "epoch", "ours", "theirs"} <= set(texts(figure))
    assert png(figure).startswith(PNG)


def test_boundaries_stand_side_by_side() -> None:
    first = Boundary("left", POINTS, ARMS, halves)
    second = Boundary("right", POINTS, ARMS, thirds)
    figure = boundaries(first, second)
    assert [axes.get_title() for axes in figure.axes] == ["left", "right"]
    assert {"class 0", "class 1", "class 2"} <= set(texts(figure))
    assert png(figure).startswith(PNG)


def test_equal_pictures_give_equal_bytes() -> None:
    first, second = (png(boundaries(Boundary("", POINTS, ARMS, halves))) for _ in range(2))
    assert first == second


def test_samples_are_labelled() -> None:
    data = sample()
    figure = sample_grid("Images", data.train_images, data.train_labels, CLASSES)
    names = [axes.get_title() for axes in figure.axes]
    assert names == [CLASSES[label] for label in data.train_labels[:15].tolist()]


def test_mistakes_come_by_confidence_and_name_both_classes() -> None:
    data = sample()
    labels: Labels = np.array([0, 1, 2, 3])
    probabilities: Matrix = np.full((4, 10), 0.01)
    for row, answer, sure in ((0, 5, 0.8), (1, 1, 0.99), (2, 7, 0.999), (3, 4, 0.6)):
        probabilities[row, answer] = sure
    figure = confident_mistakes("Wrong", data.test_images, probabilities, labels, CLASSES)
    assert [axes.get_title() for axes in figure.axes] == [
        "said Sneaker (99.90 %)\nis Pullover",
        "said Sandal (80.00 %)\nis T-shirt/top",
        "said Coat (60.00 %)\nis Dress",
    ]


def test_without_mistakes_there_is_a_title_only() -> None:
    data = sample()
    right: Matrix = np.eye(10)
    labels: Labels = np.arange(10)
    figure = confident_mistakes("Wrong", data.test_images, right, labels, CLASSES)
    assert figure.axes == []
    assert png(figure).startswith(PNG)


def test_confusion_shows_every_count() -> None:
    truth: Labels = np.array([0, 0, 1, 2, 2, 2])
    guess: Labels = np.array([0, 1, 1, 2, 2, 2])
    names = ("bag", "boot", "coat")
    figure = confusion("Confusion", confusion_matrix(guess, truth, names), names)
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert shown == ["1", "1", "·", "·", "1", "·", "·", "·", "3"]


def test_pictures_need_no_display_and_leave_pyplot_alone() -> None:
    code = "import sys, figures, image_figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, cwd=SCRIPTS, check=False).returncode == 0
