"""A regressor for tables, in scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Self

import numpy as np
from sklearn.utils import Tags
from sklearn.utils.validation import check_array, column_or_1d

from purenn import checks
from purenn.arrays import FLOAT32, FLOAT64, Array, Matrix, P, S, T, Vector, read_only
from purenn.data import Standardization, standardization
from purenn.errors import DataError, OptionError, ShapeError
from purenn.estimators._base import Estimator, disagreement
from purenn.estimators._links import Link, cannot_be_standardized, link_of
from purenn.estimators._networks import BATCH, EPOCHS, REGRESSION, Net
from purenn.estimators._preparation import Sample
from purenn.estimators._sklearn import RegressorMixin
from purenn.estimators._weights import normalized
from purenn.layers import Layer
from purenn.losses import LossFunction, mean_squared_error
from purenn.optimizers import Optimizer


class Regressor(RegressorMixin, Estimator[Matrix]):
    """A neural network that predicts numbers for the rows of tables, by default RealMLP-TD-S.

    The arguments and attributes are those of `Classifier`, without `class_weight` and `classes_`,
    except:

    Args:
        loss: of outputs and targets, both matrices (rows, outputs); by default the mean squared
            error.
        validation: as in `Classifier`, but the best epoch is that with the least loss.
        standardize_targets: whether the net sees targets with mean 0 and deviation 1. Use False for
            losses that need the original targets, such as `poisson()`, and for models without
            negative outputs, such as those that end with `softplus()`.

    Attributes:
        history_: as in `Classifier`, but the validation_error is the validation_loss.
    """

    standardize_targets: object
    _task = REGRESSION
    _scaling: Standardization

    def __init__(
        self,
        model: Sequence[int] | Callable[[int, int], Layer[P, Matrix, Matrix]] | None = None,
        *,
        preset: Literal["simple", "full"] = "simple",
        optimizer: Optimizer[S] | Callable[[int], Optimizer[S]] | None = None,
        loss: LossFunction[Matrix, T] | None = None,
        standardize_targets: bool = True,
        validation: float | tuple[object, object] | None = 0.2,
        patience: int | None = None,
        epochs: int = EPOCHS,
        batch_size: int = BATCH,
        members: int = 1,
        n_jobs: int | None = None,
        portable: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
    ) -> None:
        self._keep(locals())

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _meet(self, y: object) -> None:
        rows = check_array(y, dtype=FLOAT64, ensure_2d=False, input_name="y")
        self._width = rows.size // len(rows)

    def _encode(self, y: object) -> Matrix:
        """The targets as columns."""
        raw = np.asarray(y)
        if raw.dtype.kind in "mM" and np.isnat(raw).any():  # which is a number for scikit-learn
            raise DataError("Input y contains NaN. Leave such rows out, or give them a target.")
        found = check_array(y, dtype=FLOAT64, ensure_2d=False, input_name="y")
        if found.shape[1:] == (1,):
            column_or_1d(found, warn=True)  # which tells what it makes of a column
        rows = found.reshape(len(found), -1)
        if rows.shape[1] != self._width:
            raise ShapeError("y", f"expected {self._width} outputs, got {rows.shape[1]}.")
        return _with_room(rows, "Scale it.")

    def _learn(self, sample: Sample[Matrix]) -> None:
        checks.instance("standardize_targets", self.standardize_targets, bool)
        raw = Standardization(np.zeros(self._width), np.ones(self._width))
        self._scaling = _fitted(sample) if self.standardize_targets else raw

    @np.errstate(under="ignore")
    def _targets(self, encoded: Matrix) -> Matrix:
        cure = "It is standardized like those of the first call."
        return read_only(_with_room(self._scaling(encoded), cure).astype(FLOAT32))

    def _aims(self, model: Net) -> tuple[object, Link, object]:
        loss = mean_squared_error() if self.loss is None else self.loss
        if self.standardize_targets and cannot_be_standardized(model, loss):
            expected = f"the model with {loss!r} needs targets as they are"
            raise OptionError(f"standardize_targets: {expected}. Give standardize_targets=False.")
        return loss, link_of(loss), loss

    def partial_fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """Train for one more epoch, as `Classifier.partial_fit` does.

        The preprocessing of columns and targets is fitted in the first call.
        """
        if not hasattr(self, "params_"):
            self._begin(y)
        return self._partial_fit(X, y, sample_weight)

    def predict(self, X: object) -> Matrix | Vector:
        """The prediction for each row: (rows,), or (rows, outputs) if there is more than one."""
        outputs = self._predictions(X)  # which refuses before fit
        rows = self._scaling.inverse(outputs)
        return (rows[:, 0] if self._width == 1 else rows).copy()  # to be written in

    def uncertainty(self, X: object) -> Matrix | Vector:
        """The standard deviation of the members' predictions, in the shape of `predict`."""
        found: Matrix = self._predictions(X, disagreement) * self._scaling.deviation
        return found[:, 0] if self._width == 1 else found

    def input_gradients(self, X: object) -> Array:
        """The derivatives of predictions with respect to the table: (rows, outputs, columns).

        With a single output, (rows, columns). They are NaN for columns of categories and where a
        number is missing.
        """
        found = self._slopes(X) * self._scaling.deviation[:, np.newaxis]
        return found[:, 0] if self._width == 1 else found


def _with_room(rows: Matrix, cure: str) -> Matrix:
    """The targets, if there is room for them in float32."""
    if np.abs(rows).max() > np.finfo(FLOAT32).max:
        raise DataError(f"Input y contains a value too large for dtype('float32'). {cure}")
    return read_only(rows)


def _fitted(sample: Sample[Matrix]) -> Standardization:
    """The means and deviations of targets; what is the same in all rows has deviation 1."""
    rows = sample.encoded
    if (sample.weights == 1.0).all():
        return standardization(rows)
    weights = normalized(sample.weights)
    mean: Vector = np.average(rows, axis=0, weights=weights)
    errors = rows - mean
    unit = np.abs(errors).max(axis=0).clip(np.finfo(FLOAT64).tiny)  # so that no square vanishes
    squares: Vector = np.average(np.square(errors / unit), axis=0, weights=weights)
    deviation = unit * np.sqrt(squares)
    is_constant = np.equal(rows, rows[0]).all(axis=0)
    mean = np.where(is_constant, rows[0], mean)
    return Standardization(mean, np.where(is_constant, 1.0, deviation))
