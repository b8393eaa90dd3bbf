"""Neural networks on a CPU as pure, typed functions over NumPy arrays.

Parameters are values, layers are functions, training is a fold. A complete run:

>>> import numpy as np
>>> import purenn as nn
>>> model = nn.linear(32) >> nn.tanh() >> nn.linear(1)
>>> optimizer = nn.descend(nn.clip_by_global_norm(1.0) >> nn.momentum(0.9), rate=0.1)
>>> key = nn.Key(0)
>>> x = key.child("data").generator().uniform(-1, 1, (512, 2)).astype(np.float32)
>>> y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)  # exclusive or
>>> data = nn.dataset(x, y)
>>> state = optimizer.init(model.init(key, data.example))
>>> step = nn.training_step(model, nn.binary_cross_entropy_with_logits(), optimizer)
>>> for epoch in range(60):
...     state, reports = nn.fold(step, state, nn.shuffled_batches(data, 32, key, epoch))
>>> nn.evaluate(model, state.params, data, nn.binary_accuracy(threshold=0.0)) > 0.95
True
>>> state.params[0].weight.shape  # known to mypy too: params is tuple[Linear, Empty, Linear]
(2, 32)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # functions from where they are defined, for some share a module's name
    from purenn import arrays as arrays
    from purenn import data as data
    from purenn import errors as errors
    from purenn import initializers as initializers
    from purenn import layers as layers
    from purenn import losses as losses
    from purenn import optimizers as optimizers
    from purenn import schedules as schedules
    from purenn import training as training
    from purenn import tree as tree
    from purenn.arrays import Array, Labels, Leaves, Matrix, Vector
    from purenn.data import Dataset, dataset, shuffled_batches
    from purenn.errors import PurennError
    from purenn.expressions import maker
    from purenn.keys import Key
    from purenn.layers import Layer, Pullback, Thunk, flatten, leaky_relu, relu, residual, tanh
    from purenn.layers.dropout import dropout
    from purenn.layers.linear import Linear, linear
    from purenn.layers.normalization import batch_norm
    from purenn.losses import Loss, mean_squared_error
    from purenn.losses.logits import binary_cross_entropy_with_logits, softmax_cross_entropy
    from purenn.optimizers import Optimizer, Point, State, Transform, descend, weight_decay
    from purenn.optimizers.adam import adam
    from purenn.optimizers.clipping import clip_by_global_norm, clip_by_value
    from purenn.optimizers.momentum import momentum, sgd
    from purenn.portability import portable
    from purenn.saving import load, save
    from purenn.training import evaluate, predict, value_and_grad
    from purenn.training.metrics import accuracy, binary_accuracy
    from purenn.training.steps import fold, mean_loss, scan, training_step
    from purenn.training.summary import summary
    from purenn.tree import Empty, Frozen, Node, map_leaves
else:
    # Each is imported when first asked for: those that import least come first.
    _MODULES = (
        *("arrays", "errors", "keys", "tree", "schedules", "expressions", "saving"),
        *("initializers", "layers", "losses", "portability", "optimizers", "data", "training"),
    )

    def __getattr__(name: str) -> object:
        """Look for the name in one module after the other."""
        from importlib import import_module

        if name in _MODULES:
            return import_module(f"purenn.{name}")
        for module in _MODULES if name in __all__ else ():
            found = vars(import_module(f"purenn.{module}")).get(name)
            if found is not None:
                return globals().setdefault(name, found)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_elsewhere(name)}")

    def _elsewhere(name: str) -> str:
        """Where there are such names, in whatever case, with or without PyTorch's 1d or 2d."""
        from importlib.util import find_spec

        if name.startswith("_") or not name.isidentifier():
            return ""
        if find_spec(f"purenn.{name}"):  # quick, for this is asked by its import too
            return f". Import it: from purenn import {name}"
        homes = [
            f"purenn.{module}.{own}"
            for module in _MODULES[::-1]
            for own, found in sorted(vars(__getattr__(module)).items(), reverse=True)
            if _bare(own) == _bare(name)
            and getattr(found, "__module__", "").startswith(f"purenn.{module}")  # its home
        ]
        return f". There is {' and '.join(homes)}" if homes else ""

    def _bare(name: str) -> str:
        """Conv2d as conv, LeakyReLU as leakyrelu, and Dropout2d, of channels, as what it is."""
        bare = name.lower().replace("_", "").replace("1d", "2d")
        return bare.replace("dropout2d", "spatialdropout").removesuffix("2d")

    def __dir__() -> list[str]:
        return sorted({*globals(), *_MODULES, *__all__})


__version__ = "0.2.0"

__all__ = ["Array", "Dataset", "Empty", "Frozen", "Key", "Labels", "Layer", "Leaves", "Linear"]
__all__ += ["Loss", "Matrix", "Node", "Optimizer", "Point", "Pullback", "PurennError", "State"]
__all__ += ["Thunk", "Transform", "Vector", "accuracy", "adam", "batch_norm", "binary_accuracy"]
__all__ += ["binary_cross_entropy_with_logits", "clip_by_global_norm", "clip_by_value", "dataset"]
__all__ += ["descend", "dropout", "evaluate", "flatten", "fold", "leaky_relu", "linear", "load"]
__all__ += ["maker", "map_leaves", "mean_loss", "mean_squared_error", "momentum", "portable"]
__all__ += ["predict", "relu", "residual", "save", "scan", "sgd", "shuffled_batches"]
__all__ += ["softmax_cross_entropy", "summary", "tanh", "training_step", "value_and_grad"]
__all__ += ["weight_decay"]
