"""Pictures are values: equal ones give equal bytes, and show what they were given."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from commands import SCRIPTS
from matplotlib.figure import Figure
from matplotlib.text import Text
from sample import sample

from figures import Boundary, Curve, boundaries, curves, draw_records, png
from image_figures import confident_mistakes, confusion, sample_grid
from purenn import Labels, Matrix
from purenn.datasets import CLASSES

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


def test_curves_count_epochs_from_1_and_show_lines_and_marks() -> None:
    line, mark = Curve("ours", [0.5, 0.1, 0.01]), Curve("theirs", [0.5], [3])
    figure = curves("Loss of a run", "loss", [line], [mark], "log")
    axes = figure.axes[0]
    ours, theirs = axes.lines
    assert (ours.get_label(), theirs.get_label()) == ("ours", "theirs")
    assert list(np.ravel(ours.get_xdata())) == [1, 2, 3]
    assert list(np.ravel(theirs.get_xdata())) == [3]
    assert axes.get_yscale() == "log"
    assert {"Loss of a run", "loss", "epoch", "ours", "theirs"} <= set(texts(figure))
    assert png(figure).startswith(PNG)


def test_a_single_epoch_is_a_dot() -> None:
    figure = curves("", "loss", [Curve("one", [0.5]), Curve("two", [0.5, 0.4])])
    assert [line.get_marker() for line in figure.axes[0].lines] == ["o", ""]
    figure.canvas.draw()
    assert [tick for tick in figure.axes[0].get_xticks() if tick % 1] == []


def test_many_curves_differ_in_color_or_dashes() -> None:
    lines = [Curve(f"{number}", [0.5, 0.4]) for number in range(20)]
    axes = curves("", "loss", lines).axes[0]
    styles = {(line.get_color(), line.get_linestyle()) for line in axes.lines}
    assert len(styles) == 20


def test_records_are_drawn_by_quantity(tmp_path: Path) -> None:
    record = {"epoch": 0, "loss": 0.5, "validation_loss": 0.6, "validation_accuracy": 0.75}
    draw_records(tmp_path, (record,))
    assert {path.name for path in tmp_path.iterdir()} == {"loss.png", "accuracy.png"}


def test_boundaries_stand_side_by_side_and_equal_ones_give_equal_bytes() -> None:
    pair = Boundary("left", POINTS, ARMS, halves), Boundary("right", POINTS, ARMS, thirds)
    figure = boundaries(*pair)
    assert [axes.get_title() for axes in figure.axes] == ["left", "right"]
    assert {"class 0", "class 1", "class 2"} <= set(texts(figure))
    assert png(figure) == png(boundaries(*pair))


def test_samples_are_labeled() -> None:
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
    right: Matrix = np.eye(10)
    everything: Labels = np.arange(10)
    nothing = confident_mistakes("Wrong", data.test_images, right, everything, CLASSES)
    assert nothing.axes == []


def test_confusion_shows_every_count_beside_a_labeled_scale() -> None:
    counts = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1000]])
    figure = confusion("Confusion", counts, ("bag", "boot", "coat"))
    cells, scale = figure.axes
    shown = [text.get_text() for text in cells.texts]
    assert shown == ["1", "1", "·", "·", "1", "·", "·", "·", "1000"]
    figure.canvas.draw()
    assert scale.get_ylabel() == "images (logarithmic scale; · stands for 0)"
    ticks = {label.get_text() for label in scale.get_yticklabels()}
    assert {"1", "10", "100", "1000"} <= ticks


def test_pictures_need_no_display_and_leave_pyplot_alone() -> None:
    code = "import sys, figures, image_figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, cwd=SCRIPTS, check=False).returncode == 0
