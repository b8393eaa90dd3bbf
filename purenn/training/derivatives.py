"""Derivatives beside the gradient of a step: of outputs, and of the gradient itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import isfinite, prod
from typing import TypeVar

import numpy as np

from purenn import array_checks, arrays, checks
from purenn.arrays import Array, Labels, Leaves, Matrix, P, T, X, Y, read_only
from purenn.data import Batch
from purenn.errors import DataError, DtypeError
from purenn.kernels.augmentation import label_rows
from purenn.kernels.reductions import global_norm
from purenn.kernels.updates import moved
from purenn.layers import Layer
from purenn.layers.combinators import inference_pullback
from purenn.losses import LossFunction
from purenn.losses._targets import require_labels, require_matrix
from purenn.matching import require_same
from purenn.training.gradient import require_cotangent, require_no_loss, value_and_grad
from purenn.tree import map_leaves, map_pairs, moving_leaves

V = TypeVar("V", bound=Array)
W = TypeVar("W", bound=Array)


def every_output(y: Y) -> Y:
    """For `input_gradient`: the slope of the sum of all outputs, which is ones."""
    return map_leaves(lambda leaf: read_only(np.ones_like(leaf)), y)


def chosen_output(labels: Labels) -> Callable[[Matrix], Matrix]:
    """For `input_gradient`: the slope of the sum of one output per sample, that of its label."""
    array_checks.require_integers("chosen_output", labels)
    return partial(_chosen, labels)  # which can be pickled


def _chosen(labels: Labels, y: Matrix) -> Matrix:
    require_matrix("chosen_output", y)
    require_labels("chosen_output", labels, *y.shape)
    return label_rows(labels, y.shape[1], y.dtype)


@np.errstate(under="ignore")
def input_gradient(
    model: Layer[P, X, Y], params: P, x: X, slope: Callable[[Y], Y] = every_output
) -> X:
    """The gradient of a function of the outputs with respect to the inputs, in inference mode.

    The function is given by its slope, from the outputs to their cotangent: by default that of the
    sum of all outputs; `chosen_output(labels)` is that of one output for each sample, and
    `lambda y: loss(y, target)[1]` that of a loss. Samples do not mix. Symbols of an embedding have
    a slope of 0; for that of their vectors v, pass `model[1:], params[1:], v`.

    >>> import numpy as np
    >>> import purenn as nn
    >>> from purenn.training import chosen_output
    >>> model, x, labels = nn.linear(2), np.ones((1, 2)), np.array([1])
    >>> params = nn.Linear(np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros(2))
    >>> input_gradient(model, params, x)
    array([[3., 7.]])
    >>> input_gradient(model, params, x, chosen_output(labels))
    array([[2., 4.]])

    Raises:
        OptionError: a layer of your own computes something else in training, and has no `inference`
            (see `Layer`).
        ShapeError: the slope is not of the outputs' shape and dtype.
    """
    checks.instance("The model", model, Layer)
    cure = "Give its cotangent: lambda y: loss(y, target)[1]."
    require_no_loss("The slope of input_gradient", slope, cure)
    y = model.apply(params, x)
    pullback = inference_pullback(model)(params, x, y)
    dy = slope(y)
    require_cotangent(slope, y, dy)
    return pullback(dy)


@np.errstate(under="ignore")
def jacobian(model: Layer[P, V, W], params: P, x: V) -> Array:
    """The Jacobian of outputs by inputs for each sample: (samples, *outputs, *inputs).

    Computed in inference mode, where samples do not mix, with one pullback per output of a sample.

    Raises:
        OptionError: as in `input_gradient`.
    """
    checks.instance("The model", model, Layer)
    y = model.apply(params, x)
    checks.one_array("jacobian", y)
    if array_checks.require_array("jacobian", x).dtype not in arrays.FLOATS:
        cure = "Take that of the layers behind their vectors: jacobian(model[1:], params[1:], v)."
        raise DtypeError("jacobian", f"symbols have no slope, got {x.dtype}. {cure}")
    pullback = inference_pullback(model)(params, x, y)
    dy, outputs = np.zeros_like(y, order="C"), prod(y.shape[1:])
    columns = dy.reshape(len(y), outputs)
    found = np.empty((len(y), outputs, *x.shape[1:]), x.dtype)
    for index in range(outputs):
        columns[:, index] = 1.0
        found[:, index] = pullback(dy)
        columns[:, index] = 0.0
    return read_only(found.reshape(*y.shape, *x.shape[1:]))


@np.errstate(under="ignore")
def hessian_vector_product(
    model: Layer[P, X, Y], loss: LossFunction[Y, T], params: P, batch: Batch[X, T], direction: P
) -> P:
    """The Hessian of a loss with respect to the parameters, times a direction, in training mode.

    A central difference of gradients, `(g(p + h v) - g(p - h v)) / 2h`, computed in float64 and
    returned in the dtype of the parameters. No leaf moves by more than about 6e-6 times its norm
    or, if that is more, times the lesser of 1 and the norm of all leaves. About eight digits are
    right where the loss is smooth over such a step; fewer, or none, where it bends within one, as
    it may if weights of 1e-6 for large inputs stand beside others of 1. Kinks between the two
    points, such as those of relu, count as curvature. A loss of your own has to accept float64.
    Both gradients draw from the batch's key, but `noise` draws other numbers than in float32.
    Frozen parts are returned as they are.

    Raises:
        OptionError: an argument is not the model, loss or batch expected.
        TreeError: the direction is not a tree like the parameters, or the inputs or targets are not
            a tree of arrays.
        DataError: the direction is not finite.
    """
    gradient = value_and_grad(model, loss)
    checks.instance("The batch of hessian_vector_product", batch, Batch)
    require_same(params, direction, "The parameters and the direction")
    at, along = map_leaves(_widened, params), map_leaves(_widened, direction)
    x, target = map_leaves(_widened, batch.inputs), map_leaves(_widened, batch.targets)
    length = global_norm(moving_leaves(along))
    if not isfinite(length):
        raise DataError("hessian_vector_product: expected a direction of finite numbers.")
    if not length:
        return map_pairs(lambda leaf, zero: zero, params, direction)
    unit = map_leaves(lambda leaf: leaf / length, along)
    step = _step(moving_leaves(at), moving_leaves(unit))
    factor = length / (2.0 * step)

    def slopes(by: float) -> P:
        there = map_pairs(lambda leaf, slope: moved(leaf, slope, by), at, unit)
        return gradient(there, x, target, batch.key)[1]

    both = map_pairs(lambda ahead, behind: (ahead - behind) * factor, slopes(step), slopes(-step))
    return map_pairs(lambda leaf, slope: read_only(slope.astype(leaf.dtype)), params, both)


def _step(at: Leaves, along: Leaves) -> float:
    """How far to go, such that rounding and the third derivative weigh about the same."""
    least = min(1.0, global_norm(at)) or 1.0
    pairs = zip(at, along, strict=True)
    speeds = [global_norm((slope,)) / max(global_norm((leaf,)), least) for leaf, slope in pairs]
    return float(np.cbrt(np.finfo(arrays.FLOAT64).eps)) / max(speeds)


def _widened(leaf: Array) -> Array:
    return read_only(leaf.astype(arrays.FLOAT64)) if leaf.dtype == arrays.FLOAT32 else leaf
