"""Pictures of a run's records: loss.png and accuracy.png in its folder."""

from __future__ import annotations

from pathlib import Path

from figures import Curve, curves, png
from purenn import runs
from training_loop import column


def draw_curves(folder: Path, records: tuple[runs.Record, ...]) -> None:
    """Write a picture of the losses by epoch, and one of the accuracies.

    Raises:
        RunError: they cannot be written.
    """
    for quantity, title in (("loss", "Loss"), ("accuracy", "Accuracy")):
        names = [name for name in records[0] if name.endswith(quantity)]
        epochs = range(1, 1 + len(records))
        lines = [Curve(_label(name), epochs, column(records, name)) for name in names]
        runs.write_file(folder / f"{quantity}.png", png(curves(title, quantity, lines)))


def _label(name: str) -> str:
    """What a metric was measured on.

    >>> _label("loss"), _label("validation_accuracy")
    ('training', 'validation')
    """
    kind = name.rpartition("_")[0]
    return kind or "training"
