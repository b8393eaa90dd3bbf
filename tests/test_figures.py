"""Pictures are values: equal ones give equal bytes, and show what they were given; and scores."""

from __future__ import annotations

import runpy
import sys

import numpy as np
import pytest
from commands import SCRIPTS
from matplotlib.figure import Figure
from matplotlib.text import Text
from rich.console import Console
from sample import sample

from figures import Boundary, Curve, boundaries, curves, png
from image_figures import Outcome, confident_mistakes, confusion, sample_grid
from purenn import Labels, Matrix
from purenn.datasets import CLASSES

NAMES = ("bag", "boot", "coat")


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text)]


def titles(figure: Figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes]


def halves(points: Matrix) -> Matrix:
    """Class 1 is on the right."""
    right = 1.0 / (1.0 + np.exp(-9.0 * points[:, :1]))
    return np.concatenate([1.0 - right, right], axis=1)


def thirds(points: Matrix) -> Matrix:
    three: Matrix = halves(points) @ np.array([[1.0, 0.0, 0.0], [0.0, 0.6, 0.4]])
    return three


def test_curves_count_epochs_from_1_and_show_lines_and_marks() -> None:
    line, mark = Curve("ours", [0.5, 0.1, 0.01]), Curve("theirs", [0.5], [3])
    figure = curves("Loss of a run", "loss", [line], [mark], "log")
    axes = figure.axes[0]
    assert [np.ravel(each.get_xdata()).tolist() for each in axes.lines] == [[1, 2, 3], [3]]
    assert axes.get_yscale() == "log"
    assert {"Loss of a run", "loss", "epoch", "ours", "theirs"} <= set(texts(figure))
    assert png(figure).startswith(b"\x89PNG\r\n\x1a\n")


def test_a_single_epoch_is_a_dot_and_many_curves_differ_in_color_or_dashes() -> None:
    figure = curves("", "loss", [Curve("one", [0.5]), Curve("two", [0.5, 0.4])])
    assert [line.get_marker() for line in figure.axes[0].lines] == ["o", ""]
    figure.canvas.draw()
    assert [tick for tick in figure.axes[0].get_xticks() if tick % 1] == []
    axes = curves("", "loss", [Curve(f"{number}", [0.5, 0.4]) for number in range(20)]).axes[0]
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == 20


def test_labels_are_shown_as_they_are() -> None:
    figure = curves("a", "b", [Curve("_a$b$\udcff", [1.0])], [Curve("_c", [1.0])])
    png(figure)
    assert {r" _a\$b\$\udcff", " _c"} <= set(texts(figure))


def test_boundaries_stand_side_by_side_and_equal_ones_give_equal_bytes() -> None:
    points: Matrix = np.array([[-1.0, 0.5], [0.5, 0.5], [0.2, -0.7]])
    arms: Labels = np.array([0, 1, 1])
    pair = Boundary("left", points, arms, halves), Boundary("right", points, arms, thirds)
    figure = boundaries(*pair)
    assert titles(figure) == ["left", "right"]
    assert {"class 0", "class 1", "class 2"} <= set(texts(figure))
    assert png(figure) == png(boundaries(*pair))


def test_samples_are_labeled() -> None:
    data = sample()
    figure = sample_grid("Images", data.train_images, data.train_labels, CLASSES)
    assert titles(figure) == [CLASSES[label] for label in data.train_labels[:15].tolist()]


def test_mistakes_come_by_confidence_and_name_both_classes() -> None:
    images, labels = sample().test_images, np.arange(10)
    probabilities: Matrix = np.eye(10)
    for row, answer, sure in ((0, 5, 0.8), (1, 1, 0.99), (2, 7, 0.999), (3, 4, 0.6)):
        probabilities[row] = 0.01
        probabilities[row, answer] = sure
    figure = confident_mistakes("Wrong", images, probabilities, labels, CLASSES)
    assert titles(figure) == [
        "said Sneaker (99.90 %)\nis Pullover",
        "said Sandal (80.00 %)\nis T-shirt/top",
        "said Coat (60.00 %)\nis Dress",
    ]
    assert confident_mistakes("Wrong", images, np.eye(10), labels, CLASSES).axes == []


def test_confusion_shows_every_count_beside_a_labeled_scale() -> None:
    counts = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1000]])
    figure = confusion("Confusion", counts, NAMES)
    cells, scale = figure.axes
    shown = [text.get_text() for text in cells.texts]
    assert shown == ["1", "1", "·", "·", "1", "·", "·", "·", "1000"]
    figure.canvas.draw()
    assert scale.get_ylabel() == "images (logarithmic scale; · stands for 0)"
    assert {"1", "10", "100", "1000"} <= {label.get_text() for label in scale.get_yticklabels()}


def test_pictures_leave_pyplot_alone_which_needs_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    for name in ("figures", "image_figures"):
        assert runpy.run_path(str(SCRIPTS / f"{name}.py"))


def outcome(predicted: list[int], target: list[int]) -> Outcome:
    probabilities: Matrix = np.eye(3)[predicted]
    labels: Labels = np.array(target, np.uint8)
    return Outcome(probabilities, labels, np.zeros((len(target), 28, 28, 1), np.uint8), NAMES)


def test_scores_and_counts_are_those_computed_by_hand() -> None:
    # Three bags (two seen, one taken for a boot), one boot (seen), two coats (one taken for a bag).
    found = outcome([0, 0, 1, 1, 0, 2], [0, 0, 0, 1, 2, 2])
    assert found.accuracy == 4 / 6
    assert found.scores == ((2 / 3, 2 / 3, 2 / 3), (0.5, 1.0, 2 / 3), (1.0, 0.5, 2 / 3))
    assert found.counts.tolist() == [[2, 1, 0], [0, 1, 0], [1, 0, 1]]
    # A class that is never predicted, and one that is never there.
    none = outcome([0, 0, 0], [0, 0, 1])
    assert none.scores == ((2 / 3, 1.0, 0.8), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    assert none.counts.tolist() == [[2, 0, 0], [1, 0, 0], [0, 0, 0]]


def test_the_table_shows_published_scores_beside_ours() -> None:
    console, found = Console(width=80), outcome([0, 1, 2], [0, 1, 2])
    with console.capture() as capture:
        console.print(found.table(), found.table([(0.5, 0.25, 0.125)] * 3))
    assert "│ boot  │    1.0000 │ 1.0000 │ 1.0000 │      1 │" in capture.get()
    assert "│ boot  │ 0.5000  1.0000 │ 0.2500  1.0000 │ 0.1250  1.0000 │      1 │" in capture.get()
