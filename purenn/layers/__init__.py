"""The layers. `_contract` says what a layer is."""

from __future__ import annotations

from purenn.layers._contract import Layer, Pullback, Thunk
from purenn.layers.activations import (
    activation,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from purenn.layers.batch_norm import BatchNorm, batch_norm
from purenn.layers.blocks import Block, block
from purenn.layers.combinators import Both, beside, branches, frozen, residual
from purenn.layers.dropout import dropout
from purenn.layers.embedding import Embedding, embedding
from purenn.layers.linear import Linear, linear
from purenn.layers.reshaping import concatenate, flatten, identity
from purenn.layers.stacking import Stack, repeated, stack

__all__ = [
    "BatchNorm",
    "Block",
    "Both",
    "Embedding",
    "Layer",
    "Linear",
    "Pullback",
    "Stack",
    "Thunk",
    "activation",
    "batch_norm",
    "beside",
    "block",
    "branches",
    "concatenate",
    "dropout",
    "embedding",
    "flatten",
    "frozen",
    "identity",
    "leaky_relu",
    "linear",
    "log_softmax",
    "relu",
    "repeated",
    "residual",
    "sigmoid",
    "softmax",
    "stack",
    "tanh",
]
