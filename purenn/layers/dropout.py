"""Dropout: noise that keeps units from relying on each other."""

from __future__ import annotations

from functools import partial

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import A, read_only, require_floats
from purenn.expressions import maker
from purenn.kernels.constants import scalar
from purenn.kernels.memory import empty_like
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback
from purenn.layers.reshaping import unchanged
from purenn.tree import EMPTY, Empty


@maker
def dropout(rate: float) -> Layer[Empty, A, A]:
    """In training, set each element to 0 with probability `rate` and divide the others by 1 - rate.

    The rate is from 0 to below 1. Inference changes nothing. Srivastava, Hinton, Krizhevsky,
    Sutskever and Salakhutdinov, "Dropout" (2014), in the inverted form.
    """
    dropped = checks.fraction("The rate of dropout", rate)
    subject = f"dropout({dropped})"
    inference: Layer[Empty, A, A] = unchanged(subject)

    def vjp(params: Empty, x: A, key: Key) -> tuple[A, Pullback[A, Empty, A]]:
        require_floats(subject, x)
        mask = _mask(x, dropped, key)
        return _times(x, mask), lambda dy: (EMPTY, partial(_times, dy, mask))

    return attrs.evolve(inference, vjp=vjp)


def _mask(x: A, rate: float, key: Key) -> A:
    """0 where an element is dropped and 1 / (1 - rate) elsewhere."""
    mask = empty_like(x)
    np.greater_equal(key.generator().random(x.shape, np.float32), np.float32(rate), mask)
    np.multiply(mask, scalar(1.0 / (1.0 - rate), x.dtype), mask)
    return mask


def _times(x: A, mask: A) -> A:
    y = empty_like(x)
    np.multiply(x, mask, y)
    return read_only(y)
