"""What holds of every loss with every kind of target, without exception.

The same arguments give the same bits; arguments are neither changed nor frozen; the value is a
Python float; the cotangent is read-only, like the prediction in shape and dtype, and stays as it
was; where an array lies in memory does not matter.
"""

from __future__ import annotations

import numpy as np
import pytest
from contracts import FLOATS, bits, frozen, require_fresh, spread
from loss_cases import LOSSES, LossCase, Target

from purenn.arrays import Array, FloatDtype, narrowed

dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=str)
each_loss = pytest.mark.parametrize("case", LOSSES, ids=str)


def loss_arguments(case: LossCase, dtype: FloatDtype) -> tuple[Array, Target]:
    generator = np.random.default_rng(3)
    prediction = case.prediction(generator)
    return frozen(prediction, dtype), case.target(generator, dtype)


@dtypes
@each_loss
def test_losses_are_pure(case: LossCase, dtype: FloatDtype) -> None:
    prediction, target = loss_arguments(case, dtype)
    before = bits(prediction), bits(target)
    value, cotangent = case.loss(prediction, target)
    first = bits(cotangent)
    assert type(value) is float
    assert cotangent.shape == prediction.shape
    require_fresh((cotangent,), dtype)
    copies = prediction.copy(), target.copy()
    again, cotangent_again = case.loss(*copies)
    assert (again, bits(cotangent_again)) == (value, first)
    assert bits(cotangent) == first
    assert (bits(prediction), bits(target)) == (bits(copies[0]), bits(copies[1])) == before
    assert all(copy.flags.writeable for copy in copies)


@dtypes
@each_loss
def test_losses_do_not_care_where_arrays_lie_in_memory(case: LossCase, dtype: FloatDtype) -> None:
    prediction, target = loss_arguments(case, dtype)
    value, cotangent = case.loss(prediction, target)
    gaps = narrowed(np.repeat(target, 2, axis=0)[::2], target)
    moved, moved_cotangent = case.loss(spread(prediction), gaps)
    tolerance = 1e-6 if dtype == np.float32 else 1e-14
    assert moved == pytest.approx(value, rel=tolerance)
    np.testing.assert_allclose(moved_cotangent, cotangent, tolerance, tolerance)
