"""Classifiers whose layers are chosen at run time."""

from __future__ import annotations

import numpy as np

from purenn import Key, Labels, Matrix
from purenn.layers import identity, softmax
from purenn.testing import check_layer
from purenn.tree import paths
from trainer.models import ACTIVATIONS, Goal, classifier, objective

X: Matrix = Key(3).generator().standard_normal((5, 4))
LABELS: Labels = np.array([0, 1, 1, 1, 0])


def test_gradients_are_those_of_central_differences() -> None:
    for activation in ACTIVATIONS:
        check_layer(classifier((6, 3), activation, 0.2, 3, identity()), X)


def test_leaves_and_expression_show_all_parts() -> None:
    model = classifier((6, 3), "tanh", 0.5, 2, softmax())
    assert paths(model.init(Key(0), X)) == (
        *("0.layers.0.inner.0.weight", "0.layers.0.inner.0.bias"),
        *("0.layers.1.inner.0.weight", "0.layers.1.inner.0.bias"),
        *("1.weight", "1.bias"),
    )
    assert repr(classifier((6,), "tanh", 0.5, 2, softmax())) == (
        "stack(block(linear(6, weight=glorot_normal()) >> tanh() >> dropout(0.5))) >> "
        "linear(2, weight=lecun_normal()) >> softmax()"
    )


def test_an_objective_takes_what_its_output_gives() -> None:
    names: list[Goal] = ["softmax-cross-entropy", "cross-entropy", "brier"]
    found: list[Matrix] = []
    for name in names:
        goal = objective(name)
        model = classifier((3,), "tanh", 0.0, 2, goal.output)
        prediction = model.apply(model.init(Key(0), X), X)
        assert goal.loss.mean(prediction, LABELS) > 0.0
        found.append(goal.probabilities(prediction))
    for probabilities in found:
        np.testing.assert_allclose(probabilities, found[0])
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
