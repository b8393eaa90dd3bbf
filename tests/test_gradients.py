"""`value_and_grad`, and how little a gradient computes."""

from __future__ import annotations

import types

import numpy as np
import pytest
from contracts import bits, dtypes, normal
from counting import work_of

from purenn import Empty, Key, Layer, Linear, value_and_grad
from purenn.arrays import FloatDtype, Matrix
from purenn.layers import activation, batch_norm, block, frozen, linear, relu, stack, tanh

KEY, X = Key(3), normal(1, 3, 2)
MODEL = frozen(linear(4)) >> block(linear(4) >> tanh()) >> batch_norm() >> linear(3)


def cubes(prediction: Matrix, target: float) -> tuple[float, Matrix]:
    """A loss of one's own."""
    return float(np.sum((prediction - target) ** 3)), 3.0 * (prediction - target) ** 2


@dtypes
def test_gradients_are_the_pullbacks_of_a_losss_cotangent(dtype: FloatDtype) -> None:
    x: Matrix = X.astype(dtype)
    params = MODEL.init(KEY, x)
    value, grads = value_and_grad(MODEL, cubes)(params, x, 0.5, KEY)
    y, pull = MODEL.vjp(params, x, KEY)
    assert value == cubes(y, 0.5)[0]
    assert bits(grads) == bits(pull(cubes(y, 0.5)[1])[0])
    assert grads[0] is params[0]


def test_a_loss_may_be_any_function() -> None:
    lost = types.FunctionType(cubes.__code__, {"np": np, "float": float})
    params = MODEL.init(KEY, X)
    expected, _ = value_and_grad(MODEL, cubes)(params, X, 0.5, KEY)
    assert value_and_grad(MODEL, lost)(params, X, 0.5, KEY)[0] == expected


# --- the cotangent of the data is computed if somebody asks, and only then -----------------------

MODELS: list[tuple[object, int]] = [
    (relu() >> tanh() >> linear(3), 1),
    (block(linear(5) >> linear(4)) >> (linear(4) >> linear(3)), 4),
    (stack(linear(2), linear(2), linear(3)), 3),
]


@pytest.mark.parametrize(("model", "count"), MODELS, ids=repr)
def test_n_linear_layers_take_3n_minus_1_products(
    model: Layer[Linear, Matrix, Matrix], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    params, gradient = model.init(KEY, X), value_and_grad(model, cubes)
    assert work_of(lambda: gradient(params, X, 0.5, KEY), monkeypatch).products == 3 * count - 1
    _, dx = model.vjp(params, X, KEY)[1](np.zeros((3, 3)))
    assert work_of(dx, monkeypatch).products == 1


def test_the_derivative_of_a_first_activation_is_not_computed_either() -> None:
    def refuse(y: Matrix, dy: Matrix) -> Matrix:
        raise AssertionError("nobody asked for the cotangent of the data")

    first: Layer[Empty, Matrix, Matrix] = activation(lambda x: x, refuse)
    model = first >> relu() >> linear(3)
    value_and_grad(model, cubes)(model.init(KEY, X), X, 0.5, KEY)
