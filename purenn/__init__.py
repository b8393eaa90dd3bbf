"""Neural networks on a CPU as pure, typed functions over NumPy arrays.

Parameters are values, layers are functions, training is a fold. A complete run:

>>> import numpy as np
>>> import purenn as nn
>>> model = nn.linear(32) >> nn.tanh() >> nn.linear(1)
>>> optimizer = nn.Optimizer(
...     nn.clip_by_global_norm(1.0) >> nn.momentum(0.9) >> nn.learning_rate(0.1)
... )
>>> loss = nn.binary_cross_entropy_with_logits()
>>> draw, init, shuffle = nn.Key(0).split(3)
>>> x = draw.generator().uniform(-1, 1, (512, 2)).astype(np.float32)
>>> y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)  # exclusive or
>>> data = nn.dataset(x, y)
>>> params, _ = model.init(init, (2,))
>>> state = optimizer.init(params)
>>> step = nn.training_step(model, loss, optimizer)
>>> for epoch in range(60):
...     state, losses = nn.fold(step, state, nn.shuffled_batches(data, 32, shuffle, epoch))
>>> nn.evaluate(model, state.params, data, nn.binary_accuracy(threshold=0.0)) > 0.97
True
>>> state.params[0].weight.shape  # known to mypy too: params is tuple[Linear, Empty, Linear]
(2, 32)
"""

from __future__ import annotations

from purenn.arrays import Array, Images, Labels, Matrix, Vector
from purenn.batches import (
    Batch,
    Batches,
    Dataset,
    arranged_batches,
    batches_in_order,
    dataset,
    shuffled_batches,
)
from purenn.columns import Column, Rows, ScaledBytes
from purenn.errors import (
    CheckpointError,
    DataError,
    DivergenceError,
    DtypeError,
    FormatError,
    InterruptionError,
    LabelError,
    OptionError,
    ParametersError,
    PurennError,
    RunError,
    ShapeError,
    TreeError,
    UnavailableError,
)
from purenn.gradient import value_and_grad
from purenn.initializers import (
    Initializer,
    constant,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    zeros,
)
from purenn.keys import Key
from purenn.layer import EMPTY, Empty, Layer, Primitive, Pullback, Serial, Thunk, serial
from purenn.layers import (
    Linear,
    activation,
    flatten,
    identity,
    leaky_relu,
    linear,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    stack,
    tanh,
)
from purenn.loss import Loss, LossFunction, reporting
from purenn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    brier,
    cross_entropy,
    mean_squared_error,
    softmax_cross_entropy,
)
from purenn.metrics import accuracy, binary_accuracy, value_of
from purenn.optimizer import Optimizer, OptimizerState, clipped_sgd, nesterov_sgd, sgd
from purenn.schedules import Schedule, cosine, exponential, join, linear_warm_up, step_decay
from purenn.summary import summary
from purenn.training import Step, evaluate, fold, predict, scan, training_step
from purenn.transform import Chain, Rule, Transform, chain
from purenn.transforms import (
    Norm,
    Skipping,
    Velocity,
    clip_by_global_norm,
    clip_by_value,
    global_norm_report,
    learning_rate,
    momentum,
    nesterov,
    skip_nonfinite,
)
from purenn.tree import leaves, map_leaves, paths, rebuild, to_dtype

__version__ = "0.1.0"

__all__ = [
    "EMPTY",
    "Array",
    "Batch",
    "Batches",
    "Chain",
    "CheckpointError",
    "Column",
    "DataError",
    "Dataset",
    "DivergenceError",
    "DtypeError",
    "Empty",
    "FormatError",
    "Images",
    "Initializer",
    "InterruptionError",
    "Key",
    "LabelError",
    "Labels",
    "Layer",
    "Linear",
    "Loss",
    "LossFunction",
    "Matrix",
    "Norm",
    "Optimizer",
    "OptimizerState",
    "OptionError",
    "ParametersError",
    "Primitive",
    "Pullback",
    "PurennError",
    "Rows",
    "Rule",
    "RunError",
    "ScaledBytes",
    "Schedule",
    "Serial",
    "ShapeError",
    "Skipping",
    "Step",
    "Thunk",
    "Transform",
    "TreeError",
    "UnavailableError",
    "Vector",
    "Velocity",
    "accuracy",
    "activation",
    "arranged_batches",
    "batches_in_order",
    "binary_accuracy",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "brier",
    "chain",
    "clip_by_global_norm",
    "clip_by_value",
    "clipped_sgd",
    "constant",
    "cosine",
    "cross_entropy",
    "dataset",
    "evaluate",
    "exponential",
    "flatten",
    "fold",
    "global_norm_report",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "join",
    "leaky_relu",
    "learning_rate",
    "leaves",
    "lecun_normal",
    "lecun_uniform",
    "linear",
    "linear_warm_up",
    "log_softmax",
    "map_leaves",
    "mean_squared_error",
    "momentum",
    "nesterov",
    "nesterov_sgd",
    "paths",
    "predict",
    "rebuild",
    "relu",
    "reporting",
    "scan",
    "serial",
    "sgd",
    "shuffled_batches",
    "sigmoid",
    "skip_nonfinite",
    "softmax",
    "softmax_cross_entropy",
    "stack",
    "step_decay",
    "summary",
    "tanh",
    "to_dtype",
    "training_step",
    "value_and_grad",
    "value_of",
    "zeros",
]
