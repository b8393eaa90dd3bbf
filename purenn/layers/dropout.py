"""Noise in training, which inference leaves out: `dropout` and its relatives, and `noise`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import sqrt
from typing import Annotated

import attrs
import numpy as np

from purenn import checks
from purenn.array_checks import require_floats
from purenn.arrays import A, Array, FloatDtype, Shape, view
from purenn.checks import NotNegative
from purenn.errors import OptionError
from purenn.expressions import maker
from purenn.kernels.augmentation import add_noise
from purenn.kernels.elementwise import scalar, times, times_plus
from purenn.kernels.memory import empty, empty_like
from purenn.keys import Key
from purenn.layers._checked import Check, checked
from purenn.layers._contract import AnyRank, FreePass, Pass, any_rank
from purenn.layers._fitting import require_features
from purenn.layers.activations import SELU_ALPHA, SELU_SCALE
from purenn.layers.reshaping import unchanged
from purenn.tree import EMPTY, Empty


def _rate(name: str, value: object) -> float:
    """A number from 0 to below 1, in float32 too, in which masks are drawn."""
    rate = checks.fraction(name, value)
    if np.float32(rate) == 1.0:
        raise OptionError(f"{name}: {rate!r} is 1 in float32. Give at most 0.9999999.")
    return rate


Rate = Annotated[float, partial(_rate)]


def _in_training(
    subject: str, draw: Callable[[A, Key], FreePass[A, A]], check: Check[A] = require_floats
) -> AnyRank[Empty, A]:
    """A layer that draws in training and changes nothing in inference."""
    inference = unchanged(subject, check)

    def vjp(params: Empty, x: A, key: Key) -> Pass[A, Empty, A]:
        y, backward = draw(x, key)
        return y, lambda dy: (EMPTY, partial(backward, dy))

    trained = checked(subject, Empty, check, inference.init, vjp, lambda params, x: view(x))
    return any_rank(attrs.evolve(trained, inference=inference))


@maker
def dropout(rate: Rate) -> AnyRank[Empty, A]:
    """In training, set each element to 0 with probability `rate` and divide the others by 1 - rate.

    Inference changes nothing. Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov,
    "Dropout" (2014), in the inverted form.
    """
    return _in_training(f"dropout({rate})", lambda x, key: _dropped(x, key, rate, x.shape))


@maker
def spatial_dropout(rate: Rate) -> AnyRank[Empty, A]:
    """Dropout of whole channels: all of a feature in a sample is dropped, or none.

    Neighboring pixels are so alike that dropping single ones has little effect. Tompson, Goroshin,
    Jain, LeCun and Bregler, "Efficient Object Localization Using Convolutional Networks" (2015).
    """

    def draw(x: A, key: Key) -> FreePass[A, A]:
        return _dropped(x, key, rate, (len(x), *[1] * (x.ndim - 2), x.shape[-1]))

    return _in_training(f"spatial_dropout({rate})", draw, require_features)


def _dropped(x: A, key: Key, rate: float, shape: Shape) -> FreePass[A, A]:
    """What a mask of that shape leaves, divided by 1 - rate, and its pullback."""
    mask = _mask(key, rate, shape, x.dtype)
    np.multiply(mask, scalar(1.0 / (1.0 - rate), x.dtype), mask)
    return times(x, mask), lambda dy: times(dy, mask)


def _mask(key: Key, rate: float, shape: Shape, dtype: FloatDtype) -> Array:
    """0 with that probability, and 1 otherwise. Writable."""
    drawn = key.generator().random(shape, np.float32)
    return np.greater_equal(drawn, np.float32(rate), empty(shape, dtype))


@maker
def alpha_dropout(rate: Rate) -> AnyRank[Empty, A]:
    """Dropout for nets of `selu`, which keeps mean 0 and variance 1.

    In training, elements become -1.7581, the lowest `selu`, with probability `rate`; then all are
    scaled and shifted so that inputs of mean 0 and variance 1 keep both. Klambauer, Unterthiner,
    Mayr and Hochreiter, "Self-Normalizing Neural Networks" (2017).
    """
    lowest = -SELU_ALPHA * SELU_SCALE
    gain = 1.0 / sqrt((1.0 - rate) * (1.0 + rate * lowest * lowest))
    shift = -gain * rate * lowest

    def draw(x: A, key: Key) -> FreePass[A, A]:
        factor = _mask(key, rate, x.shape, x.dtype)
        shifts = np.multiply(factor, scalar(-gain * lowest, x.dtype), empty_like(factor))
        np.add(shifts, scalar(gain * lowest + shift, x.dtype), shifts)
        np.multiply(factor, scalar(gain, x.dtype), factor)
        return times_plus(x, factor, shifts), lambda dy: times(dy, factor)

    return _in_training(f"alpha_dropout({rate})", draw)


@maker
def noise(deviation: NotNegative) -> AnyRank[Empty, A]:
    """In training, add Gaussian noise of mean 0 and this standard deviation to each element.

    Inference changes nothing. Bishop, "Training with Noise is Equivalent to Tikhonov
    Regularization" (1995).
    """

    def draw(x: A, key: Key) -> FreePass[A, A]:
        checks.fits("The deviation of noise", deviation, x.dtype)
        return add_noise(x, deviation, key.generator()), view

    return _in_training(f"noise({deviation})", draw)
