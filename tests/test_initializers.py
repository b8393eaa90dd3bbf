"""The initializers: their moments, and that nothing but key and shape has a say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from contracts import bits, dtypes, makers

from purenn import Key, initializers
from purenn.arrays import FLOAT64, FloatDtype
from purenn.initializers import Initializer

KEY, INPUTS, OUTPUTS = Key(0), 300, 200
SCALED = [
    (initializers.he_normal(), initializers.he_uniform(), 2 / INPUTS),
    (initializers.he_normal(0.5), initializers.he_uniform(0.5), 2 / (1.25 * INPUTS)),
    (initializers.glorot_normal(), initializers.glorot_uniform(), 2 / (INPUTS + OUTPUTS)),
    (initializers.lecun_normal(), initializers.lecun_uniform(), 1 / INPUTS),
]
ALL = [
    *(initializers.normal(), initializers.uniform()),
    *(initializers.truncated_normal(), initializers.orthogonal()),
    *[one for pair in SCALED for one in pair[:2]],
]


def test_every_public_initializer_that_draws_is_here() -> None:
    drawing = {repr(one).split("(")[0] for one in ALL}
    assert makers(initializers, Initializer) == drawing | {"constant", "zeros"}


@pytest.mark.parametrize(("normal", "uniform", "variance"), SCALED)
def test_variance_is_the_papers(normal: Initializer, uniform: Initializer, variance: float) -> None:
    edge = math.sqrt(3 * variance)
    drawn = [initializer(KEY, (INPUTS, OUTPUTS), FLOAT64) for initializer in (normal, uniform)]
    for values in drawn:
        # 60,000 draws: the mean errs by 1/245 and the variance by 1/173 of what they measure.
        assert abs(values.mean()) < 5 * math.sqrt(variance / values.size)
        assert values.var() == pytest.approx(variance, rel=0.03)
    assert abs(drawn[0]).max() > 1.5 * edge
    assert 0.999 * edge < abs(drawn[1]).max() <= edge


@dtypes
@pytest.mark.parametrize("initializer", ALL, ids=repr)
def test_keys_alone_tell_values_apart(initializer: Initializer, dtype: FloatDtype) -> None:
    first, second = (initializer(key, (3, 4), dtype) for key in (Key(0), Key(1)))
    assert not np.equal(first, second).any()
    assert bits(initializer(Key(0), (3, 4), dtype)) == bits(first)
    assert first.dtype == dtype
    assert not first.flags.writeable


def test_normal_and_uniform_numbers_are_numpys_times_deviation_and_bound() -> None:
    normal = KEY.generator().standard_normal((2, 3))
    np.testing.assert_array_equal(initializers.normal()(KEY, (2, 3), FLOAT64), normal)
    np.testing.assert_array_equal(initializers.normal(0.25)(KEY, (2, 3), FLOAT64), normal * 0.25)
    uniform = KEY.generator().uniform(-0.25, 0.25, (2, 3))
    np.testing.assert_allclose(initializers.uniform(0.25)(KEY, (2, 3), FLOAT64), uniform, 1e-12)


def test_truncated_normal_ends_at_two_deviations() -> None:
    drawn = initializers.truncated_normal(0.5)(KEY, (INPUTS, OUTPUTS), FLOAT64)
    whole = initializers.normal(0.5)(KEY, (INPUTS, OUTPUTS), FLOAT64)
    assert 0.999 < abs(drawn).max() <= 1.0
    assert drawn.std() == pytest.approx(0.5 * 0.87962566, rel=0.01)
    assert (drawn == whole).mean() == pytest.approx(0.9545, abs=0.005)
    assert abs(initializers.truncated_normal()(KEY, (), FLOAT64)) <= 2.0


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (2, 3, 4), (1, 7)])
def test_orthogonal_matrices_have_orthonormal_rows_or_columns(shape: tuple[int, ...]) -> None:
    drawn = initializers.orthogonal(2.0)(KEY, shape, FLOAT64)
    assert drawn.shape == shape
    matrix = drawn.reshape(-1, shape[-1])
    product = matrix.T @ matrix if len(matrix) >= shape[-1] else matrix @ matrix.T
    np.testing.assert_allclose(product, 4.0 * np.eye(len(product)), atol=1e-14)


def test_orthogonal_matrices_have_no_favorite_direction() -> None:
    drawn = [initializers.orthogonal()(key, (3, 3), FLOAT64) for key in Key(1).split(2000)]
    np.testing.assert_allclose(np.mean(drawn, axis=0), 0.0, atol=5 / np.sqrt(3 * 2000))
    assert np.mean(np.linalg.det(drawn)) == pytest.approx(0.0, abs=0.1)


def test_constant_and_zeros_fill_any_shape() -> None:
    assert initializers.constant(0.25)(KEY, (3,)).tolist() == [0.25] * 3
    assert initializers.constant(-2)(KEY, (1, 2, 1)).tolist() == [[[-2.0], [-2.0]]]
    assert initializers.zeros()(KEY, (2, 2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert initializers.zeros()(KEY, (2,)).dtype == np.float32
