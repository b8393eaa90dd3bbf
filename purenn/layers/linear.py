"""The linear layer: `y = x @ weight + bias`."""

from __future__ import annotations

from functools import partial

import attrs

from purenn import checks
from purenn.arrays import Matrix, Vector, matrix, require_floats, vector
from purenn.errors import DtypeError, ParametersError, ShapeError
from purenn.expressions import maker
from purenn.initializers import Initializer, glorot_uniform, zeros
from purenn.kernels.products import affine, bias_cotangent, input_cotangent, weight_cotangent
from purenn.keys import Key
from purenn.layers._contract import Layer, Thunk, require_fit, require_params
from purenn.tree import Node

ADVICE = "Give an initializer, such as nn.initializers.zeros()."


@attrs.frozen(eq=False)
class Linear(Node):
    """The parameters of a linear layer, or their gradient.

    Args:
        weight: (inputs, outputs), float32 or float64. A writable array is copied.
        bias: (outputs,), of the same dtype.
    """

    weight: Matrix = attrs.field(converter=matrix)
    bias: Vector = attrs.field(converter=vector)

    def __attrs_post_init__(self) -> None:
        weight, bias = self.weight, self.bias
        if bias.shape != weight.shape[1:]:
            expected = f"a bias of shape {weight.shape[1:]} for a weight of shape {weight.shape}"
            raise ShapeError("Linear", f"expected {expected}, got {bias.shape}.")
        if bias.dtype != weight.dtype:
            raise DtypeError("Linear", f"expected a {weight.dtype} bias, got {bias.dtype}.")


@maker
def linear(
    features: int, *, weight: Initializer | None = None, bias: Initializer | None = None
) -> Layer[Linear, Matrix, Matrix]:
    """Weighted sums of all inputs, each with a bias: (samples, inputs) to (samples, features).

    Args:
        features: how many outputs.
        weight: the initializer of the weights; `glorot_uniform()` if None. Of six initializers it
            was best, or hardly more than a standard error behind, on three tables with each of
            tanh, relu and sigmoid (scripts/compare_initializers.py; `he_normal` lost up to 9
            points of R²).
        bias: the initializer of the biases; `zeros()` if None.
    """
    width = checks.integer("The features of linear", features)
    first_weight = glorot_uniform() if weight is None else weight
    first_bias = zeros() if bias is None else bias
    checks.instance("The weight of linear", first_weight, Initializer, ADVICE)
    checks.instance("The bias of linear", first_bias, Initializer, ADVICE)
    subject = f"linear({width})"

    def init(key: Key, example: Matrix) -> Linear:
        _require_rows(subject, example)
        weights = first_weight(key.child("weight"), (example.shape[1], width), example.dtype)
        return Linear(weights, first_bias(key.child("bias"), (width,), example.dtype))

    def apply(params: Linear, x: Matrix) -> Matrix:
        require_params(subject, params, Linear)
        _require_rows(subject, x)
        if params.weight.shape[1] != width:
            got = params.weight.shape[1]
            raise ParametersError(subject, f"expected parameters of {width} outputs, got {got}.")
        require_fit(subject, params.weight, x)
        return affine(x, params.weight, params.bias)

    return Layer(
        init, apply, lambda params, x, key: (apply(params, x), partial(_pulled, params, x))
    )


def _pulled(params: Linear, x: Matrix, dy: Matrix) -> tuple[Linear, Thunk[Matrix]]:
    grads = Linear(weight_cotangent(x, dy), bias_cotangent(dy))
    return grads, partial(input_cotangent, dy, params.weight)


def _require_rows(subject: str, x: Matrix) -> None:
    require_floats(subject, x)
    if x.ndim != 2:
        got = f"{x.shape[1:]}. Put flatten() before it."
        raise ShapeError(subject, f"expected samples of shape (features,), got {got}")
