"""The measures of predictions, small enough to count by hand, and the summary of a model."""

from __future__ import annotations

import math

import numpy as np
from contracts import dtypes, matrix

from purenn import accuracy, binary_accuracy, summary
from purenn.arrays import FloatDtype, Images, Labels, Matrix
from purenn.layers import beside, block, concatenate, flatten, leaky_relu, linear, relu, softmax


@dtypes
def test_accuracy_counts_rows_whose_largest_entry_is_the_targets(dtype: FloatDtype) -> None:
    scores = matrix([[0.1, 0.7, 0.2], [3.0, 2.0, 1.0], [-1.0, -2.0, -0.5], [0.2, 0.3, 0.5]], dtype)
    labels: Labels = np.array([1, 0, 2, 0], np.uint8)
    rows: Matrix = np.eye(3, dtype=dtype)[labels]
    assert accuracy(scores, labels) == accuracy(scores, rows) == 0.75
    assert type(accuracy(scores, labels)) is float
    scores[1, 2] = math.nan
    assert math.isnan(accuracy(scores, labels))


@dtypes
def test_binary_accuracy_counts_sides_of_the_threshold(dtype: FloatDtype) -> None:
    outputs, labels = matrix([[0.4], [0.6], [-2.0], [0.2]], dtype), np.array([0, 1, 0, 1])
    rows: Matrix = labels.astype(dtype)[:, np.newaxis]
    for target in (labels, rows):
        assert binary_accuracy()(outputs, target) == 0.75
        assert binary_accuracy(threshold=0.1)(outputs, target) == 0.75
        assert binary_accuracy(-3)(outputs, target) == 0.5
    half = matrix([[0.5, 0.5], [0.6, 0.4]], dtype)
    assert binary_accuracy()(half, matrix([[0, 0.5], [0.6, 1]], dtype)) == 0.75
    assert type(binary_accuracy()(half, half)) is float
    outputs[2] = math.nan
    assert math.isnan(binary_accuracy()(outputs, labels))


def test_a_summary_shows_each_layer_and_a_total() -> None:
    model = flatten() >> block(linear(1000) >> leaky_relu(0.1)) >> linear(10) >> softmax()
    images: Images = np.zeros((1, 28, 28, 1), np.float32)
    assert summary(model, images).splitlines() == [
        "layer                                            output shape  parameters",
        "0  flatten()                                     (784,)                 0",
        "1  block(linear(1000) >> leaky_relu(slope=0.1))  (1000,)          785,000",
        "2  linear(10)                                    (10,)             10,010",
        "3  softmax()                                     (10,)                  0",
        "total                                                             795,010",
    ]
    x: Matrix = np.zeros((1, 2))
    two = beside(linear(2), relu()) >> concatenate()
    assert summary(two, (x, x)).splitlines()[1].endswith("relu())  (2,), (2,)             6")
    assert summary(linear(2), x).splitlines()[1] == "0  linear(2)  (2,)                   6"
