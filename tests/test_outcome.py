"""The scores by class, against values computed by hand."""

from __future__ import annotations

import numpy as np
from rich.console import Console

from image_outcome import Outcome
from purenn import Labels, Matrix
from purenn.arrays import ByteImages

CLASSES = ("bag", "boot", "coat")
IMAGES: ByteImages = np.zeros((6, 28, 28, 1), np.uint8)


def outcome(predicted: list[int], target: list[int]) -> Outcome:
    probabilities: Matrix = np.eye(3)[predicted]
    labels: Labels = np.array(target, np.uint8)
    return Outcome(probabilities, labels, IMAGES[: len(target)], CLASSES)


def test_scores_and_counts_are_those_computed_by_hand() -> None:
    # Three bags (two seen, one taken for a boot), one boot (seen), two coats (one taken for a bag).
    found = outcome([0, 0, 1, 1, 0, 2], [0, 0, 0, 1, 2, 2])
    assert found.accuracy == 4 / 6
    assert found.scores == ((2 / 3, 2 / 3, 2 / 3), (0.5, 1.0, 2 / 3), (1.0, 0.5, 2 / 3))
    assert found.counts.tolist() == [[2, 1, 0], [0, 1, 0], [1, 0, 1]]


def test_a_class_that_is_never_predicted_or_never_there_scores_nothing() -> None:
    found = outcome([0, 0, 0], [0, 0, 1])
    assert found.scores == ((2 / 3, 1.0, 0.8), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    assert found.counts.tolist() == [[2, 0, 0], [1, 0, 0], [0, 0, 0]]


def test_the_table_shows_published_scores_beside_ours() -> None:
    console = Console(width=80)
    found = outcome([0, 1, 2], [0, 1, 2])
    with console.capture() as capture:
        console.print(found.table())
        console.print(found.table([(0.5, 0.25, 0.125)] * 3))
    assert "│ boot  │    1.0000 │ 1.0000 │ 1.0000 │      1 │" in capture.get()
    assert "│ boot  │ 0.5000  1.0000 │ 0.2500  1.0000 │ 0.1250  1.0000 │      1 │" in capture.get()
