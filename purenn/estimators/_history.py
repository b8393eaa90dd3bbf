"""What was measured in each epoch, as a table and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import check_is_fitted

from purenn.estimators._training import Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Measured:
    """An estimator that has the curves of its members."""

    _curves: list[tuple[Curves, ...]]

    @property
    def history_(self) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        """What was measured, with a row for each epoch of each member: a table for pandas."""
        check_is_fitted(self, "params_")
        rows = [
            (member, epoch, *curves)
            for member, epochs in enumerate(self._curves)
            for epoch, curves in enumerate(epochs, 1)
        ]
        names = ("member", "epoch", "loss", "validation_loss", "validation_error")
        return dict(zip(names, np.array(rows, np.float64).T, strict=True))

    def plot_history(self, axes: Axes | None = None) -> Axes:
        """Draw the curves of the loss, of training and of validation."""
        try:
            import matplotlib.pyplot as plt
        except ImportError as error:
            cure = "in a clone of purenn, pip install '.[scripts]'"
            raise ModuleNotFoundError(f"plot_history needs matplotlib: {cure}.") from error
        history = self.history_
        drawn = plt.figure().add_subplot() if axes is None else axes
        for member in np.unique(history["member"]):
            rows = history["member"] == member
            for name, color in (("loss", "C0"), ("validation_loss", "C1")):
                if np.isnan(history[name]).all():
                    continue
                label = name.replace("_", " ") if member == 0 else None
                drawn.plot(history["epoch"][rows], history[name][rows], color, label=label)
        drawn.set(xlabel="epoch", ylabel="loss")
        drawn.legend()
        return drawn
