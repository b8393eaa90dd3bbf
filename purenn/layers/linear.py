"""The linear layer: `y = x @ weight + bias`."""

from __future__ import annotations

import attrs

from purenn import checks
from purenn.arrays import Matrix, Vector, matrix, require_samples, vector
from purenn.errors import DtypeError, ParametersError, ShapeError
from purenn.expressions import maker
from purenn.initializers import Initializer, glorot_uniform, zeros
from purenn.kernels.products import affine, bias_cotangent, input_cotangent, weight_cotangent
from purenn.keys import Key
from purenn.layers._contract import Layer, Pullback, Thunk, require_params, require_same_dtype
from purenn.tree import Node


@attrs.frozen(eq=False)
class Linear(Node):
    """The parameters of a linear layer, or their gradient.

    Args:
        weight: (inputs, outputs), float32 or float64. A writable array is copied.
        bias: (outputs,), of the same dtype.

    Raises:
        DtypeError: these are not plain arrays of floats, or their dtypes differ.
        ShapeError: their ranks or numbers of outputs do not fit.
    """

    weight: Matrix = attrs.field(converter=matrix)
    bias: Vector = attrs.field(converter=vector)

    def __attrs_post_init__(self) -> None:
        if self.bias.shape[0] != self.weight.shape[1]:
            raise ShapeError(
                "Linear",
                f"expected a bias of shape ({self.weight.shape[1]},) for a weight of shape "
                f"{self.weight.shape}, got {self.bias.shape}.",
            )
        if self.bias.dtype != self.weight.dtype:
            raise DtypeError(
                "Linear", f"expected a {self.weight.dtype} bias, got {self.bias.dtype}."
            )


@maker
def linear(
    features: int, *, weight: Initializer | None = None, bias: Initializer | None = None
) -> Layer[Linear, Matrix, Matrix]:
    """A layer of `features` outputs, each a weighted sum of all inputs and a bias.

    Takes (samples, inputs) and gives (samples, features), in the dtype of its parameters, which is
    that of the example.

    Args:
        features: how many outputs.
        weight: the initializer of the weights; `glorot_uniform()` if None. Of six initializers it
            was best, or hardly more than a standard error behind, on three tables with each of
            tanh, relu and sigmoid (scripts/compare_initializers.py; `he_normal` lost up to 9
            points of R²).
        bias: the initializer of the biases; `zeros()` if None.

    Raises:
        OptionError: `features` is not an integer ≥ 1, or an initializer is something else.
    """
    width = checks.integer("The features of linear", features)
    first_weight = glorot_uniform() if weight is None else weight
    first_bias = zeros() if bias is None else bias
    for name, initializer in (("weight", first_weight), ("bias", first_bias)):
        advice = f"Give an initializer, such as {name}=nn.initializers.zeros()."
        checks.instance(f"The {name} of linear", initializer, Initializer, advice)
    subject = f"linear({width})"

    def init(key: Key, example: Matrix) -> Linear:
        _require_flat(subject, example)
        weights = first_weight(key.child("weight"), (example.shape[1], width), example.dtype)
        return Linear(weights, first_bias(key.child("bias"), (width,), example.dtype))

    def apply(params: Linear, x: Matrix) -> Matrix:
        _require_fit(subject, width, params, x)
        return affine(x, params.weight, params.bias)

    def vjp(params: Linear, x: Matrix, key: Key) -> tuple[Matrix, Pullback[Matrix, Linear, Matrix]]:
        y = apply(params, x)

        def pull(dy: Matrix) -> tuple[Linear, Thunk[Matrix]]:
            grads = Linear(weight_cotangent(x, dy), bias_cotangent(dy))
            return grads, lambda: input_cotangent(dy, params.weight)

        return y, pull

    return Layer(init, apply, vjp)


def _require_flat(subject: str, x: Matrix) -> None:
    require_samples(subject, x, ("features",), "Put flatten() before it.")


def _require_fit(subject: str, features: int, params: Linear, x: Matrix) -> None:
    require_params(subject, params, Linear)
    _require_flat(subject, x)
    inputs, outputs = params.weight.shape
    if outputs != features:
        raise ParametersError(subject, f"expected parameters of {features} outputs, got {outputs}.")
    if x.shape[1] != inputs:
        raise ShapeError(
            subject, f"expected {inputs} features, as its parameters have, got {x.shape[1]}."
        )
    require_same_dtype(subject, params.weight, x)
