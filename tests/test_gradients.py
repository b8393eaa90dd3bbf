"""Every derivative against central differences in float64, away from kinks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Literal, TypeVar

import numpy as np
import pytest
from contracts import FLOATS, frozen, noise
from differences import jacobian, product, replaced, require_close, slope
from layer_cases import LARGE_LAYERS, LAYERS, LayerCase
from loss_cases import LOSSES, LossCase

import purenn as nn
from purenn.arrays import Array, FloatDtype, Labels, Leaves, Matrix, narrowed

P = TypeVar("P")
T = TypeVar("T")

FLOAT64 = FLOATS[1]
KEY = nn.Key(3)
ROWS: Matrix = np.zeros((1, 1))


def arguments(case: LayerCase, batch: int) -> Leaves:
    """The input, no element of it near a kink at 0, and the leaves of the parameters."""
    normal = noise(1, (batch, *case.shape))
    x: Array = normal + 0.1 * np.sign(normal)
    leaves, _ = case.init(KEY)
    shaken = [leaf + 0.1 * noise(2 + n, leaf.shape) for n, leaf in enumerate(leaves)]
    return tuple([frozen(array, FLOAT64) for array in (x, *shaken)])


def pulled(case: LayerCase, at: Leaves, dy: Array) -> Leaves:
    x, *leaves = at
    _, pull = case.vjp(tuple(leaves), x, KEY)
    grads, dx = pull(dy)
    return (dx(), *grads)


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
def test_pullbacks_are_the_whole_transposed_jacobian(case: LayerCase) -> None:
    at = arguments(case, batch=2)
    y = case.apply(at[1:], at[0])
    units = [unit.reshape(y.shape) for unit in np.eye(y.size)]
    rows = [pulled(case, at, frozen(unit, FLOAT64)) for unit in units]
    for index, argument in enumerate(at):

        def moved(leaf: Array, index: int = index) -> Array:
            x, *leaves = replaced(at, index, leaf)
            return case.apply(tuple(leaves), x)

        exact = np.stack([row[index].ravel() for row in rows])
        require_close(exact, jacobian(moved, argument))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("case", LARGE_LAYERS, ids=lambda case: case.name)
def test_pullbacks_agree_along_random_directions(case: LayerCase, seed: int) -> None:
    at = arguments(case, batch=16)
    direction = tuple([noise(10 + seed, leaf.shape) for leaf in at])
    dy = noise(20 + seed, case.apply(at[1:], at[0]).shape)

    def projection(arrays: Leaves) -> float:
        return product((dy,), (case.apply(arrays[1:], arrays[0]),))

    exact = product(pulled(case, at, dy), direction)
    assert exact == pytest.approx(slope(projection, at, direction), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("case", LOSSES, ids=str)
def test_cotangents_of_losses_are_their_derivatives(case: LossCase) -> None:
    generator = np.random.default_rng(5)
    prediction = frozen(case.prediction(generator), FLOAT64)
    target = case.target(generator, FLOAT64)

    def value(moved: Array) -> Array:
        return np.array([case.loss(moved, target)[0]])

    _, cotangent = case.loss(prediction, target)
    exact = cotangent.reshape(1, -1)
    require_close(exact, jacobian(value, prediction))


# --- value_and_grad ------------------------------------------------------------------------------

DEEP = nn.linear(4) >> nn.tanh() >> (nn.linear(3) >> nn.leaky_relu(0.2)) >> nn.linear(3)
SOFT: Matrix = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0], [0.0, 0.25, 0.75]])
HARD: Labels = np.array([2, 0, 1])


def check_gradient(
    model: nn.Layer[P, Matrix, Matrix], loss: nn.LossFunction[Matrix, T], target: T
) -> None:
    params = nn.to_dtype(model.init(KEY, (2,))[0], FLOAT64)
    x = narrowed(noise(1, (3, 2)), ROWS)
    gradient = nn.value_and_grad(model, loss)
    at = nn.leaves(params)
    value, grads = gradient(params, x, target, KEY)
    assert value == loss(model.apply(params, x), target)[0]
    assert type(grads) is type(params)
    assert nn.paths(grads) == nn.paths(params)
    for index, leaf in enumerate(at):

        def moved(other: Array, index: int = index) -> Array:
            there = nn.rebuild(params, replaced(at, index, other))
            return np.array([gradient(there, x, target, KEY)[0]])

        exact = nn.leaves(grads)[index].reshape(1, -1)
        require_close(exact, jacobian(moved, leaf))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_gradient_of_a_nested_model_by_rows_and_by_labels(
    reduction: Literal["mean", "sum"],
) -> None:
    check_gradient(DEEP, nn.softmax_cross_entropy(reduction), SOFT)
    check_gradient(DEEP, nn.softmax_cross_entropy(reduction), HARD)
    check_gradient(DEEP, nn.mean_squared_error(reduction), SOFT)
    check_gradient(DEEP >> nn.softmax(), nn.brier(reduction=reduction), HARD)
    check_gradient(DEEP >> nn.softmax(), nn.cross_entropy(1e-12, reduction), SOFT)
    check_gradient(DEEP >> nn.sigmoid(), nn.binary_cross_entropy(1e-12, reduction), SOFT)


def test_gradient_by_a_loss_of_ones_own() -> None:
    def cubes(prediction: Matrix, target: float) -> tuple[float, Matrix]:
        cotangent: Matrix = 3.0 * (prediction - target) ** 2
        return float(np.sum((prediction - target) ** 3)), cotangent

    check_gradient(DEEP, cubes, 0.5)


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_gradient_has_the_dtype_of_the_parameters(dtype: FloatDtype) -> None:
    params = nn.to_dtype(DEEP.init(KEY, (2,))[0], dtype)
    x = narrowed(frozen(noise(1, (3, 2)), dtype), ROWS)
    value, grads = nn.value_and_grad(DEEP, nn.softmax_cross_entropy())(params, x, HARD, KEY)
    assert type(value) is float
    assert {leaf.dtype for leaf in nn.leaves(grads)} == {dtype}


def test_float32_gradients_agree_with_float64() -> None:
    params, _ = DEEP.init(KEY, (2,))
    x = narrowed(frozen(noise(1, (3, 2)), FLOATS[0]), ROWS)
    gradient = nn.value_and_grad(DEEP, nn.softmax_cross_entropy())
    value, grads = gradient(params, x, HARD, KEY)
    exact, exact_grads = gradient(nn.to_dtype(params, FLOAT64), x.astype(FLOAT64), HARD, KEY)
    assert value == pytest.approx(exact, rel=1e-6)
    for leaf, exact_leaf in zip(nn.leaves(grads), nn.leaves(exact_grads), strict=True):
        np.testing.assert_allclose(leaf, exact_leaf, rtol=1e-4, atol=1e-6)


# --- the cotangent of the data is computed if somebody asks, and only then -----------------------


Product = Callable[[*tuple[Array, ...]], Array]


def count_products(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the matrix products that linear layers compute from now on."""
    made: list[str] = []

    def counting(name: str, product: Product) -> Product:
        def counted(*arrays: Array) -> Array:
            made.append(name)
            return product(*arrays)

        return counted

    module = sys.modules[nn.Linear.__module__]
    for name in ("affine", "weight_cotangent", "input_cotangent"):
        monkeypatch.setattr(module, name, counting(name, vars(module)[name]))
    return made


