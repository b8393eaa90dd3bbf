"""What was measured in each epoch, as a table and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from purenn.estimators._training import Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

History = dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]

COLUMNS = ("member", "epoch", "loss", "validation_loss", "validation_error")


def history_of(members: Sequence[Sequence[Curves]]) -> History:
    """A column for each of `COLUMNS`, as pandas and polars take them: a row for each epoch."""
    rows = [
        (member, epoch, *curves)
        for member, epochs in enumerate(members)
        for epoch, curves in enumerate(epochs, 1)
    ]
    return dict(zip(COLUMNS, np.array(rows, np.float64).T, strict=True))


def plot(history: History, axes: Axes | None) -> Axes:
    """Draw both curves of loss, of each member."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        cure = "in a clone of purenn, pip install '.[scripts]'"
        raise ModuleNotFoundError(f"plot_history needs matplotlib: {cure}.") from error
    drawn = plt.figure().add_subplot() if axes is None else axes
    for member in np.unique(history["member"]):
        rows = history["member"] == member
        for name, color in (("loss", "C0"), ("validation_loss", "C1")):
            label = name.replace("_", " ") if member == 0 else None
            drawn.plot(history["epoch"][rows], history[name][rows], color, label=label)
    drawn.set(xlabel="epoch", ylabel="loss")
    drawn.legend()
    return drawn
