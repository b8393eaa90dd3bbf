"""Weights of samples, of classes and of losses, and labels to ignore."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from purenn import array_checks, arrays, checks
from purenn.arrays import Array, Labels, Matrix, T, Vector, Y, Z, is_labels, read_only
from purenn.checks import Label
from purenn.errors import DataError, OptionError, ShapeError
from purenn.expressions import maker
from purenn.kernels.elementwise import scalar, times
from purenn.losses._contract import Loss, PerSample
from purenn.losses._targets import SUM_TOLERANCE, L, ends, require_matrix, require_no_pair

U = TypeVar("U")
Weights = Vector | Labels  # of samples: floats or integers


@maker
def weighted(loss: Loss[Y, T]) -> Loss[Y, tuple[T, Weights]]:
    """Weight samples: targets are pairs with a weight per sample, as in `dataset(x, (y, weights))`.

    The weights are floats or integers (samples,), finite and not negative. Sums are divided by the
    number of samples, as in `class_weighted`, so that a sample's effect does not depend on the rest
    of its batch: give weights whose mean is 1. If all weights of a batch are 0, its loss is 0.
    """

    def per_sample(prediction: Y, target: tuple[T, Weights]) -> PerSample[Y]:
        if not checks.is_pair(target):
            cure = "Make the data with dataset(x, (y, weights)), or leave out weighted."
            raise ShapeError("weighted(...)", f"expected pairs (target, weights). {cure}")
        values, pull = loss.checked(prediction, target[0])
        return _times(_sample_weights(target[1], values), values, pull)

    count = loss.count
    return Loss(per_sample, loss.scale, None if count is None else lambda pair: count(pair[0]))


def _times(factors: Vector, values: Vector, pull: Callable[[Array], Y]) -> PerSample[Y]:
    """Losses of samples, times a factor for each."""
    products: Vector = np.zeros_like(values)
    np.multiply(values, factors, out=products, where=factors > 0.0)  # 0 times infinity is 0
    return read_only(products), lambda outer: pull(np.multiply(factors, outer))


def _sample_weights(weights: Weights, values: Vector) -> Vector:
    array_checks.require_array("weighted(...)", weights)
    if weights.dtype.kind not in "fiu" or weights.shape != values.shape:
        got = f"{values.shape[0]} samples, got {checks.described(weights)}."
        raise ShapeError("weighted(...)", f"expected a weight, float or integer, for each of {got}")
    with np.errstate(over="ignore"):
        found = weights.astype(values.dtype)
    if not np.isfinite(found).all() or (found < 0).any():
        cure = "Negative ones, as of policy gradients, want a loss of your own, of loss.per_sample."
        raise DataError(f"weighted(...): expected weights that are finite and not negative. {cure}")
    return found


@maker
def combined(
    first: Loss[Y, T], second: Loss[Z, U], weights: tuple[float, float] = (1.0, 1.0)
) -> Loss[tuple[Y, Z], tuple[T, U]]:
    """The sum of two losses, times weights ≥ 0, not both 0, of a model that has two outputs.

    Predictions are pairs, as those of `branches`, and so are targets: `dataset(x, (y, z))`. For
    `branches(a, branches(b, c))`, use `combined(first, combined(second, third))`. Each is reduced
    by itself, so that one may ignore samples that the other does not, or be `summed` alone. Then
    the means that steps and `evaluate` report depend on the batches: evaluate each part by itself.

    >>> from purenn.losses import mean_squared_error, softmax_cross_entropy
    >>> combined(softmax_cross_entropy(), mean_squared_error(), (1.0, 0.1))
    combined(softmax_cross_entropy(), mean_squared_error(), weights=(1.0, 0.1))
    """
    if not checks.is_pair(weights):
        raise OptionError(f"combined: expected a weight for each loss, got {weights!r}.")
    one, other = _table("The weights of combined", weights)

    def per_sample(prediction: tuple[Y, Z], target: tuple[T, U]) -> PerSample[tuple[Y, Z]]:
        if not (checks.is_pair(prediction) and checks.is_pair(target)):
            cure = "Make the data with dataset(x, (y, z)), and the model with branches(...)."
            raise ShapeError("combined(...)", f"expected pairs, of outputs and of targets. {cure}")
        values, pull = _share(first, one, first.scale, prediction[0], target[0])
        more, pull_more = _share(second, other, first.scale, prediction[1], target[1])
        if len(values) != len(more):
            got = f"{len(values)} and {len(more)}"
            raise ShapeError("combined(...)", f"expected as many samples of both, got {got}.")
        return read_only(values + more), lambda outer: (
            pull(outer.astype(values.dtype, copy=False)),
            pull_more(outer.astype(more.dtype, copy=False)),
        )

    return Loss(per_sample, first.scale)


def _share(
    loss: Loss[Y, T], weight: float, scale: Callable[[int], float], prediction: Y, target: T
) -> PerSample[Y]:
    """Losses of samples whose sum, times that scale, is the weight times the loss."""
    values, pull = loss.checked(prediction, target)
    samples = loss._samples(values, target)
    factor = weight * loss.scale(samples) / scale(len(values)) if samples else 0.0
    if factor == 1.0:
        return values, pull
    checks.fits("A weight of combined", weight, values.dtype)
    if not factor:
        return _times(np.zeros_like(values), values, pull)
    by = scalar(factor, values.dtype)
    return times(values, by), lambda outer: pull(times(outer, by))


def _table(name: str, weights: object) -> tuple[float, ...]:
    """Numbers ≥ 0, not all of them 0."""
    table = checks.several(name, weights, partial(checks.number, least=0.0))
    if not any(table):
        raise OptionError(f"{name}: expected a number above 0 among them, got only zeros.")
    return table


@maker
def class_weighted(loss: Loss[Matrix, L], weights: Sequence[float] | Vector) -> Loss[Matrix, L]:
    """Weight the classes of a classifier's loss, with a number ≥ 0 for each, not all of them 0.

    A sample has the weight of its label, or the mean weight of its probabilities. With one output,
    whose labels are 0 and 1, there are two weights. Several outputs are one choice: for independent
    ones, use the `positive_weights` of `binary_cross_entropy_with_logits`. Sums are divided by the
    number of samples. PyTorch divides by the sum of the weights if targets are labels and, for rows
    and smoothed labels, weights the term of each class by itself.

    >>> import numpy as np
    >>> from purenn.losses import balanced_weights, softmax_cross_entropy
    >>> class_weighted(softmax_cross_entropy(), balanced_weights(np.array([0, 0, 0, 1])))
    class_weighted(softmax_cross_entropy(), (0.6666666666666666, 2.0))
    """
    name = "The weights of class_weighted"
    table = _table(name, weights)
    extremes = ends(table)

    def per_sample(prediction: Matrix, target: L) -> PerSample[Matrix]:
        values, pull = loss.checked(prediction, target)
        for weight in extremes:
            checks.fits(name, weight, values.dtype)
        factors = _class_factors(np.array(table, values.dtype), prediction, target)
        return _times(factors, values, pull)

    return Loss(per_sample, loss.scale, loss.count)


def _class_factors(table: Vector, prediction: Matrix, target: Matrix | Labels) -> Vector:
    require_matrix("class_weighted(...)", prediction)
    classes = 2 if prediction.shape[1] == 1 else prediction.shape[1]
    if len(table) != classes:
        expected = f"{classes} weights, one per class"
        raise ShapeError("class_weighted(...)", f"expected {expected}, got {len(table)}.")
    if is_labels(target):
        # The loss has checked the labels: those below 0 are the negative class, or ignored.
        return table.take(target.astype(np.int64), mode="clip")
    require_no_pair("class_weighted", target)
    factors: Vector
    if prediction.shape[1] == 1:
        shares = np.maximum(target[:, 0], 0)
        are_shares = np.maximum.reduce(shares) <= 1.0
        between = table[0] + (table[1] - table[0]) * shares
        factors = np.where(shares < 1.0, between, table[1])  # exact at both ends
    else:
        errors = np.abs(np.add.reduce(target, axis=1) - 1.0)
        are_shares = np.minimum.reduce(target, axis=None) >= 0.0 and errors.max() <= SUM_TOLERANCE
        factors = np.add.reduce(target * table, axis=1)  # BLAS would sum in any order
    if not are_shares:
        cure = "Weigh independent outputs by positive_weights of binary_cross_entropy_with_logits."
        expected = "labels, or rows of probabilities that sum to 1"
        raise DataError(f"class_weighted(...): expected {expected}, got other numbers. {cure}")
    return factors


@maker
def ignoring(loss: Loss[Matrix, L], label: Label) -> Loss[Matrix, L]:
    """Ignore the samples with this label, often -1 or -100.

    The mean is over the others, in a batch as in an epoch. Where none is left, the loss and its
    cotangent are 0. With rows as targets nothing is ignored. Sample weights go outside:
    `weighted(ignoring(loss, label))`.
    """

    def counted(target: L) -> arrays.Mask | None:
        """Which samples count, if targets are labels."""
        require_no_pair("ignoring", target)
        if not is_labels(target):
            return None
        array_checks.require_integers("ignoring(...)", target)
        return np.not_equal(target, label)

    def per_sample(prediction: Matrix, target: L) -> PerSample[Matrix]:
        mask = counted(target)
        if mask is None:
            return loss.checked(prediction, target)
        spare = np.min(target[mask], initial=0)  # a label of the loss: 0, or -1 if that is one
        known = arrays.typed_like(np.where(mask, target, spare), target)
        values, pull = loss.checked(prediction, known)
        kept: Vector = np.zeros_like(values)
        np.copyto(kept, values, where=mask)
        return read_only(kept), lambda weights: pull(np.multiply(mask, weights))

    def count(target: L) -> int:
        mask = counted(target)
        if mask is None:
            return len(target)
        kept = arrays.typed_like(target[mask], target)
        return len(kept) if loss.count is None else loss.count(kept)

    return Loss(per_sample, loss.scale, count)


def balanced_weights(labels: Labels) -> tuple[float, ...]:
    """Class weights in inverse proportion to class counts: samples / (classes * count).

    Labels are integers (samples,). A class below the largest that never occurs raises DataError.
    """
    array_checks.require_integers("balanced_weights", labels)
    present, counts = np.unique(labels, return_counts=True)
    if not labels.size or present[0] < 0:
        raise DataError("balanced_weights: expected labels ≥ 0.")
    missing = np.flatnonzero(present != np.arange(present.size))
    if missing.size:
        raise DataError(f"balanced_weights: class {missing[0]} never occurs.")
    return tuple((labels.size / (present.size * counts)).tolist())