X: Matrix = np.ones((4, 2), np.float32)
Y: Matrix = np.zeros((4, 3), np.float32)


def take_gradient(model: nn.Layer[P, Matrix, Matrix]) -> None:
    params, _ = model.init(KEY, (2,))
    nn.value_and_grad(model, nn.mean_squared_error())(params, X, Y, KEY)


def test_n_linear_layers_take_3n_minus_1_matrix_products(monkeypatch: pytest.MonkeyPatch) -> None:
    made = count_products(monkeypatch)
    take_gradient(nn.linear(3))
    assert sorted(made) == ["affine", "weight_cotangent"]
    made.clear()
    take_gradient(nn.linear(5) >> nn.relu() >> nn.linear(3))
    assert sorted(made) == [*["affine"] * 2, "input_cotangent", *["weight_cotangent"] * 2]
    made.clear()
    take_gradient(nn.serial(nn.linear(5) >> nn.linear(4)) >> (nn.linear(4) >> nn.linear(3)))
    assert len(made) == 3 * 4 - 1


def test_a_training_step_takes_3n_minus_1_matrix_products(monkeypatch: pytest.MonkeyPatch) -> None:
    model = nn.linear(5) >> nn.tanh() >> nn.linear(5) >> nn.tanh() >> nn.linear(3)
    optimizer = nn.clipped_sgd(0.1)
    step = nn.training_step(model, nn.mean_squared_error(), optimizer)
    state = optimizer.init(model.init(KEY, (2,))[0])
    made = count_products(monkeypatch)
    step(state, nn.Batch(X, Y, KEY))
    assert len(made) == 3 * 3 - 1


def test_who_asks_for_the_cotangent_of_the_data_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    model = nn.linear(5) >> nn.linear(3)
    params, _ = model.init(KEY, (2,))
    made = count_products(monkeypatch)
    _, pull = model.vjp(params, X, KEY)
    _, dx = pull(Y + 1)
    assert made.count("input_cotangent") == 1
    expected = (Y + 1) @ params[1].weight.T @ params[0].weight.T
    np.testing.assert_allclose(dx(), expected, rtol=1e-6)
    assert made.count("input_cotangent") == 2


def test_the_derivative_of_a_first_activation_is_not_computed_either() -> None:
    def refuse(y: Matrix, dy: Matrix) -> Matrix:
        raise AssertionError("nobody asked for the cotangent of the data")

    take_gradient(nn.activation("first()", lambda x: x, refuse) >> nn.linear(3))
