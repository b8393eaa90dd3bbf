"""The table of a model."""

from __future__ import annotations

import purenn as nn


def test_a_model_of_images_with_a_nested_block() -> None:
    block = nn.linear(1000) >> nn.leaky_relu(0.01)
    model = nn.flatten() >> block >> nn.linear(10) >> nn.softmax()
    assert nn.summary(model, (28, 28, 1)).splitlines() == [
        "layer                                  output shape  parameters",
        "0  flatten()                           (784,)                 0",
        "1  (linear(1000) >> leaky_relu(0.01))  (1000,)          785,000",
        "2  linear(10)                          (10,)             10,010",
        "3  softmax()                           (10,)                  0",
        "total                                                   795,010",
    ]


def test_a_layer_alone_has_one_row() -> None:
    assert nn.summary(nn.linear(2), (3,)).splitlines() == [
        "layer         output shape  parameters",
        "0  linear(2)  (2,)                   8",
        "total                                8",
    ]
