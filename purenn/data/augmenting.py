"""Augmentations: functions of a batch and its key, and batches with these applied."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar, overload

import attrs
import numpy as np

from purenn import array_checks, arrays, checks
from purenn.arrays import A, AnyArray, Array, Labels, Matrix, W
from purenn.data.batches import Batch, Batches, Numbered
from purenn.data.columns import T, X
from purenn.errors import DataError, OptionError, ShapeError
from purenn.expressions import Expressed
from purenn.keys import Key

V = TypeVar("V", bound=AnyArray)
V_contra = TypeVar("V_contra", bound=AnyArray, contravariant=True)


@attrs.frozen(repr=False, eq=False, getstate_setstate=False)
class Augmentation(Expressed, Generic[V_contra]):
    """A random change of inputs: a pure function `(inputs, key) -> inputs of the same shape`.

    Your own may take integers too, such as sequences of symbols.
    """

    function: Callable[[V_contra, Key], AnyArray] = attrs.field(validator=checks.called)

    @overload  # for mypy asks what V is before it looks at the inputs
    def __call__(self: Augmentation[Array], inputs: A, key: Key) -> A: ...
    @overload
    def __call__(self: Augmentation[V], inputs: V, key: Key) -> V: ...
    def __call__(self: Augmentation[V], inputs: V, key: Key) -> V:
        """The changed inputs."""
        array_checks.require_array(f"{self!r}", inputs)
        checks.instance(f"The key of {self!r}", key, Key)
        return _like(self, self.function(inputs, key), inputs)


@attrs.frozen(repr=False, eq=False, getstate_setstate=False)
class Mixing(Expressed, Generic[V_contra]):
    """A random mixture of samples: `(inputs, targets, key) -> (inputs, rows of probabilities)`."""

    function: Callable[[V_contra, Matrix | Labels, Key], tuple[Array, Matrix]] = attrs.field(
        validator=checks.called
    )

    @overload
    def __call__(
        self: Mixing[Array], inputs: A, targets: Matrix | Labels, key: Key
    ) -> tuple[A, Matrix]: ...
    @overload
    def __call__(
        self: Mixing[V], inputs: V, targets: Matrix | Labels, key: Key
    ) -> tuple[V, Matrix]: ...
    def __call__(
        self: Mixing[V], inputs: V, targets: Matrix | Labels, key: Key
    ) -> tuple[V, Matrix]:
        """The mixed inputs and targets."""
        array_checks.require_floats(f"{self!r}", inputs)
        checks.instance(f"The key of {self!r}", key, Key)
        pair = self.function(inputs, targets, key)
        if not checks.is_pair(pair):
            got = checks.described(pair)
            raise OptionError(f"{self!r}: expected (inputs, targets), got {got}.")
        return _like(self, pair[0], inputs), _class_rows(self, pair[1], inputs)


def _like(change: object, found: object, inputs: V) -> V:
    """What a function gives, which may be anyone's own, if it is like its inputs."""
    array = array_checks.require_array(f"{change!r}", found)
    if array.shape != inputs.shape or array.dtype != inputs.dtype:
        expected, got = checks.described(inputs), checks.described(array)
        raise ShapeError(f"{change!r}", f"expected {expected} back, got {got}.")
    return arrays.immutable(arrays.typed_like(array, inputs))


def _class_rows(change: object, found: Matrix, inputs: AnyArray) -> Matrix:
    """What a function gives as targets, if it has a row for each of its inputs."""
    array = array_checks.require_array(f"{change!r}", found)
    if array.ndim != 2 or len(array) != len(inputs) or array.dtype != inputs.dtype:
        expected = f"targets in a {inputs.dtype} array of shape ({len(inputs)}, classes)"
        raise ShapeError(f"{change!r}", f"expected {expected}, got {checks.described(array)}.")
    return arrays.immutable(found)


@attrs.frozen(eq=False, repr=False)
class AugmentedBatches(Numbered[X, T]):
    """Batches that are made by a function of their numbers, as they are read."""

    make: Callable[[int], Batch[X, T]] = attrs.field(validator=checks.called)
    numbers: range = attrs.field(validator=checks.of(range))

    def _make(self, number: int) -> Batch[X, T]:
        return self.make(number)

    def __repr__(self) -> str:
        return f"<{len(self)} augmented batches>"


@overload
def augmented(
    batches: Batches[V, W], *augmentations: Augmentation[V]
) -> AugmentedBatches[V, W]: ...
@overload
def augmented(
    batches: Batches[V, Matrix | Labels], *augmentations: Augmentation[V], mixing: Mixing[V]
) -> AugmentedBatches[V, Matrix]: ...
def augmented(
    batches: Batches[V, object], *augmentations: Augmentation[V], mixing: Mixing[V] | None = None
) -> AugmentedBatches[V, object]:
    """Augment the inputs of batches, by one function after the other, and mix their samples.

    Each batch is made as it is read, from its own key, which it keeps: an epoch can be repeated and
    sliced, and a resumed run sees the same samples.

    >>> import numpy as np
    >>> import purenn as nn
    >>> from purenn.data import mixup, random_flip, random_shift
    >>> data = nn.dataset(np.ones((6, 4, 4, 1), np.float32), np.arange(6))
    >>> batches = nn.shuffled_batches(data, 2, nn.Key(0), epoch=0)
    >>> augmented(batches, random_flip(), random_shift(1), mixing=mixup(0.2, classes=6))[1:]
    <2 augmented batches>

    Each augmentation draws from a stream of its own. Mixing takes labels or rows of probabilities,
    and makes rows, which `softmax_cross_entropy`, `softmax_focal`, `kullback_leibler`,
    `cross_entropy` and `brier` accept; `hinge` and `multiclass_hinge` do not.

    Inputs must be one array; targets are left unchanged, even images. For two views of each image,
    or targets to be flipped alike, write a function from a number to its batch:
    `AugmentedBatches(make, range(len(batches)))`.
    """
    advice = "Make them with shuffled_batches, and give all augmentations at once."
    checks.instance("The batches of augmented", batches, Batches, advice)
    for augmentation in augmentations:
        checks.instance("An augmentation", augmentation, Augmentation)
    if mixing is not None:
        checks.instance("The mixing of augmented", mixing, Mixing)
    make = partial(_augmented, batches, augmentations, mixing)  # which can be pickled
    return AugmentedBatches(make, range(len(batches)))


def _augmented(
    batches: Batches[V, object],
    augmentations: tuple[Augmentation[V], ...],
    mixing: Mixing[V] | None,
    number: int,
) -> Batch[V, object]:
    batch = batches[number]
    inputs, targets, key = batch.inputs, batch.targets, batch.key
    for index, augmentation in enumerate(augmentations):
        inputs = augmentation(inputs, key.child("augmentation", index))
    if mixing is not None:
        if not isinstance(targets, np.ndarray):
            raise DataError(
                f"{mixing!r}: expected labels or rows of probabilities to mix, got "
                f"{checks.described(targets)}. Several targets, and weights of samples, cannot be "
                "mixed; those of classes go into the loss: class_weighted(loss, weights)."
            )
        inputs, targets = mixing(inputs, targets, key.child("mixing"))
    return Batch(inputs, targets, key)
