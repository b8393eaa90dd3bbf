"""What the estimators share: training as a fold, ensembles, and predictions for tables."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from purenn import checks
from purenn.arrays import FLOAT32, FLOAT64, FLOATS, A, Array, Matrix, is_plain
from purenn.data import shuffled_batches
from purenn.errors import DataError, OptionError, ParametersError, TreeError
from purenn.estimators._preparation import E, Preparation
from purenn.estimators._sklearn import CallbackSupportMixin, Stage, with_callbacks
from purenn.estimators._training import Curves, first_params, tell, threads_for, train_all
from purenn.estimators._weights import repeats, rows_and_weights
from purenn.layers import Block, block
from purenn.optimizers import State, evaluation_params
from purenn.training import fold, jacobian, mean_loss, predict, training_step
from purenn.tree import EMPTY, to_dtype

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Up to so many samples are predicted in one go.
PIECE = 1024


def average(members: list[A]) -> A:
    """The mean of what several nets say."""
    if len(members) == 1:
        return members[0]
    found: A = np.mean(members, axis=0, dtype=members[0].dtype)
    return found


def disagreement(members: list[A]) -> A:
    """The standard deviation of what several nets say."""
    if len(members) == 1:
        raise OptionError("members: expected at least 2, whose uncertainty can be told, got 1.")
    found: A = np.std(members, axis=0)
    return found


class Estimator(CallbackSupportMixin, Preparation[E]):
    """A net for tables, with scikit-learn's interface."""

    params_: tuple[object, ...]
    _serving: tuple[object, ...]  # in float64, lest predictions depend on other rows
    _curves: list[tuple[Curves, ...]]  # of each member
    _states: list[State[object, object]]  # of each member, if there was a partial_fit

    @with_callbacks
    def fit(self, X: object, y: object, sample_weight: object = None) -> Self:
        """Train from the beginning.

        Args:
            X: a table (rows, columns): an array, a frame of pandas or polars, a table of pyarrow.
            y: the targets, one for each row.
            sample_weight: how much each row counts, ≥ 0. Whole numbers give the same bits as
                that many copies of the row, unless the table would become more than four times as
                long. Copies may be in both training and validation, which makes the best epoch late
                and its error too small: with many, give rows of your own as `validation`.
        """
        self._begin(y)
        sample = self._read(X, y, sample_weight, repeats, reset=True)
        problem, self.model_, self._link = self._problem(sample, is_measured=True)
        seen = None if sample_weight is None else {"sample_weight": sample_weight}
        count = len(self._keys)
        root = self._init_callback_context(max_subtasks=count, sequential_subtasks=False)
        whole = Stage(root, self, self._fitted, X, y, seen).begin()
        members = [whole.part("member", number, problem.epochs) for number in range(count)]
        found = train_all(problem, self._keys, members, self.n_jobs)
        vars(self).update(self._fitted([params for params, _ in found]))
        self._curves, self._states = [curves for _, curves in found], []
        self._unit *= sample.copies  # of a partial_fit, in which weights are no copies
        for stage in (*members, whole):
            stage.end()
        return self

    def _partial_fit(self, X: object, y: object, sample_weight: object) -> Self:
        """One more epoch, on these rows; what has no parameters yet has just begun."""
        is_first = not hasattr(self, "params_")
        sample = self._read(X, y, sample_weight, rows_and_weights, reset=is_first)
        if is_first and np.equal(sample.x, sample.x[0]).all():
            cure = "Begin with some hundred rows."
            raise DataError(f"X: expected a column that varies in the first call. {cure}")
        known = self._keys if is_first else self.params_
        if not len(self._keys) == len(known) == self.members:
            expected = f"expected {len(known)}, as in the calls before"
            raise OptionError(f"members: {expected}, got {self.members!r}. Start again with fit.")
        problem, model, link = self._problem(sample, is_measured=False)
        size = min(problem.batch_size, len(problem.data))
        mover = problem.recipe.optimizer(0.0, None)
        if is_first:
            first = [first_params(problem, problem.data, key) for key in self._keys]
            self._curves, self._states = [() for _ in first], [mover.init(one) for one in first]
        states = [*self._states] or [mover.init(to_dtype(one, FLOAT32)) for one in self.params_]
        curves = [*self._curves]
        step = training_step(problem.recipe.net(0.0), problem.loss, mover)
        for member, key in enumerate(self._keys):
            number = len(curves[member])
            batches = shuffled_batches(problem.data, size, key, number)
            try:
                with threads_for(states[member].params):
                    states[member], reports = fold(step, states[member], batches)
            except (ParametersError, TreeError) as error:
                if is_first:
                    raise
                expected = "expected the model, preset and optimizer of the calls before"
                raise OptionError(f"partial_fit: {expected}. Start again with fit.") from error
            curves[member] += ((mean_loss(reports), nan, nan),)
            tell(problem, member, number, curves[member][-1])
        self.model_, self._link = model, link
        self._curves, self._states = curves, states
        vars(self).update(self._fitted([evaluation_params(state) for state in states]))
        return self

    def _fitted(self, members: list[object]) -> dict[str, object]:
        """The attributes that depend on parameters, one tree for each member."""
        params = tuple(members)
        served = tuple([to_dtype(each, FLOAT64) for each in params])
        width = -1 if hasattr(self, "feature_names_in_") else self.n_features_in_
        return {"params_": params, "_serving": served, "_plain_width": width}

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute; parameters of one's own, such as means, predict from now on."""
        is_served = name == "params_" and hasattr(self, "_serving")
        if is_served and not (isinstance(value, tuple | list) and value):
            expected = "expected a tuple with a tree for each member"
            raise OptionError(f"params_: {expected}, got {checks.described(value)}.")
        super().__setattr__(name, value)
        if is_served:
            vars(self).update(self._fitted([*self.params_]), _states=[])

    def __getstate__(self) -> dict[str, object]:
        return {name: one for name, one in super().__getstate__().items() if name != "_serving"}

    def __setstate__(self, state: dict[str, object]) -> None:
        super().__setstate__(state)
        if hasattr(self, "params_"):
            vars(self).update(self._fitted([*self.params_]))

    @property
    def history_(self) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        """The measurements, with a row for each epoch of each member: columns for pandas."""
        check_is_fitted(self, "params_")
        rows = [
            (member, epoch, *curves)
            for member, epochs in enumerate(self._curves)
            for epoch, curves in enumerate(epochs, 1)
        ]
        names = ("member", "epoch", "loss", "validation_loss", "validation_error")
        return dict(zip(names, np.array(rows, np.float64).T, strict=True))

    def plot_history(self, axes: Axes | None = None) -> Axes:
        """Draw the curves of the training and validation losses."""
        try:
            import matplotlib.pyplot as plt
        except ImportError as error:
            cure = "in a clone of purenn, pip install '.[scripts]'"
            raise ModuleNotFoundError(f"plot_history needs matplotlib: {cure}.") from error
        history = self.history_
        drawn = plt.figure().add_subplot() if axes is None else axes
        for member in np.unique(history["member"]):
            rows = history["member"] == member
            marker = "o" if np.count_nonzero(rows) == 1 else ""  # a line of one point is not seen
            for name, color in (("loss", "C0"), ("validation_loss", "C1")):
                if np.isnan(history[name]).all():
                    continue
                label = name.replace("_", " ") if member == 0 else None
                places, values = history["epoch"][rows], history[name][rows]
                drawn.plot(places, values, color + marker, label=label)
        drawn.set(xlabel="epoch", ylabel="loss")
        drawn.legend()
        return drawn

    def _features(self, X: object) -> Matrix:
        if not (
            is_plain(X) and X.shape[1:] == (self._plain_width,) and X.dtype in FLOATS and len(X)
        ):
            check_is_fitted(self, "params_")
            X = self._table(X, reset=False)
        return self.columns_.transform(X).astype(FLOAT64, copy=False)

    def _predictions(self, X: object, merged: Callable[[list[Matrix]], Matrix] = average) -> Matrix:
        """The predictions of all members, of which `average` is the mean: (rows, outputs)."""
        x = self._features(X)
        if len(x) <= PIECE:
            outputs = [self.model_.apply(params, x) for params in self._serving]
        else:
            outputs = [predict(self.model_, params, x, PIECE) for params in self._serving]
        return merged([self._link.apply(EMPTY, y) for y in outputs])

    @np.errstate(under="ignore", over="ignore")
    def _slopes(self, X: object) -> Array:
        """The mean derivatives of predictions: (rows, outputs, columns), in float64."""
        x = self._features(X)
        places, scales = self.columns_.slopes(self._table(X, reset=False))
        linked = block(self.model_) >> self._link
        found = average([jacobian(linked, (Block(params), EMPTY), x) for params in self._serving])
        slopes = np.full((len(x), self._width, self.n_features_in_), nan)
        slopes[:, :, places] = found[:, :, : len(places)] * scales[:, np.newaxis]
        return slopes
