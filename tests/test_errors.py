"""What layers and models refuse as shapes and arrays, and in which words."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
from refusals import NO_FLOAT_ARRAYS, NO_FLOATS, refused

import purenn as nn
from purenn.arrays import Images, Matrix, Shape

KEY = nn.Key(0)
X: Matrix = np.ones((2, 3), np.float32)
MODEL = nn.linear(4) >> nn.relu() >> nn.linear(2)
PARAMS, _ = MODEL.init(KEY, (3,))

Activation = nn.Primitive[nn.Empty, Matrix, Matrix]

activations = pytest.mark.parametrize(
    "layer",
    [
        *[nn.relu(), nn.leaky_relu(), nn.sigmoid(), nn.tanh()],
        *[nn.softmax(), nn.log_softmax(), nn.identity()],
    ],
    ids=repr,
)


def test_all_errors_have_one_base_and_a_class_of_python() -> None:
    assert issubclass(nn.DtypeError, nn.PurennError)
    assert issubclass(nn.DtypeError, TypeError)
    for kind in (nn.ShapeError, nn.OptionError, nn.LabelError, nn.DataError, nn.TreeError):
        assert issubclass(kind, nn.PurennError)
        assert issubclass(kind, ValueError)
    assert issubclass(nn.ParametersError, nn.TreeError)


def test_errors_with_a_place_survive_copying() -> None:
    error = nn.ShapeError("relu()", "is wrong.").inside(2).inside(0)
    assert str(copy.copy(error)) == str(error) == "relu(), layer 0.2 of the model, is wrong."


# --- shapes of samples, when parameters are made -------------------------------------------------

NO_SHAPES = [3, (0,), (-3,), (3.0,), (True,), [3], ("3",), None]


@activations
def test_shapes_of_another_rank_are_refused(layer: Activation) -> None:
    takes = f"{layer} takes (features,) samples and its input is"
    for shape in ((), (28, 28), (28, 28, 1)):
        with refused(nn.ShapeError, f"{takes} {shape}. Put flatten() before it."):
            layer.init(KEY, shape)


@pytest.mark.parametrize("shape", NO_SHAPES, ids=repr)
def test_what_is_no_shape_is_refused(shape: Shape) -> None:
    takes = "takes as shape a tuple of whole numbers of at least 1, and"
    message = f"{takes} {shape!r} came."
    with refused(nn.ShapeError, f"linear(128) {message}"):
        nn.linear(128).init(KEY, shape)
    with refused(nn.ShapeError, f"flatten() {message}"):
        nn.flatten().init(KEY, shape)
    with refused(nn.ShapeError, f"relu(), layer 0 of the model, {message}"):
        nn.summary(nn.relu() >> nn.linear(1), shape)
    with refused(nn.ShapeError, f"zeros() {message}"):
        nn.zeros()(KEY, shape)


def test_the_layer_that_does_not_fit_is_named() -> None:
    advice = "takes (features,) samples and its input is (28, 28, 1). Put flatten() before it."
    with refused(nn.ShapeError, f"linear(128) {advice}"):
        nn.linear(128).init(KEY, (28, 28, 1))
    with refused(nn.ShapeError, f"linear(4), layer 0 of the model, {advice}"):
        MODEL.init(KEY, (28, 28, 1))
    flat = "its input is (784,). Leave it out if the samples are flat already."
    where = "flatten(), layer 0 of the model, takes (rows, columns, channels) samples and"
    with refused(nn.ShapeError, f"{where} {flat}"):
        (nn.flatten() >> nn.linear(3)).init(KEY, (784,))


def test_scaled_initializers_need_inputs_and_outputs() -> None:
    with refused(nn.ShapeError, "takes the shape (inputs, outputs), and (3,) came."):
        nn.glorot_normal()(KEY, (3,))
    model = nn.relu() >> nn.linear(2, bias=nn.he_uniform())
    with refused(
        nn.ShapeError, "layer 1 of the model, takes the shape (inputs, outputs), and (2,) came."
    ):
        model.init(KEY, (3,))


# --- arrays, when layers run ---------------------------------------------------------------------


def runs(layer: nn.Layer[nn.Empty, Matrix, Matrix], x: Matrix) -> list[Callable[[], object]]:
    return [lambda: layer.apply(nn.EMPTY, x), lambda: layer.vjp(nn.EMPTY, x, KEY)]


@activations
@pytest.mark.parametrize(("x", "problem"), NO_FLOAT_ARRAYS, ids=repr)
def test_what_is_no_plain_array_is_refused(layer: Activation, x: Matrix, problem: str) -> None:
    for run in runs(layer, x):
        with refused(nn.DtypeError, f"{layer} {problem}"):
            run()


@activations
@pytest.mark.parametrize(("x", "dtype"), NO_FLOATS, ids=str)
def test_what_holds_no_native_floats_is_refused(layer: Activation, x: Matrix, dtype: str) -> None:
    advice = "Convert it with x.astype(np.float32)."
    for run in runs(layer, x):
        with refused(
            nn.DtypeError, f"{layer} takes float32 or float64 and its input is {dtype}. {advice}"
        ):
            run()


@activations
@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 1), (2, 28, 28, 1)])
def test_arrays_of_another_rank_are_refused(layer: Activation, shape: tuple[int, int]) -> None:
    x: Matrix = np.ones(shape)
    for run in runs(layer, x):
        with refused(
            nn.ShapeError, f"takes an array of 2 axes and its input has the shape {shape}."
        ):
            run()


@pytest.mark.parametrize(("x", "problem"), NO_FLOAT_ARRAYS, ids=repr)
def test_linear_refuses_what_is_no_plain_array(x: Matrix, problem: str) -> None:
    with refused(nn.DtypeError, f"linear(4), layer 0 of the model, {problem}"):
        MODEL.apply(PARAMS, x)


@pytest.mark.parametrize(("x", "dtype"), [*NO_FLOATS, (np.ones((2, 3)), "float64")], ids=str)
def test_linear_refuses_what_is_not_of_the_dtype_of_its_parameters(x: Matrix, dtype: str) -> None:
    has = f"linear(4), layer 0 of the model, has float32 parameters and its input is {dtype}."
    advice = "Convert one of them, for example with x.astype(np.float32)."
    with refused(nn.DtypeError, f"{has} {advice}"):
        MODEL.vjp(PARAMS, x, KEY)


def test_linear_refuses_another_number_of_features_and_names_the_layer() -> None:
    wide: Matrix = np.ones((2, 5), np.float32)
    with refused(nn.ShapeError, "linear(4) takes 3 features and its input has 5."):
        nn.linear(4).apply(PARAMS[0], wide)
    with refused(
        nn.ShapeError, "linear(4), layer 0 of the model, takes 3 features and its input has 5."
    ):
        MODEL.apply(PARAMS, wide)
    nested = nn.identity() >> (nn.tanh() >> MODEL)
    with refused(
        nn.ShapeError, "linear(4), layer 1.1.0 of the model, takes 3 features and its input has 5."
    ):
        nested.apply((nn.EMPTY, (nn.EMPTY, PARAMS)), wide)


def test_flatten_refuses_what_are_no_images() -> None:
    images: Images = np.ones((2, 3), np.float32)
    with refused(
        nn.ShapeError, "flatten() takes an array of 4 axes and its input has the shape (2, 3)."
    ):
        nn.flatten().apply(nn.EMPTY, images)


@activations
def test_samples_without_features_are_refused(layer: Activation) -> None:
    none: Matrix = np.ones((2, 0))
    for run in runs(layer, none):
        with refused(
            nn.ShapeError, "takes at least one feature and its input has the shape (2, 0)."
        ):
            run()


@activations
def test_no_samples_give_no_predictions(layer: Activation) -> None:
    none: Matrix = np.ones((0, 3))
    for run in runs(layer, none):
        run()
    assert layer.apply(nn.EMPTY, none).shape == (0, 3)
