"""The initializers: their moments, and that nothing but key and shape has a say."""

from __future__ import annotations

import math

import numpy as np
import pytest

import purenn as nn

INPUTS, OUTPUTS = 300, 200
SCALED = [
    (nn.he_normal(), nn.he_uniform(), 2 / INPUTS),
    (nn.he_normal(0.5), nn.he_uniform(0.5), 2 / (1.25 * INPUTS)),
    (nn.glorot_normal(), nn.glorot_uniform(), 2 / (INPUTS + OUTPUTS)),
    (nn.lecun_normal(), nn.lecun_uniform(), 1 / INPUTS),
]


@pytest.mark.parametrize(("normal", "uniform", "variance"), SCALED)
def test_scaled_initializers_have_the_variance_of_their_papers(
    normal: nn.Initializer, uniform: nn.Initializer, variance: float
) -> None:
    for initializer in (normal, uniform):
        values = initializer(nn.Key(0), (INPUTS, OUTPUTS)).astype(np.float64)
        # 60,000 draws: the mean errs by 1/245 and the variance by 1/173 of what they measure.
        assert abs(values.mean()) < 5 * math.sqrt(variance / values.size)
        assert values.var() == pytest.approx(variance, rel=0.03)


@pytest.mark.parametrize(("normal", "uniform", "variance"), SCALED)
def test_normal_has_tails_and_uniform_fills_its_interval(
    normal: nn.Initializer, uniform: nn.Initializer, variance: float
) -> None:
    edge = math.sqrt(3 * variance)
    assert abs(normal(nn.Key(0), (INPUTS, OUTPUTS))).max() > 1.5 * edge
    assert 0.999 * edge < abs(uniform(nn.Key(0), (INPUTS, OUTPUTS))).max() <= edge * (1 + 1e-6)


@pytest.mark.parametrize(("normal", "uniform", "variance"), SCALED)
def test_other_keys_give_other_values(
    normal: nn.Initializer, uniform: nn.Initializer, variance: float
) -> None:
    for initializer in (normal, uniform):
        first, second = (initializer(key, (3, 4)) for key in nn.Key(0).split(2))
        assert not np.equal(first, second).any()


def test_constant_and_zeros_fill_any_shape() -> None:
    assert nn.constant(0.25)(nn.Key(0), (3,)).tolist() == [0.25] * 3
    assert nn.constant(-2)(nn.Key(0), (1, 2, 1)).tolist() == [[[-2.0], [-2.0]]]
    assert nn.zeros()(nn.Key(0), (2, 2)).tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_repr_says_what_is_not_at_its_default() -> None:
    assert repr(nn.he_normal()) == "he_normal()"
    assert repr(nn.he_uniform(slope=np.float64(0.01))) == "he_uniform(slope=0.01)"
    assert repr(nn.constant(1)) == "constant(1.0)"
