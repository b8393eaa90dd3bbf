"""Layers: linear, convolutions, activations, normalizations and more. See `Layer`."""

from __future__ import annotations

from purenn.layers._contract import Layer, Pullback, Thunk
from purenn.layers._images import Padding, Size
from purenn.layers.activations import (
    activation,
    elu,
    exponential,
    gelu,
    gelu_tanh,
    hard_tanh,
    leaky_relu,
    log_softmax,
    mish,
    relu,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    tanh,
)
from purenn.layers.combinators import Block, Both, beside, block, branches, frozen, residual, shared
from purenn.layers.conv import Conv, conv
from purenn.layers.dropout import alpha_dropout, dropout, noise, spatial_dropout
from purenn.layers.embedding import (
    Embedding,
    Periodic,
    category_embedding,
    embedding,
    periodic_embedding,
    sequence_embedding,
)
from purenn.layers.linear import (
    Linear,
    Weight,
    fitted_linear,
    linear,
    linear_without_bias,
    ntk_linear,
)
from purenn.layers.lsuv import lsuv
from purenn.layers.normalization import (
    Affine,
    BatchNorm,
    batch_norm,
    group_norm,
    layer_norm,
    rms_norm,
)
from purenn.layers.pooling import average_pool, global_average_pool, max_pool, upsample
from purenn.layers.reshaping import (
    add,
    concatenate,
    flatten,
    identity,
    multiply,
    pad,
    select,
    unflatten,
)
from purenn.layers.scaling import Parametric, PRelu, Scale, parametric, prelu, scale
from purenn.layers.stacking import Stack, repeated, stack

__all__ = ["Affine", "BatchNorm", "Block", "Both", "Conv", "Embedding", "Layer", "Linear", "PRelu"]
__all__ += ["Padding", "Parametric", "Periodic", "Pullback", "Scale", "Size", "Stack", "Thunk"]
__all__ += ["Weight", "activation", "add", "alpha_dropout", "average_pool", "batch_norm", "beside"]
__all__ += ["block", "branches", "category_embedding", "concatenate", "conv", "dropout", "elu"]
__all__ += ["embedding", "exponential", "fitted_linear", "flatten", "frozen", "gelu", "gelu_tanh"]
__all__ += ["global_average_pool", "group_norm", "hard_tanh", "identity", "layer_norm"]
__all__ += ["leaky_relu", "linear", "linear_without_bias", "log_softmax", "lsuv", "max_pool"]
__all__ += ["mish", "multiply", "noise", "ntk_linear", "pad", "parametric", "periodic_embedding"]
__all__ += ["prelu", "relu", "repeated", "residual", "rms_norm", "scale", "select", "selu"]
__all__ += ["sequence_embedding", "shared", "sigmoid", "silu", "softmax", "softplus", "softsign"]
__all__ += ["spatial_dropout", "stack", "tanh", "unflatten", "upsample"]
