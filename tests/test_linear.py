"""The linear layer and its parameters."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import noise

import purenn as nn
from purenn.arrays import Matrix, narrowed

KEY = nn.Key(0)
ROWS: Matrix = np.zeros((1, 1))


def normal(seed: int, rows: int, columns: int) -> Matrix:
    return narrowed(noise(seed, (rows, columns)), ROWS)


def test_linear_and_its_pullback_are_the_textbook_products() -> None:
    x, weight, dy = normal(0, 5, 3), normal(1, 3, 2), normal(2, 5, 2)
    params = nn.Linear(weight, np.array([0.5, -2.0]))
    y, pull = nn.linear(2).vjp(params, x, KEY)
    grads, dx = pull(dy)
    np.testing.assert_allclose(y, np.einsum("bi,io->bo", x, weight) + params.bias)
    np.testing.assert_allclose(grads.weight, np.einsum("bi,bo->io", x, dy))
    np.testing.assert_allclose(grads.bias, dy.sum(axis=0))
    np.testing.assert_allclose(dx(), np.einsum("bo,io->bi", dy, weight))


def test_linear_of_no_samples_gives_none() -> None:
    params, _ = nn.linear(2).init(KEY, (3,))
    none: Matrix = np.zeros((0, 3), np.float32)
    assert nn.linear(2).apply(params, none).shape == (0, 2)


def test_linear_takes_its_first_values_from_keys_of_their_own() -> None:
    draw = nn.Initializer("draw()", lambda generator, shape: generator.random(shape))
    params, out = nn.linear(4, weight=draw, bias=draw).init(KEY, (3,))
    assert out == (4,)
    np.testing.assert_array_equal(params.weight, draw(KEY.fold_in(0), (3, 4)))
    np.testing.assert_array_equal(params.bias, draw(KEY.fold_in(1), (4,)))


def test_linear_starts_with_he_weights_and_no_bias() -> None:
    params, _ = nn.linear(4).init(KEY, (3,))
    np.testing.assert_array_equal(params.weight, nn.he_normal()(KEY.fold_in(0), (3, 4)))
    assert not params.bias.any()


def test_parameters_cannot_be_changed() -> None:
    params, _ = (nn.linear(4) >> nn.relu()).init(KEY, (3,))
    with pytest.raises(ValueError, match="read-only"):
        params[0].weight[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        params[0].bias[0] = 1


def test_parameters_compare_by_identity_and_hash() -> None:
    params, _ = nn.linear(4).init(KEY, (3,))
    same = nn.Linear(params.weight, params.bias)
    assert params != same
    assert len({params, same}) == 2


def test_parameters_are_copies_of_what_can_be_written_to() -> None:
    weight, bias = normal(0, 3, 2), np.zeros(2)
    params = nn.Linear(weight, bias)
    weight[0, 0], bias[0] = 9.0, 9.0
    assert params.weight[0, 0] != 9.0
    assert params.bias[0] == 0.0
    assert weight.flags.writeable
    assert bias.flags.writeable


def test_parameters_are_copies_of_read_only_views_of_what_can_be_written_to() -> None:
    weight = normal(0, 3, 2)
    view = weight[:]
    view.setflags(write=False)
    params = nn.Linear(view, np.zeros(2))
    weight[0, 0] = 9.0
    assert params.weight[0, 0] != 9.0


def test_parameters_share_what_is_read_only_for_good() -> None:
    first = nn.Linear(normal(0, 3, 2), np.zeros(2))
    second = nn.Linear(first.weight, first.bias)
    assert second.weight is first.weight
    assert nn.Linear(first.weight[1:], first.bias).weight.base is first.weight
