"""A classifier for tables, in scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Self, TypeAlias, TypeVar

import numpy as np
from sklearn.utils import Tags
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, column_or_1d

from purenn.arrays import FLOAT32, FLOAT64, Array, Labels, Matrix, Vector, is_labels, read_only
from purenn.errors import DataError, LabelError, OptionError
from purenn.estimators._base import Estimator
from purenn.estimators._bases import ClassifierMixin
from purenn.estimators._errors import error_rate, label_error_rate
from purenn.estimators._links import Link, gives_probabilities
from purenn.estimators._networks import BATCH, CLASSIFICATION, EPOCHS, Net
from purenn.estimators._preparation import Sample
from purenn.estimators._tables import is_missing
from purenn.estimators._weights import normalized
from purenn.layers import Layer, identity, sigmoid, softmax
from purenn.losses import (
    LossFunction,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    softmax_cross_entropy,
)
from purenn.optimizers import Optimizer

K = TypeVar("K")
P = TypeVar("P")
S = TypeVar("S")
T = TypeVar("T")

Values: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.generic[object]]]"


class Classifier(ClassifierMixin, Estimator[Labels | Matrix]):
    """A net that classifies the rows of tables; RealMLP-TD-S unless it is told otherwise.

    Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees
    on Tabular Data" (2024). Columns may be numbers, with gaps, or categories. Several labels at
    once are a matrix of 0 and 1.

    Args:
        model: the widths of the hidden layers, () for a linear model, or a function of the numbers
            of features and of classes that gives a layer, whose outputs are logits, or
            probabilities if it ends with `softmax()` or `sigmoid()`.
        optimizer: an optimizer, or a function of the number of steps that gives one. `adam(0.001)`
            is the default of models that are layers.
        loss: of outputs and labels from 0 to classes - 1. By default it is cross-entropy, with some
            label smoothing if outputs are logits, which keeps probabilities from 0 and 1.
        class_weight: how much each class counts, or "balanced".
        validation: the fraction of the rows that are measured after each epoch and not trained
            with, or a table and targets `(X, y)`. The parameters of the epoch with the fewest
            errors are kept, of the last of equals; with None, those of the last epoch.
        patience: stop after so many epochs without a better one.
        members: how many nets to average, which are trained in up to `n_jobs` processes. Their
            number does not change a bit.
        portable: whether the net computes with the same bits on every machine, in two to four
            times the time.
        random_state: what everything random is a function of, together with the rows as a set.
        verbose: print a line after each epoch.

    Attributes:
        classes_: the labels.
        columns_: what makes features of a table.
        model_: the layer.
        params_: its parameters, once for each member.
        history_: a column for each of member, epoch, loss, validation_loss and validation_error.
    """

    classes_: Values
    class_weight: object
    _task = CLASSIFICATION
    _is_multilabel: bool
    _class_weights: Vector | None
    _weighed: object = None  # the class_weight that these came from

    def __init__(
        self,
        model: Sequence[int] | Callable[[int, int], Layer[P, Matrix, Matrix]] | None = None,
        *,
        preset: Literal["simple", "full"] = "simple",
        optimizer: Optimizer[S] | Callable[[int], Optimizer[S]] | None = None,
        loss: LossFunction[Matrix, T] | None = None,
        class_weight: Mapping[K, float] | Literal["balanced"] | None = None,
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
        self.model = model
        self.preset = preset
        self.optimizer = optimizer
        self.loss = loss
        self.class_weight = class_weight
        self.validation = validation
        self.patience = patience
        self.epochs = epochs
        self.batch_size = batch_size
        self.members = members
        self.n_jobs = n_jobs
        self.portable = portable
        self.random_state = random_state
        self.verbose = verbose

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_label = True
        return tags

    def _meet(self, y: object) -> None:
        kind = _kind(y)
        if kind == "multiclass-multioutput":
            raise OptionError(
                "y: expected a label for each row, or rows of 0 and 1, got several labels. Put the "
                "estimator into a MultiOutputClassifier."
            )
        self._is_multilabel = kind == "multilabel-indicator"
        if self._is_multilabel:
            self.classes_ = np.arange(check_array(y, input_name="y").shape[1])
        else:
            self.classes_ = np.unique(column_or_1d(y))
        self._width = len(self.classes_)

    def _encode(self, y: object) -> Labels | Matrix:
        _require_labels(y)
        if not self._is_multilabel:
            return self._known_labels(column_or_1d(y, warn=True))
        found = check_array(y, dtype=FLOAT64, input_name="y")
        rows = found.reshape(len(found), -1).astype(FLOAT32)
        if rows.shape[1] != self._width or not np.isin(rows, (0, 1)).all():
            raise LabelError(f"y: expected {self._width} columns of 0 and 1.")
        return read_only(rows)

    def _known_labels(self, labels: Values) -> Labels:
        """The numbers of labels, which must be among those known."""
        if labels.dtype.names or self.classes_.dtype.names:
            raise LabelError("y: expected numbers or texts as labels, got structures.")
        is_known = np.isin(labels, self.classes_)
        if not is_known.all():
            wrong = np.unique(labels[~is_known])
            raise LabelError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' "
                f"has {wrong}. Known are those of `fit`, or the classes of the first `partial_fit`."
            )
        found: Labels = np.searchsorted(self.classes_, labels)
        return read_only(found)

    def _default_loss(self, model: Net) -> object:
        if gives_probabilities(model):
            return binary_cross_entropy() if self._is_multilabel else cross_entropy()
        if self._is_multilabel:
            return binary_cross_entropy_with_logits()
        return softmax_cross_entropy(label_smoothing=0.1)

    def _link_of(self, model: Net, loss: object) -> Link:
        if gives_probabilities(model):
            return identity()
        return sigmoid() if self._is_multilabel else softmax()

    def _error(self, model: Net, loss: object) -> object:
        if self._is_multilabel:
            return label_error_rate(0.5 if gives_probabilities(model) else 0.0)
        return error_rate()

    def _learn(self, sample: Sample[Labels | Matrix]) -> None:
        encoded, given = sample.encoded, self.class_weight
        self._class_weights, self._weighed = None, None
        if given is None:
            return
        if not is_labels(encoded):
            raise OptionError("class_weight: expected None for rows of 0 and 1.")
        if isinstance(given, Mapping):
            labels = self.classes_
            found = compute_class_weight(dict(given), classes=labels, y=labels)
            if not (np.isfinite(found) & (found >= 0.0)).all():
                raise OptionError("class_weight: expected finite numbers ≥ 0.")
            self._class_weights, self._weighed = normalized(found), dict(given)
            return
        present: Labels = np.unique(encoded)
        weights = None if sample.weights is None else normalized(sample.weights)
        found = compute_class_weight(given, classes=present, y=encoded, sample_weight=weights)
        self._class_weights = np.ones(self._width)
        self._class_weights[present] = found

    def _class_factors(self, encoded: Labels | Matrix) -> Vector | None:
        if self._class_weights is None:
            return None
        factors: Vector = self._class_weights[encoded]
        return factors

    def partial_fit(
        self, X: object, y: object, classes: object = None, sample_weight: object = None
    ) -> Self:
        """Train one epoch more, at a steady rate and without validation.

        Unlike in `fit`, a last batch of fewer rows counts, which may be a single one. Layers such
        as `batch_norm()` take none of those: choose another batch size.

        Args:
            X: a table; what is to be known of columns is learned from that of the first call.
            y: the targets.
            classes: all labels that there will be, in the first call, if `y` is a vector.
            sample_weight: as in `fit`, and about as large as in the first call: Adam remembers
                large gradients for long.
        """
        if self.class_weight == "balanced":
            raise OptionError(
                "class_weight: partial_fit does not know how often a class will come."
            )
        is_multilabel = _kind(y) == "multilabel-indicator"
        is_first = not hasattr(self, "params_")
        if classes is not None and (is_multilabel or not is_first):
            columns = np.arange(check_array(y, input_name="y").shape[1]) if is_first else None
            self._require_same(classes, self.classes_ if columns is None else columns)
        if classes is None and is_first and not is_multilabel:
            raise OptionError("classes must be passed on the first call to partial_fit.")
        if not is_first and self.class_weight != self._weighed:
            cure = "Give factors as sample_weight, or begin anew with fit."
            raise OptionError(f"class_weight: partial_fit has that of the first call. {cure}")
        return self._partial_fit(X, y, sample_weight, y if is_multilabel else classes)

    def _require_same(self, classes: object, known: Values) -> None:
        if not np.array_equal(np.unique(column_or_1d(classes)), known):
            expected = f"those of the calls before, or the columns of y, {known.tolist()}"
            raise OptionError(f"classes: expected {expected}, got {classes!r}.")

    def predict_proba(self, X: object) -> Matrix:
        """The probability of each class, or of each label: (rows, classes).

        Unless a loss is given, labels of classes are smoothed by a tenth, which pulls those of two
        classes towards 0.95 and 0.05. `loss=softmax_cross_entropy()` has no such pull.
        """
        return self._predictions(X)

    def predict(self, X: object) -> Values:
        """The most probable label of each row; of rows of 0 and 1, the labels above one half."""
        probabilities = self.predict_proba(X)
        if self._is_multilabel:
            return (probabilities > 0.5).astype(np.int64)
        found: Values = self.classes_[probabilities.argmax(axis=1)]
        return found

    def input_gradients(self, X: object) -> Array:
        """The derivatives of probabilities by numbers of the table: (rows, classes, columns).

        They are NaN for columns of categories and where a number is missing.
        """
        return self._slopes(X)


def _kind(y: object) -> str:
    """Whether there are two classes or more, or several labels: scikit-learn's name for it."""
    _require_labels(y)
    check_classification_targets(y)
    return type_of_target(y, input_name="y")


def _require_labels(y: object) -> None:
    """Check that no label is missing: such a one cannot be sorted among others."""
    if isinstance(y, np.ndarray) and y.dtype.kind not in "Of":
        return
    labels = np.atleast_1d(np.asarray(y, object))
    for place, label in enumerate(labels.ravel().tolist()):
        if is_missing(label) and y is not None:
            row, cure = place // labels[:1].size, "Leave such rows out, or give them a label."
            raise DataError(f"Input y contains NaN. Row {row} has no label. {cure}")
