"""Derivatives by inputs in inference mode, and Hessians times directions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import attrs
import numpy as np
import pytest
from contracts import P, bits, copies, dtypes, matrix, noise, normal

import purenn as nn
from purenn import layers, training
from purenn.arrays import Array, FloatDtype, Images, Labels, read_only, typed_like
from purenn.data import Batch
from purenn.testing import check_layer
from purenn.tree import leaves, map_leaves, moving_leaves, rebuild

V = TypeVar("V", bound=Array)
W = TypeVar("W", bound=Array)

KEY, ROWS, STEP = nn.Key(3), normal(0, 4, 3), 1e-6
IMAGES: Images = np.random.default_rng(2).standard_normal((2, 3, 2, 2))
LABELS: Labels = np.array([1, 0, 1, 1])
ENTROPY = nn.softmax_cross_entropy()
SQUARED: nn.Loss[nn.Matrix, nn.Matrix] = nn.mean_squared_error()
MODEL = nn.linear(5) >> nn.tanh() >> nn.linear(2)
NOISY = nn.linear(3) >> nn.dropout(0.5) >> layers.noise(0.5)
OF_ROWS = [
    MODEL,
    nn.batch_norm() >> nn.tanh() >> nn.dropout(0.5),
    NOISY >> nn.residual(nn.batch_norm() >> layers.alpha_dropout(0.5)) >> nn.tanh(),
    layers.block(NOISY) >> layers.frozen(NOISY >> nn.linear(2)),
    layers.branches(NOISY, layers.repeated(NOISY, times=2)) >> layers.concatenate(),
    layers.stack(layers.block(NOISY), layers.block(NOISY)) >> layers.softmax(),
]
FRONT = layers.conv(3, 2) >> nn.batch_norm() >> layers.silu() >> layers.spatial_dropout(0.5)


def shuffled(params: P) -> P:
    """Numbers above 0 in place of all leaves, running statistics too."""
    return map_leaves(lambda leaf: noise(leaf.size, leaf.shape) ** 2 + 0.5, params)


def differences(function: Callable[[V], W], x: V) -> Array:
    """The Jacobian of each sample by central differences, all samples at once."""
    columns: list[Array] = []
    for index in np.ndindex(x.shape[1:]):
        bump = np.zeros_like(x)
        bump[:, *index] = STEP
        ahead, behind = (function(typed_like(np.add(x, by), x)) for by in (bump, -bump))
        columns.append(np.subtract(ahead, behind) / (2 * STEP))
    return np.stack(columns, axis=-1).reshape(*function(x).shape, *x.shape[1:])


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        *[(each, ROWS) for each in OF_ROWS],
        (FRONT, IMAGES),
        (FRONT >> nn.flatten() >> nn.linear(2), IMAGES),
    ],
    ids=lambda value: repr(value) if isinstance(value, nn.Layer) else "",
)
def test_derivatives_by_inputs_are_those_of_inference(layer: nn.Layer[P, V, W], x: V) -> None:
    params = shuffled(layer.init(KEY, x))
    found = training.jacobian(layer, params, x)
    expected = differences(lambda moved: layer.apply(params, moved), x)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
    outputs = tuple(range(1, found.ndim - x.ndim + 1))
    sums = training.input_gradient(layer, params, x)
    np.testing.assert_allclose(sums, found.sum(axis=outputs), atol=1e-12)
    assert (sums.shape, sums.flags.writeable, found.flags.writeable) == (x.shape, False, False)


def test_any_function_of_the_outputs_has_a_gradient_by_inputs() -> None:
    params = MODEL.init(KEY, ROWS)
    of_each = training.jacobian(MODEL, params, ROWS)
    slope = copies(training.chosen_output(LABELS))[0]  # from its pickle
    chosen = training.input_gradient(MODEL, params, ROWS, slope)
    np.testing.assert_allclose(chosen, of_each[np.arange(4), LABELS])
    by_loss = training.input_gradient(MODEL, params, ROWS, lambda y: ENTROPY(y, LABELS)[1])
    slopes = ENTROPY(MODEL.apply(params, ROWS), LABELS)[1]
    np.testing.assert_allclose(by_loss, np.einsum("sy,syx->sx", slopes, of_each))
    assert training.jacobian(MODEL, params, ROWS[:0]).shape == (0, 2, 3)


def test_several_inputs_and_outputs_have_gradients_in_trees() -> None:
    model = layers.beside(nn.linear(2), layers.embedding(2, 3, np.dtype(np.float64)))
    x = (ROWS, LABELS)
    params = model.init(KEY, x)
    by_rows, by_labels = training.input_gradient(model, params, x)
    np.testing.assert_allclose(by_rows, [params.first.weight.sum(axis=1)] * 4)
    assert not by_labels.any()


@dtypes
def test_derivatives_keep_their_dtype(dtype: FloatDtype) -> None:
    x = ROWS.astype(dtype)
    params = MODEL.init(KEY, x)
    product = training.hessian_vector_product(MODEL, ENTROPY, params, Batch(x, LABELS, KEY), params)
    found = (training.input_gradient(MODEL, params, x), training.jacobian(MODEL, params, x))
    assert {leaf.dtype for leaf in leaves((found, product))} == {dtype}
    assert not any(leaf.flags.writeable for leaf in leaves((found, product)))


@dtypes
@pytest.mark.parametrize("size", [1e-25, 1.0, 1e25])
def test_hessians_of_linear_classifiers_are_the_closed_form(dtype: FloatDtype, size: float) -> None:
    x, v = ROWS.astype(dtype), normal(1, 4, 2).astype(dtype) * dtype.type(size)
    model, direction = nn.linear(2), nn.Linear(v[:3], v[3])
    params = model.init(KEY, x)
    batch = Batch(x, LABELS, KEY)
    found = training.hessian_vector_product(model, ENTROPY, params, batch, direction)
    p = layers.softmax().apply(nn.Empty(), model.apply(params, x).astype(np.float64))
    inputs = np.hstack([x, np.ones((4, 1))])
    along = inputs @ v.astype(np.float64)  # how the logits move
    slopes = p * (along - (p * along).sum(axis=1, keepdims=True)) / 4
    expected = inputs.T @ slopes
    tolerance = 1e-6 if dtype == np.float32 else 1e-9
    both = np.vstack([found.weight, found.bias])
    np.testing.assert_allclose(both, expected, tolerance, tolerance * size)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_hessians_of_a_deep_net_are_those_of_complex_steps(size: float) -> None:
    target, x = normal(5, 4, 2), ROWS / size
    params = map_leaves(lambda leaf: leaf * size, MODEL.init(KEY, ROWS))
    direction = map_leaves(lambda leaf: noise(leaf.size, leaf.shape), params)
    batch = Batch(x, target, KEY)
    found = training.hessian_vector_product(MODEL, SQUARED, params, batch, direction)
    # The gradient, written down for complex numbers, gives the product to the last digit.
    a, b, c, d = (
        leaf + 1e-30j * along for leaf, along in zip(leaves(params), leaves(direction), strict=True)
    )
    h = np.tanh(x @ a + b)
    dy = (h @ c + d - target) * (2 / target.size)
    dh = dy @ c.T * (1 - h * h)
    slopes = x.T @ dh, dh.sum(axis=0), h.T @ dy, dy.sum(axis=0)
    for leaf, slope in zip(leaves(found), slopes, strict=True):
        expected = slope.imag / 1e-30
        np.testing.assert_allclose(leaf, expected, atol=1e-8 * abs(expected).max())


def test_hessians_are_symmetric_and_leave_frozen_parts_alone() -> None:
    front = layers.frozen(nn.linear(4)) >> nn.linear(4) >> nn.batch_norm() >> nn.dropout(0.3)
    model = front >> nn.linear(2)
    params, batch = model.init(KEY, ROWS), Batch(ROWS, LABELS, KEY)
    one = shuffled(params)
    other = map_leaves(lambda leaf: np.sin(9.0 * leaf), one)
    first, second = (
        training.hessian_vector_product(model, ENTROPY, params, batch, along)
        for along in (one, other)
    )
    assert bits(first[0]) == bits(params[0])
    assert bits((first[2].mean, first[2].variance)) == bits((params[2].mean, params[2].variance))

    def inner(p: object, q: object) -> float:
        pairs = zip(moving_leaves(p), moving_leaves(q), strict=True)
        return float(sum(np.vdot(x, y) for x, y in pairs))

    assert abs(inner(other, first)) > 0.01
    assert inner(other, first) == pytest.approx(inner(one, second), rel=1e-7)


def test_no_direction_has_no_product_and_no_parameter_a_step() -> None:
    params, batch = MODEL.init(KEY, ROWS), Batch(ROWS, LABELS, KEY)
    zeros = map_leaves(np.zeros_like, params)
    still = training.hessian_vector_product(MODEL, ENTROPY, params, batch, zeros)
    assert bits(still) == bits(zeros)
    linear, zero = nn.linear(1), nn.Linear(np.zeros((3, 1)), np.zeros(1))
    ones = map_leaves(np.ones_like, zero)
    target = matrix([[1.0]] * 4)
    found = training.hessian_vector_product(linear, SQUARED, zero, Batch(ROWS, target, KEY), ones)
    inputs = np.hstack([ROWS, np.ones((4, 1))])
    expected = inputs.T @ inputs @ np.ones((4, 1)) / 2
    np.testing.assert_allclose(np.vstack([found.weight, found.bias[:, None]]), expected, 1e-9)


@attrs.frozen(eq=False)
class Temperature(nn.Node):
    """The only parameter of a layer of one's own: what the inputs are multiplied by."""

    value: Array


def test_leaves_without_axes_have_derivatives_without_axes() -> None:
    x, two = matrix([[1.0, 3.0]]), Temperature(read_only(np.array(2.0)))
    layer = nn.Layer[Temperature, nn.Matrix, nn.Matrix](
        lambda key, x: Temperature(np.full((), 2.0, x.dtype)),
        lambda params, x: x * params.value,
        lambda params, x, key: (
            x * params.value,
            lambda dy: (Temperature(np.asarray(np.sum(x * dy))), lambda: dy * params.value),
        ),
    )
    check_layer(layer, ROWS)
    twice = nn.value_and_grad(layers.repeated(layer, 2), SQUARED)
    value, slopes = twice(layers.Block(two), x, 0.0 * x, KEY)
    assert (value, slopes.inner.value.tolist()) == (80.0, 160.0)  # of 5 t⁴
    assert not slopes.inner.value.flags.writeable
    batch = Batch(x, 0.0 * x, KEY)
    product = training.hessian_vector_product(layer, SQUARED, two, batch, two)
    assert product.value.tolist() == pytest.approx(20.0)  # 10 times the direction
    for made in (map_leaves(np.negative, two), rebuild(two, (-two.value,))):
        assert type(made.value) is np.ndarray
