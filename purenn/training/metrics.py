"""Measures of predictions: functions `(prediction, target) -> float` for `evaluate`."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Generic

import attrs
import numpy as np

from purenn import checks
from purenn.array_checks import require_integers
from purenn.arrays import AnyArray, Indices, Labels, Matrix, T, Y, is_labels
from purenn.checks import Label, Number
from purenn.errors import OptionError
from purenn.expressions import Expressed, maker
from purenn.kernels.gather import take
from purenn.losses import Loss, _targets
from purenn.training.gradient import require_no_loss
from purenn.tree import leaves


def accuracy(prediction: Matrix, target: Matrix | Labels) -> float:
    """The fraction of rows whose largest entry is at the target's class; NaN if any entry is NaN.

    Takes logits or probabilities (samples, classes), and targets as labels or rows.
    """
    _targets.require_class_targets("accuracy", prediction, target)
    labels = target if is_labels(target) else target.argmax(axis=1)
    return _share(prediction.argmax(axis=1) == labels, prediction)


@maker
def binary_accuracy(threshold: Number) -> Measure[Matrix, Matrix | Labels]:
    """The fraction of outputs on the target's side of the threshold; NaN if any output is NaN.

    The threshold is 0.5 for probabilities, and 0 for logits. Shapes and targets are those of
    `binary_cross_entropy_with_logits`.
    """

    def share(prediction: Matrix, target: Matrix | Labels) -> float:
        rows = _targets.require_binary_targets("binary_accuracy", prediction, target)
        with np.errstate(over="ignore"):  # of a threshold beyond the dtype
            is_above = prediction > threshold
        return _share(is_above == (rows > 0.5), prediction)

    return Measure(share, len)


@attrs.frozen(repr=False, eq=False, getstate_setstate=False)
class Measure(Expressed, Generic[Y, T]):
    """A measure `(prediction, target) -> mean over the samples that count`, and their number."""

    function: Callable[[Y, T], float] = attrs.field(validator=checks.called)
    count: Callable[[T], int] = attrs.field(validator=checks.called)

    def __call__(self, prediction: Y, target: T) -> float:
        """The mean over the samples that count."""
        return self.function(prediction, target)


@maker
def measure_ignoring(
    measure: Callable[[Matrix, Labels], float], label: Label
) -> Measure[Matrix, Labels]:
    """A measure that ignores the samples with this label, as `losses.ignoring` does for losses.

    `evaluate` gives the mean over these, whatever the batches; NaN if there are none:

    >>> import numpy as np
    >>> import purenn as nn
    >>> scores, labels = np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]]), np.array([0, 1, -1])
    >>> measure_ignoring(nn.accuracy, -1)(scores, labels)
    0.5
    """
    require_no_loss("The measure of measure_ignoring", measure, "Use losses.ignoring(loss, label).")

    def kept(target: Labels) -> Indices:
        require_integers("measure_ignoring(...)", target)
        return np.flatnonzero(np.not_equal(target, label))

    def of_kept(prediction: Matrix, target: Labels) -> float:
        _targets.require_matrix("measure_ignoring(...)", prediction)
        _targets.require_labels("measure_ignoring(...)", target, len(prediction), None)
        rows = kept(target)
        return measure(take(prediction, rows), take(target, rows)) if len(rows) else nan

    return Measure(of_kept, lambda target: counted(measure, take(target, kept(target))))


def counted(measure: object, targets: object) -> int:
    """How many samples of a batch count in a loss or measure: all, if it does not say.

    The targets are an array or a tuple of arrays, whose first axis is that of the batch.
    """
    if isinstance(measure, Loss | Measure) and measure.count is not None:
        return measure.count(targets)
    found = (targets,) if isinstance(targets, np.ndarray) else leaves(targets or ())
    if found and found[0].ndim:
        return len(found[0])
    cure = "Where the loss needs none, give the inputs in their place."
    raise OptionError(f"The targets: expected a batch axis. {cure}")


def _share(hits: AnyArray, prediction: Matrix) -> float:
    return nan if np.isnan(prediction).any() else float(np.mean(hits))
