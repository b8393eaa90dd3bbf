"""Estimators where tables, labels, weights or calls are at the edge of what they take."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine

import purenn as nn
from purenn.estimators import Classifier, Regressor

X, LABELS = load_wine(return_X_y=True)
NUMBERS, VALUES = load_diabetes(return_X_y=True)


def classifier(**options: object) -> Classifier:
    return Classifier((8,), epochs=4, random_state=0).set_params(**options)


def regressor(**options: object) -> Regressor:
    return Regressor((8,), epochs=4, random_state=0).set_params(**options)


def test_first_parameters_of_long_tables_come_from_rows_of_all_kinds() -> None:
    def net(inputs: int, outputs: int) -> object:
        return nn.layers.lsuv(nn.linear(4)) >> nn.linear(outputs)

    x = np.zeros((6000, 1))
    x[:1000, 0] = 1.0
    assert classifier(model=net, validation=None).fit(x, x[:, 0]).score(x, x[:, 0]) > 0.5


def test_patience_ends_what_stays_as_it_is() -> None:
    model = classifier(epochs=40, patience=5).fit(np.zeros((50, 1)), np.arange(50) % 2)
    errors = model.history_["validation_error"]
    assert len(errors) == errors.argmin() + 1 + 5 < 40


@pytest.mark.parametrize(
    "changed",
    [
        {"loss": nn.softmax_cross_entropy()},
        {"model": (16,)},
        {"preset": "full"},
        {"optimizer": nn.adam(0.1)},
    ],
)
def test_a_partial_fit_that_fails_changes_no_prediction(changed: dict[str, object]) -> None:
    counts = np.rint(VALUES / 50.0)
    model = regressor(loss=nn.losses.poisson(), standardize_targets=False)
    before = model.partial_fit(NUMBERS, counts).predict(NUMBERS)
    with pytest.raises(ValueError, match="expected"):
        model.set_params(**changed).partial_fit(NUMBERS, counts)
    assert np.array_equal(model.predict(NUMBERS), before)
