"""The layers. `purenn.layer` has the contract, and `>>`."""

from __future__ import annotations

from purenn.layers.activations import (
    activation,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from purenn.layers.linear import Linear, linear
from purenn.layers.reshaping import flatten, identity
from purenn.layers.stacking import stack

__all__ = [
    "Linear",
    "activation",
    "flatten",
    "identity",
    "leaky_relu",
    "linear",
    "log_softmax",
    "relu",
    "sigmoid",
    "softmax",
    "stack",
    "tanh",
]
