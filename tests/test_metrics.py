"""The metrics, on predictions small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from contracts import FLOATS

import purenn as nn
from purenn.arrays import FloatDtype, Labels, Matrix

SCORES = [[0.1, 0.7, 0.2], [3.0, 2.0, 1.0], [-1.0, -2.0, -0.5], [0.2, 0.3, 0.5]]
dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=str)


@dtypes
def test_accuracy_counts_rows_whose_largest_entry_is_the_target(dtype: FloatDtype) -> None:
    prediction: Matrix = np.array(SCORES, dtype)
    labels: Labels = np.array([1, 0, 2, 0], np.uint8)
    rows: Matrix = np.eye(3, dtype=dtype)[labels]
    assert nn.accuracy(prediction, labels) == nn.accuracy(prediction, rows) == 0.75
    assert type(nn.accuracy(prediction, labels)) is float


@dtypes
def test_binary_accuracy_counts_sides_of_the_threshold(dtype: FloatDtype) -> None:
    prediction: Matrix = np.array([[0.4], [0.6], [-2.0], [0.2]], dtype)
    labels: Labels = np.array([0, 1, 0, 1])
    rows: Matrix = labels.astype(dtype)[:, np.newaxis]
    for target in (labels, rows):
        assert nn.binary_accuracy()(prediction, target) == 0.75
        assert nn.binary_accuracy(threshold=0.0)(prediction, target) == 0.75
        assert nn.binary_accuracy(np.float64(0.1))(prediction, target) == 1.0 - 0.25


def test_binary_accuracy_of_several_outputs_counts_each() -> None:
    prediction: Matrix = np.array([[0.9, 0.1], [0.9, 0.9]])
    target: Matrix = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert nn.binary_accuracy()(prediction, target) == 0.75


def test_the_value_of_a_loss_is_a_measure() -> None:
    prediction: Matrix = np.array([[1.0, 2.0]])
    measure = nn.value_of(nn.mean_squared_error())
    assert measure(prediction, np.zeros_like(prediction)) == 2.5


def test_what_lies_on_the_threshold_counts_as_below_it() -> None:
    half: Matrix = np.array([[0.5], [0.5]])
    assert nn.binary_accuracy()(half, np.array([0, 0])) == 1.0
    assert nn.binary_accuracy()(half, half) == 1.0
    assert nn.binary_accuracy()(half + 0.1, half) == 0.0
