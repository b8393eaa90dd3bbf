"""A loss gives a value and a slope for each sample; the reduction to a mean or sum is separate.

`loss(prediction, target) -> (value, cotangent of the prediction)` is the mean over the samples;
`summed(loss)` is the sum. Weights of samples work with every `Loss`. A function of your own
`(prediction, target) -> (value, cotangent)` is a loss as well, but takes no weights.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import nan
from typing import Generic, TypeVar

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import FLOATS, A, Array, R, T, Vector, Y, read_only, typed_like
from purenn.errors import OptionError, ShapeError
from purenn.expressions import Expressed, maker, with_ops
from purenn.kernels.elementwise import scalar
from purenn.kernels.memory import empty_like
from purenn.kernels.ops import Ops
from purenn.kernels.reductions import is_finite, total
from purenn.losses._targets import require_one

T_contra = TypeVar("T_contra", contravariant=True)

LossFunction = Callable[[Y, T], tuple[float, Y]]

PerSample = tuple[Vector, Callable[[Array], Y]]


@attrs.frozen(repr=False, eq=False, getstate_setstate=False)
class Loss(Expressed, Generic[Y, T_contra]):
    """A loss of predictions `Y` and targets `T_contra`.

    >>> import numpy as np
    >>> def absolute(prediction, target):
    ...     error = prediction - target
    ...     signs = np.sign(error) / error.shape[1]
    ...     return np.abs(error).mean(axis=1), lambda weights: (signs.T * weights).T
    >>> value, cotangent = Loss(absolute)(np.ones((1, 2)), np.zeros((1, 2)))
    >>> value, cotangent.tolist()
    (1.0, [[0.5, 0.5]])

    Args:
        per_sample: `(prediction, target) -> (values, pull)`: the loss of each sample, (samples,),
            and the function from their weights, (samples,) or a single one without axes, in the
            dtype of the values, to the cotangent of the weighted sum. A `PerSample` is such a pair.
        scale: the function from the number of samples to the factor of the sum; by default
            1 / samples.
        count: the function from a target to the number of samples that count; None if all do. Where
            none does, value and cotangent are 0.
    """

    per_sample: Callable[[Y, T_contra], PerSample[Y]] = attrs.field(validator=checks.called)
    scale: Callable[[int], float] = attrs.field(default=lambda n: 1.0 / n, validator=checks.called)
    count: Callable[[T_contra], int] | None = attrs.field(
        default=None, validator=attrs.validators.optional(checks.called)
    )

    def __call__(self, prediction: Y, target: T_contra) -> tuple[float, Y]:
        """The value of the loss, and the cotangent of the prediction."""
        values, pull = self.checked(prediction, target)
        samples = self._samples(values, target)
        scale = self.scale(samples) if samples else 0.0
        return total(values) * scale, pull(scalar(scale, values.dtype))

    def mean(self, prediction: Y, target: T_contra) -> float:
        """The mean over the samples, whatever the reduction; NaN if none counts."""
        values, _ = self.checked(prediction, target)
        samples = self._samples(values, target)
        return total(values) / samples if samples else nan

    def checked(self, prediction: Y, target: T_contra) -> PerSample[Y]:
        """What `per_sample` gives, if it is a `PerSample`."""
        found = self.per_sample(prediction, target)
        _require_losses(self, found, prediction)
        return found

    def _samples(self, values: Vector, target: T_contra) -> int:
        """How many samples of a target count, from the losses of all."""
        return len(values) if self.count is None else self.count(target)


def _require_losses(loss: object, found: object, prediction: object) -> None:
    if checks.is_pair(found) and isinstance(found[0], np.ndarray) and callable(found[1]):
        parts = prediction if isinstance(prediction, tuple) else (prediction,)
        sizes = {part.shape[:1] for part in parts if isinstance(part, np.ndarray) and part.ndim}
        # Weights have the dtype of the losses: a mean's would be 0 among integers.
        if found[0].shape in (sizes or {found[0].shape[:1]}) and found[0].dtype in FLOATS:
            return
    losses = "a float32 or float64 vector with the loss of each sample"
    expected = f"{losses}, and a function from their weights"
    raise ShapeError(f"{loss!r}", f"expected {expected}, got {checks.both(found)}.")


def weighted_slopes(slopes: A, weights: Array) -> A:
    """The slopes of the samples times their weights, where 0 times infinity is 0."""
    found = empty_like(slopes)
    if not weights.ndim:
        np.multiply(slopes, weights, found)
        return read_only(typed_like(found, slopes))
    factors = weights.reshape(-1, *[1] * (slopes.ndim - 1))
    with np.errstate(over="ignore", invalid="ignore"):
        np.multiply(slopes, factors, found)
    if not is_finite(found):
        np.copyto(found, scalar(0.0, found.dtype), where=factors == 0.0)
    return read_only(typed_like(found, slopes))


def computed(
    name: str,
    check: Callable[[str, A, T], R],
    kernel: Callable[[A, R], tuple[Vector, A]],
    **options: float,
) -> Loss[A, T]:
    """A loss from a kernel for the losses of samples and their slopes, and options that must fit.

    The check gives targets as the kernel takes them.
    """

    def per_sample(prediction: A, target: T) -> PerSample[A]:
        require_one(name, prediction, target)
        checked = check(f"{name}()", prediction, target)
        for option, value in options.items():
            checks.fits(f"The {option} of {name}", value, prediction.dtype)
        values, slopes = kernel(prediction, checked)
        return read_only(values), partial(weighted_slopes, slopes)

    return Loss(per_sample)


def computed_in_ops(
    name: str,
    check: Callable[[str, A, T], R],
    kernel: Callable[[Ops, A, R], tuple[Vector, A]],
    **options: float,
) -> Loss[A, T]:
    """`computed`, from a kernel that computes with operations."""
    return with_ops(lambda ops: computed(name, check, partial(kernel, ops), **options))


@maker
def summed(loss: Loss[Y, T]) -> Loss[Y, T]:
    """The sum over the samples instead of the mean; steps and `evaluate` still report the mean."""
    return attrs.evolve(loss, scale=lambda samples: 1.0)


@maker
def reporting(value: Loss[Y, T], descent: Loss[Y, T]) -> Loss[Y, T]:
    """Descend on one loss, and report the value of another in which the same samples count."""

    def per_sample(prediction: Y, target: T) -> PerSample[Y]:
        values, _ = value.checked(prediction, target)
        own, pull = descent.checked(prediction, target)
        counts = value._samples(values, target), descent._samples(values, target)
        if counts[0] != counts[1]:
            expected = "two losses in which the same samples count"
            got = f"{counts[0]} and {counts[1]} samples. Wrap both in ignoring"
            raise OptionError(f"reporting: expected {expected}, got {got}.")
        return values, lambda weights: pull(weights.astype(own.dtype, copy=False))

    return Loss(per_sample, descent.scale, value.count)
