"""Layers: linear, convolutions, activations, normalizations and more. See `Layer`."""

from purenn.layers._contract import AnyRank, Layer, Pullback, Thunk
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

__all__ = ["Affine", "AnyRank", "BatchNorm", "Block", "Both", "Conv", "Embedding", "Layer"]
__all__ += ["Linear", "PRelu", "Padding", "Parametric", "Periodic", "Pullback", "Scale", "Size"]
__all__ += ["Stack", "Thunk", "Weight", "activation", "add", "alpha_dropout", "average_pool"]
__all__ += ["batch_norm", "beside", "block", "branches", "category_embedding", "concatenate"]
__all__ += ["conv", "dropout", "elu", "embedding", "exponential", "fitted_linear", "flatten"]
__all__ += ["frozen", "gelu", "gelu_tanh", "global_average_pool", "group_norm", "hard_tanh"]
__all__ += ["identity", "layer_norm", "leaky_relu", "linear", "linear_without_bias", "log_softmax"]
__all__ += ["lsuv", "max_pool", "mish", "multiply", "noise", "ntk_linear", "pad", "parametric"]
__all__ += ["periodic_embedding", "prelu", "relu", "repeated", "residual", "rms_norm", "scale"]
__all__ += ["select", "selu", "sequence_embedding", "shared", "sigmoid", "silu", "softmax"]
__all__ += ["softplus", "softsign", "spatial_dropout", "stack", "tanh", "unflatten", "upsample"]
