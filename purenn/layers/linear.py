"""The linear layer: `y = x @ weight + bias`."""

from __future__ import annotations

import attrs
import numpy as np

from purenn.arrays import (
    Matrix,
    Shape,
    Vector,
    frozen_matrix,
    frozen_vector,
    require_float,
    require_sample,
)
from purenn.checks import count
from purenn.errors import DtypeError, ParametersError, ShapeError
from purenn.initializers import Initializer, he_normal, zeros
from purenn.kernels.products import affine, bias_cotangent, input_cotangent, weight_cotangent
from purenn.keys import Key
from purenn.layer import Primitive, Pullback, Thunk


@attrs.frozen(eq=False)
class Linear:
    """The parameters of a linear layer, or their gradient.

    Args:
        weight: (inputs, outputs), float32 or float64. A writable array is copied.
        bias: (outputs,), of the same dtype.

    Raises:
        DtypeError: these are no plain arrays of floats, or their dtypes differ.
        ShapeError: their ranks are others, or their outputs differ in number.
    """

    weight: Matrix = attrs.field(converter=frozen_matrix)
    bias: Vector = attrs.field(converter=frozen_vector)

    def __attrs_post_init__(self) -> None:
        if self.bias.shape[0] != self.weight.shape[1]:
            raise ShapeError(
                "Linear",
                f"takes a bias for each output of its weight, which is {self.weight.shape}, and "
                f"the bias is {self.bias.shape}.",
            )
        if self.bias.dtype != self.weight.dtype:
            raise DtypeError(
                "Linear", f"has a {self.weight.dtype} weight and a {self.bias.dtype} bias."
            )


def linear(
    features: int,
    weight: Initializer | None = None,
    bias: Initializer | None = None,
) -> Primitive[Linear, Matrix, Matrix]:
    """A layer of `features` outputs, each a weighted sum of all inputs and a bias.

    Takes (batch, inputs) and gives (batch, features), in the dtype of its parameters.

    Args:
        features: how many outputs.
        weight: the initializer of the weights; `he_normal()` if none is given.
        bias: the initializer of the biases; `zeros()` if none is given.

    Raises:
        OptionError: `features` is no whole number above 0.
    """
    features = count("The features of linear", features)
    options = [str(features)]
    options += [] if weight is None else [f"weight={weight!r}"]
    options += [] if bias is None else [f"bias={bias!r}"]
    name = f"linear({', '.join(options)})"
    first_weight = weight or he_normal()
    first_bias = bias or zeros()

    def init(key: Key, shape: Shape) -> tuple[Linear, Shape]:
        require_sample(name, shape, ("features",), "Put flatten() before it.")
        weights = first_weight(key.fold_in(0), (shape[0], features))
        return Linear(weights, first_bias(key.fold_in(1), (features,))), (features,)

    def apply(params: Linear, x: Matrix) -> Matrix:
        _require_fit(name, features, params, x)
        return affine(x, params.weight, params.bias)

    def vjp(params: Linear, x: Matrix, key: Key) -> tuple[Matrix, Pullback[Matrix, Linear, Matrix]]:
        y = apply(params, x)

        def pull(dy: Matrix) -> tuple[Linear, Thunk[Matrix]]:
            grads = Linear(weight_cotangent(x, dy), bias_cotangent(dy))
            return grads, lambda: input_cotangent(dy, params.weight)

        return y, pull

    return Primitive(name, init, apply, vjp)


def _require_fit(name: str, features: int, params: object, x: object) -> None:
    if not isinstance(params, Linear):
        raise ParametersError(
            name, f"takes Linear parameters, and an object of class {type(params).__name__} came."
        )
    if not isinstance(x, np.ndarray) or type(x) is not np.ndarray or x.ndim != 2:
        require_float(name, x, 2)
    elif x.dtype != params.weight.dtype:
        raise DtypeError(
            name,
            f"has {params.weight.dtype} parameters and its input is {x.dtype}. "
            f"Convert one of them, for example with x.astype(np.{params.weight.dtype}).",
        )
    elif params.weight.shape != (x.shape[1], features):
        inputs, outputs = params.weight.shape
        if outputs != features:
            raise ParametersError(
                name, f"takes parameters of {features} outputs, and these have {outputs}."
            )
        raise ShapeError(name, f"takes {inputs} features and its input has {x.shape[1]}.")
