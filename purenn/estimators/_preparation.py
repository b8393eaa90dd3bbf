"""From tables and options to a training problem."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Generic, TypeVar

import attrs
import numpy as np
from sklearn import config_context
from sklearn.utils import Tags, _safe_indexing, check_consistent_length, check_random_state
from sklearn.utils.validation import _check_sample_weight, _num_samples, validate_data

from purenn import checks
from purenn.arrays import FLOAT64, Indices, Labels, Matrix, Vector, is_labels, read_only
from purenn.data import dataset
from purenn.errors import DataError, OptionError
from purenn.estimators._choices import largest_of, objective_of, recipe_of
from purenn.estimators._columns import Columns, fit_columns
from purenn.estimators._links import Link
from purenn.estimators._networks import Net, Task, portable_net
from purenn.estimators._sklearn import BaseEstimator
from purenn.estimators._tables import as_array, require_rows, require_unmasked
from purenn.estimators._training import Data, Problem
from purenn.estimators._weights import canonical_order, mean_weight, relative
from purenn.kernels.gather import take
from purenn.keys import Key
from purenn.losses import Loss
from purenn.portability import portable
from purenn.training._logits import require_logits

E = TypeVar("E", bound=Labels | Matrix)

RowsOf = Callable[[Vector], tuple[Indices, Vector]]  # of weights


@attrs.frozen(eq=False)
class Sample(Generic[E]):
    """Rows of features, what is to be learned from them, and how much each counts."""

    x: Matrix
    encoded: E
    weights: Vector
    copies: float = 1.0  # how many there are of each row, in the mean


class Preparation(BaseEstimator, ABC, Generic[E]):
    """The options of estimators and what they mean; `E` are the targets in numbers."""

    model: object
    preset: object
    optimizer: object
    loss: object
    validation: object
    patience: object
    epochs: object
    batch_size: object
    members: object
    n_jobs: int | None
    portable: object
    random_state: int | np.random.RandomState | None
    verbose: object

    columns_: Columns
    model_: Net
    n_features_in_: int
    feature_names_in_: np.ndarray[tuple[int], np.dtype[np.object_]]
    _task: Task
    _width: int  # how many outputs there are
    _keys: tuple[Key, ...]  # of the members
    _unit: float  # what weights are divided by: the mean of those that were learned of
    _link: Link  # what makes predictions of outputs
    _plain_width = -1  # of arrays that are known to fit at a glance

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def _keep(self, options: dict[str, object]) -> None:
        """Keep the arguments of `__init__`, as they are and by their names."""
        del options["self"]
        vars(self).update(options)

    @abstractmethod
    def _meet(self, y: object) -> None:
        """Learn of what kind targets are."""

    @abstractmethod
    def _encode(self, y: object) -> E:
        """The targets in numbers, if they are of that kind."""

    @abstractmethod
    def _learn(self, sample: Sample[E]) -> None:
        """Learn what depends on all targets together."""

    def _targets(self, encoded: E) -> Matrix | Labels:
        """The targets of the loss."""
        return encoded

    @abstractmethod
    def _aims(self, model: Net) -> tuple[object, Link, object]:
        """The loss, what makes predictions of outputs, and what the best epoch has least of."""

    def _begin(self, y: object) -> None:
        """Forget all, and learn of what kind targets are."""
        for name in ("params_", "_serving", "_plain_width"):
            vars(self).pop(name, None)
        if y is None:
            validate_data(self, None, y, skip_check_array=True)  # which says what is missing
        self._meet(y)
        members = checks.integer("members", self.members)
        key = Key(int(check_random_state(self.random_state).randint(2**31 - 1)))
        self._keys = tuple([key.child("member", number) for number in range(members)])

    def _table(self, X: object, *, reset: bool) -> object:
        """The table, checked with scikit-learn's words; `reset` is to learn of its columns.

        Frames stay as they are; all else becomes an array of whatever dtype it has. Columns refuse
        what is infinite, in words that say what to do.
        """
        if hasattr(X, "columns"):
            validate_data(self, X, reset=reset, skip_check_array=True)
            require_rows(_num_samples(X), self.n_features_in_)  # as it does of arrays
            return X
        table = as_array(X)
        return validate_data(self, table, reset=reset, dtype=None, ensure_all_finite=False)

    def _pair(self, X: object, y: object, *, reset: bool) -> tuple[object, E]:
        """The table, and the targets in numbers: as many."""
        table = self._table(X, reset=reset)
        require_unmasked("y", y)
        encoded = self._encode(y)
        check_consistent_length(table, encoded)
        return table, encoded

    def _read(
        self, X: object, y: object, sample_weight: object, rows_of: RowsOf, *, reset: bool
    ) -> Sample[E]:
        """The rows that count, in an order that does not depend on theirs."""
        table, encoded = self._pair(X, y, reset=reset)
        weights: Vector = np.ones(len(encoded))
        copies = 1.0
        if sample_weight is not None:
            require_unmasked("sample_weight", sample_weight)
            with config_context(assume_finite=False):  # what NaN spoils would be blamed for it
                found = _check_sample_weight(sample_weight, table, ensure_non_negative=True)
            rows, weights = rows_of(np.asarray(found, FLOAT64))
            copies = len(rows) / np.count_nonzero(found)
            table, encoded = _safe_indexing(table, rows), take(encoded, rows)
        if reset:
            self.columns_ = fit_columns(table, largest=largest_of(self.preset, self.model))
            if not self.columns_.layout.width:
                raise DataError("X: expected a column that is not all missing.")
        x = self.columns_.transform(table)
        order = canonical_order(x, encoded, weights)
        sample = Sample(take(x, order), take(encoded, order), take(weights, order), copies)
        if reset:
            self._learn(sample)
            self._unit = mean_weight(self._weights(sample))
        return sample

    def _weights(self, sample: Sample[E]) -> Vector:
        """How much each row counts."""
        return sample.weights

    def _problem(self, sample: Sample[E], *, is_measured: bool) -> tuple[Problem, Net, Link]:
        layout = self.columns_.layout
        recipe = recipe_of(self.preset, self.model, self.optimizer, self._task, layout, self._width)
        checks.instance("portable", self.portable, bool)
        checks.instance("verbose", self.verbose, int)
        if self.portable:
            recipe = attrs.evolve(recipe, net=partial(portable_net, recipe.net))
        model = recipe.net(1.0)
        require_logits(model, self.loss)
        loss, link, error = self._aims(model)
        if self.portable:
            link = portable(link)
            loss, error = (portable(one) if isinstance(one, Loss) else one for one in (loss, error))
        weights = relative(self._weights(sample), self._unit)
        has_weights = bool((weights != 1.0).any())
        problem = Problem(
            recipe=recipe,
            outputs=self._width,
            loss=objective_of(loss, has_weights=has_weights),
            error=objective_of(error, has_weights=has_weights),
            data=self._data(sample, weights if has_weights else None),
            validation=self._held_out(has_weights=has_weights) if is_measured else None,
            strata=sample.encoded if is_labels(sample.encoded) else None,
            epochs=checks.integer("epochs", self.epochs),
            batch_size=checks.integer("batch_size", self.batch_size),
            patience=inf if self.patience is None else checks.integer("patience", self.patience),
            is_verbose=bool(self.verbose),
        )
        return problem, model, link

    def _data(self, sample: Sample[E], weights: Vector | None) -> Data:
        targets = self._targets(sample.encoded)
        if weights is None:
            return dataset(sample.x, targets)
        return dataset(sample.x, (targets, read_only(weights)))

    def _held_out(self, *, has_weights: bool) -> Data | float | None:
        """What `validation` says to measure with."""
        held = self.validation
        if held is None:
            if self.patience is not None:
                raise OptionError("patience: needs validation rows. Give validation=0.2, say.")
            return None
        if not isinstance(held, tuple):
            return checks.number("validation, unless it is (X, y)", held, above=0.0, below=1.0)
        if len(held) != 2:
            got = checks.described(held)
            raise OptionError(f"validation: expected a fraction or (X, y), got {got}.")
        table, encoded = self._pair(*held, reset=False)
        sample = Sample(self.columns_.transform(table), encoded, np.ones(len(encoded)))
        weights = self._weights(sample)
        unit = mean_weight(weights, "validation samples")
        return self._data(sample, relative(weights, unit) if has_weights else None)
