"""Classifiers whose layers are chosen at run time."""

from __future__ import annotations

import numpy as np
import pytest

import purenn as nn
from models import Activation, classifier
from purenn.arrays import FLOAT64

X: nn.Matrix = nn.Key(3).generator().standard_normal((5, 4))
LABELS: nn.Labels = np.array([0, 1, 2, 1, 0])
KEY = nn.Key(0)


@pytest.mark.parametrize("activation", ["leaky-relu", "relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("hidden", [(), (6,), (6, 3, 5)], ids=str)
def test_gradients_are_those_of_central_differences(
    hidden: tuple[int, ...], activation: Activation
) -> None:
    model = classifier(hidden, activation, 3, nn.identity())
    params = nn.to_dtype(model.init(KEY, (4,))[0], FLOAT64)
    evaluate = nn.value_and_grad(model, nn.softmax_cross_entropy())
    _, grads = evaluate(params, X, LABELS, KEY)
    for number, (leaf, grad) in enumerate(zip(nn.leaves(params), nn.leaves(grads), strict=True)):
        direction = nn.Key(number).generator().standard_normal(leaf.shape)

        def value(step: float, at: int = number, along: nn.Array = direction) -> float:
            moved = list(nn.leaves(params))
            moved[at] = moved[at] + step * along
            return evaluate(nn.rebuild(params, tuple(moved)), X, LABELS, KEY)[0]

        slope = (value(1e-6) - value(-1e-6)) / 2e-6
        assert np.sum(grad * direction) == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_leaves_are_named_by_block_and_layer() -> None:
    model = classifier((6, 3), "relu", 2, nn.softmax())
    params, shape = model.init(KEY, (4,))
    assert shape == (2,)
    assert nn.paths(params) == (
        *("0.0.0.weight", "0.0.0.bias", "0.1.0.weight", "0.1.0.bias"),
        *("1.weight", "1.bias"),
    )


def test_the_expression_shows_all_parts() -> None:
    assert repr(classifier((6,), "tanh", 2, nn.softmax())) == (
        "stack(linear(6, weight=glorot_normal()) >> tanh()) >> "
        "linear(2, weight=lecun_normal()) >> softmax()"
    )
