"""A classifier for tables, in scikit-learn's interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from math import isnan
from typing import Literal, Self, TypeAlias

import numpy as np
from sklearn.utils import Tags
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, column_or_1d

from purenn import arrays, losses
from purenn.arrays import K, Labels, Matrix, P, S, T, Vector, is_labels, read_only
from purenn.errors import DivergenceError, LabelError, OptionError
from purenn.estimators._base import Estimator, disagreement
from purenn.estimators._links import Link, error_rate, gives_probabilities, require_of_labels
from purenn.estimators._networks import BATCH, CLASSIFICATION, EPOCHS, Net
from purenn.estimators._preparation import Sample
from purenn.estimators._sklearn import ClassifierMixin
from purenn.estimators._tables import require_labels
from purenn.estimators._weights import normalized
from purenn.layers import Layer, identity, sigmoid, softmax
from purenn.losses import LossFunction, softmax_cross_entropy
from purenn.optimizers import Optimizer

Values: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[np.generic[object]]]"


class Classifier(ClassifierMixin, Estimator[Labels | Matrix]):
    """A neural network that classifies the rows of tables, by default RealMLP-TD-S.

    Holzmüller, Grinsztajn, Steinwart, "Better by Default: Strong Pre-Tuned MLPs and Boosted Trees
    on Tabular Data" (2024). Columns may be numbers or categories; values may be missing. Several
    labels at once are a matrix of 0 and 1.

    Args:
        model: the widths of the hidden layers, () for a linear model, or a function of the numbers
            of features and of classes that returns a layer, whose outputs are logits, or
            probabilities if it ends with `softmax()` or `sigmoid()`.
        preset: "simple", or "full" for RealMLP-TD, with embeddings, dropout and decay.
        optimizer: an optimizer, or a function of the number of steps that gives one; `adam(0.001)`
            by default if `model` is a function. Nets given as widths need twenty times that rate.
        loss: of outputs and labels from 0 to classes - 1; by default cross-entropy, for logits with
            labels smoothed by 0.1, which keeps probabilities away from 0 and 1; for several labels
            at once binary cross-entropy, without smoothing.
        class_weight: a dict with the weight of each class, or "balanced".
        validation: the fraction of the rows to measure after each epoch, without training on them,
            or a table and targets `(X, y)`. The parameters of the epoch with the fewest errors (the
            last of equals) are kept; with None, those of the last epoch.
        patience: stop after this many epochs without a better one.
        epochs, batch_size: the maximum number of epochs, and the number of rows in a batch. `fit`
            leaves out a smaller last batch.
        members, n_jobs: how many nets to average, and the maximum number of processes that train
            them, which changes no bit. `uncertainty` tells how much they disagree.
        portable: whether to compute the same bits on every machine, in two to four times the time.
        random_state: the seed of all randomness. The order of the rows makes no difference.
        verbose: print a line after each epoch.

    Attributes:
        classes_: the labels; for several at once, a row of 0 and 1 for each, as in forests.
        columns_: the function from a table to features.
        model_: the layer.
        params_: its parameters, one tree for each member. Set others to predict with them.
        history_: a column for each of member, from 0, epoch, from 1, loss, validation_loss and
            validation_error, the share of wrong labels.
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
        self._keep(locals())

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        if tags.classifier_tags is not None:
            tags.classifier_tags.multi_label = True
        return tags

    def _meet(self, y: object) -> None:
        kind = _kind(y)
        if kind == "multiclass-multioutput":
            got = "several labels. Put the estimator into a MultiOutputClassifier."
            raise OptionError(f"y: expected a label for each row, or rows of 0 and 1, got {got}")
        self._is_multilabel = kind == "multilabel-indicator"
        columns = check_array(y, input_name="y").shape[1] if self._is_multilabel else 0
        self.classes_ = np.tile((0, 1), (columns, 1)) if columns else np.unique(column_or_1d(y))
        self._width = len(self.classes_)

    def _encode(self, y: object) -> Labels | Matrix:
        require_labels(y)
        if not self._is_multilabel:
            return read_only(_numbers_of(column_or_1d(y, warn=True), self.classes_))
        rows = check_array(y, dtype=arrays.FLOAT64, ensure_2d=False, input_name="y")
        if rows.shape[1:] != (self._width,) or not np.isin(rows, (0, 1)).all():
            raise LabelError(f"y: expected {self._width} columns of 0 and 1.")
        return read_only(rows.reshape(-1, self._width).astype(arrays.FLOAT32))

    def _aims(self, model: Net) -> tuple[object, Link, object]:
        if self._is_multilabel:
            require_of_labels(model, self.loss)
        loss: object
        if gives_probabilities(model, self.loss):
            loss = losses.binary_cross_entropy() if self._is_multilabel else losses.cross_entropy()
            link, threshold = identity(), 0.5
        elif self._is_multilabel:
            loss, link, threshold = losses.binary_cross_entropy_with_logits(), sigmoid(), 0.0
        else:
            loss, link, threshold = softmax_cross_entropy(label_smoothing=0.1), softmax(), 0.0
        return loss if self.loss is None else self.loss, link, error_rate(threshold)

    def _learn(self, sample: Sample[Labels | Matrix]) -> None:
        encoded, given = sample.encoded, self.class_weight
        self._class_weights, self._weighed = None, copy(given)
        if given is None:
            return
        if not is_labels(encoded):
            raise OptionError("class_weight: expected None for rows of 0 and 1.")
        factors: Vector = np.ones(self._width)
        if isinstance(given, Mapping):
            factors[:] = compute_class_weight(dict(given), classes=self.classes_, y=self.classes_)
            if not (np.isfinite(factors) & (factors >= 0.0)).all():
                raise OptionError("class_weight: expected finite numbers ≥ 0.")
        else:
            present: Labels = np.unique(encoded)
            weights = normalized(sample.weights)
            factors[present] = compute_class_weight(
                given, classes=present, y=encoded, sample_weight=weights
            )
        self._class_weights = normalized(factors)

    def _weights(self, sample: Sample[Labels | Matrix]) -> Vector:
        if self._class_weights is None:
            return sample.weights
        return sample.weights * self._class_weights[sample.encoded]

    def partial_fit(
        self, X: object, y: object, classes: object = None, sample_weight: object = None
    ) -> Self:
        """Train for one more epoch, by default at a constant rate, and without validation.

        Unlike in `fit`, a smaller last batch is used, even one row, which `batch_norm` refuses.

        Args:
            X: a table; the preprocessing of columns is fitted to that of the first call.
            classes: all labels that will ever occur, in the first call, if `y` is a vector.
            sample_weight: a factor of each row's loss, ≥ 0, about as large as in the first call:
                Adam remembers large gradients for long. Whole numbers are factors too, not copies.
        """
        if isinstance(self.class_weight, str):
            raise OptionError("class_weight: partial_fit cannot balance classes. Give a dict.")
        is_multilabel = _kind(y) == "multilabel-indicator"
        if not hasattr(self, "params_"):
            if classes is None and not is_multilabel:
                raise OptionError("classes must be passed on the first call to partial_fit.")
            self._begin(y if is_multilabel else classes)
        elif self.class_weight != self._weighed:
            cure = "Use sample_weight, or start again with fit."
            raise OptionError(f"class_weight: expected that of the first call. {cure}")
        require_labels(classes)
        known: Values = np.arange(self._width) if is_multilabel else self.classes_
        announced = known if classes is None else np.unique(column_or_1d(classes))
        are_values = is_multilabel and np.array_equal(announced, (0, 1))  # as of learning_curve
        if not are_values and not np.array_equal(announced, known):
            expected = f"those of the calls before, or the columns of y, {known.tolist()}"
            raise OptionError(f"classes: expected {expected}, got {classes!r}.")
        return self._partial_fit(X, y, sample_weight)

    def predict_proba(self, X: object) -> Matrix:
        """The probability of each class, or of each label: (rows, classes), in float64.

        The default loss smooths labels by 0.1, which pulls the probabilities of two classes towards
        0.95 and 0.05. `loss=softmax_cross_entropy()` has no such pull.
        """
        return self._predictions(X).copy()  # to be written in

    def predict(self, X: object) -> Values:
        """The most probable label of each row; of rows of 0 and 1, the labels above one half."""
        probabilities = self._predictions(X)
        if isnan(np.add.reduce(probabilities, axis=None)):
            raise DivergenceError("predict: got NaN as probabilities. Fit with a lower rate.")
        if self._is_multilabel:
            return (probabilities > 0.5).astype(np.int64)
        found: Values = self.classes_[probabilities.argmax(axis=1)]
        return found

    def uncertainty(self, X: object) -> Matrix:
        """The standard deviation of the members' probabilities: (rows, classes)."""
        return self._predictions(X, disagreement)

    def input_gradients(self, X: object) -> arrays.Array:
        """The derivatives of probabilities with respect to the table: (rows, classes, columns).

        They are NaN for columns of categories and where a number is missing.
        """
        return self._slopes(X)


def _numbers_of(labels: Values, classes: Values) -> Labels:
    """The numbers of labels, which must be among the sorted classes."""
    if labels.dtype.names or classes.dtype.names:
        raise LabelError("y: expected numbers or texts as labels, got structures.")
    is_known = np.isin(labels, classes)
    if not is_known.all():
        wrong = np.unique(labels[~is_known])
        raise LabelError(
            f"`y` has classes not in `self.classes_`. `self.classes_` has {classes}. 'y' has "
            f"{wrong}. Known are those of `fit`, or the classes of the first `partial_fit`."
        )
    return np.searchsorted(classes, labels)


def _kind(y: object) -> str:
    """Whether there are two classes or more, or several labels: scikit-learn's name for it."""
    require_labels(y)
    y = np.asarray(y) if hasattr(y, "__array_function__") else y  # of dask, which has no unique
    check_classification_targets(y)
    return type_of_target(y, input_name="y")
