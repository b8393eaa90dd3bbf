"""What models and optimizers refuse as parameters, gradients and cotangents, and in which words."""

from __future__ import annotations

import numpy as np
import pytest
from refusals import refused

import purenn as nn
from purenn.arrays import Labels, Matrix

KEY = nn.Key(0)
X: Matrix = np.ones((2, 3), np.float32)
MODEL = nn.linear(4) >> nn.relu() >> nn.linear(2)
PARAMS, _ = MODEL.init(KEY, (3,))

# --- parameters of another model -----------------------------------------------------------------

OTHER, _ = (nn.linear(9) >> nn.relu() >> nn.linear(2)).init(KEY, (3,))
LONGER, _ = (MODEL >> nn.softmax()).init(KEY, (3,))
SWAPPED = (PARAMS[1], PARAMS[0], PARAMS[2])
TAKES = "linear(4) >> relu() >> linear(2) takes a tuple of 3 parameters, one for each layer, and"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            OTHER,
            "linear(4), layer 0 of the model, takes parameters of 4 outputs, and these have 9.",
        ),
        (SWAPPED, "takes Linear parameters, and an object of class Empty came."),
        (LONGER, f"{TAKES} 4 came. Make them with model.init."),
        (PARAMS[:2], f"{TAKES} 2 came. Make them with model.init."),
        ((), f"{TAKES} 0 came. Make them with model.init."),
        (PARAMS[0], f"{TAKES} an object of class Linear came. Make them with model.init."),
        ([*PARAMS], f"{TAKES} an object of class list came. Make them with model.init."),
        (None, f"{TAKES} an object of class NoneType came. Make them with model.init."),
    ],
)
def test_parameters_of_another_model_are_refused(
    params: tuple[nn.Linear, nn.Empty, nn.Linear], message: str
) -> None:
    with refused(nn.ParametersError, message):
        MODEL.apply(params, X)
    with refused(nn.ParametersError, message):
        MODEL.vjp(params, X, KEY)


@pytest.mark.parametrize("params", [(), (nn.EMPTY, nn.EMPTY)])
def test_a_model_of_one_layer_refuses_other_numbers_of_parameters(
    params: tuple[nn.Empty],
) -> None:
    model = nn.serial(nn.relu())
    takes = "serial(relu()) takes a tuple of 1 parameters, one for each layer, and"
    message = f"{takes} {len(params)} came. Make them with model.init."
    with refused(nn.ParametersError, message):
        model.apply(params, X)
    with refused(nn.ParametersError, message):
        model.vjp(params, X, KEY)


def test_a_nested_model_says_where_the_parameters_do_not_fit() -> None:
    nested = nn.relu() >> MODEL
    params = nn.EMPTY, OTHER
    with refused(
        nn.ParametersError,
        "linear(4), layer 1.0 of the model, takes parameters of 4 outputs, and these have 9.",
    ):
        nested.apply(params, X)


@pytest.mark.parametrize(
    ("weight", "bias", "error", "message"),
    [
        (
            np.ones((3, 2)),
            np.ones(3),
            nn.ShapeError,
            "takes a bias for each output of its weight, which is (3, 2), and the bias is (3,).",
        ),
        (
            np.ones((3, 2)),
            np.ones(1),
            nn.ShapeError,
            "takes a bias for each output of its weight, which is (3, 2), and the bias is (1,).",
        ),
        (
            np.ones((3, 2), np.float32),
            np.ones(2),
            nn.DtypeError,
            "Linear has a float32 weight and a float64 bias.",
        ),
        (
            np.ones(3),
            np.ones(3),
            nn.ShapeError,
            "A matrix of parameters takes an array of 2 axes and its input has the shape (3,).",
        ),
        (
            np.ones((3, 2)),
            np.ones((1, 2)),
            nn.ShapeError,
            "A vector of parameters takes an array of 1 axes and its input has the shape (1, 2).",
        ),
        (
            np.ones((3, 2), int),
            np.ones(2),
            nn.DtypeError,
            "is int64. Convert it with x.astype(np.float32).",
        ),
        (
            [[1.0]],
            np.ones(1),
            nn.DtypeError,
            "A matrix of parameters takes a plain NumPy array, and a list came.",
        ),
    ],
)
def test_weights_and_biases_that_do_not_belong_together_are_refused(
    weight: Matrix, bias: nn.Vector, error: type[nn.PurennError], message: str
) -> None:
    with refused(error, message):
        nn.Linear(weight, bias)


# --- optimizers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ((), "These parameters have no leaves: there is nothing to optimize."),
        (nn.EMPTY, "These parameters have no leaves: there is nothing to optimize."),
        ((np.ones(3, int),), "0 is int64: parameters are float32 or float64."),
        ((X, (X.astype(">f4"),)), "1.0 is >f4: parameters are float32 or float64."),
        (np.ones(3, np.float16), "the tree itself is float16: parameters are float32 or float64."),
        ([X], "Decorate the class with @attrs.frozen(eq=False)."),
    ],
)
def test_what_an_optimizer_cannot_optimize_is_refused(params: object, message: str) -> None:
    with refused(nn.TreeError, message):
        nn.sgd(0.1).init(params)


def test_gradients_of_another_model_are_refused_leaf_by_leaf() -> None:
    state = nn.sgd(0.1).init(PARAMS)
    with refused(
        nn.TreeError,
        "The gradients and the parameters do not match:\n"
        "  0.weight: expected float32 (3, 4), got float32 (3, 9)\n"
        "  0.bias: expected float32 (4,), got float32 (9,)\n"
        "  2.weight: expected float32 (4, 2), got float32 (9, 2)",
    ):
        nn.sgd(0.1).update(state, OTHER)
    with refused(nn.TreeError, "2.bias: expected float32 (2,), got float64 (2,)"):
        nn.sgd(0.1).update(state, nn.to_dtype(PARAMS, np.dtype(np.float64)))


def test_a_state_of_other_parameters_or_transforms_is_refused() -> None:
    grads = (X,)
    momentum = nn.momentum(0.9)
    for wrong in ((np.ones(2, np.float32),), (X, X), ()):
        state = momentum.init(wrong)
        shapes = [leaf.shape for leaf in wrong]
        with refused(
            nn.TreeError, f"The velocity has leaves {shapes}, and the gradients [(2, 3)]."
        ):
            momentum.update(state, grads, grads, 0)


# --- losses of one's own -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cotangent", "came"),
    [
        (np.ones((2, 3), np.float32), "float32 (2, 3)"),
        (np.ones(2, np.float32), "float32 (2,)"),
        (np.ones((2, 2)), "float64 (2, 2)"),
        (1.0, "an object of class float"),
        (None, "an object of class NoneType"),
    ],
)
def test_a_cotangent_that_is_not_like_the_prediction_is_refused(
    cotangent: Matrix, came: str
) -> None:
    def wrong(prediction: Matrix, target: Labels) -> tuple[float, Matrix]:
        return 0.0, cotangent

    labels: Labels = np.array([0, 1])
    with refused(
        nn.ShapeError,
        f"gives a cotangent like its prediction, which is float32 (2, 2), and {came} came.",
    ):
        nn.value_and_grad(MODEL, wrong)(PARAMS, X, labels, KEY)
