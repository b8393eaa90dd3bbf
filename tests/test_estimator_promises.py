"""What users of estimators rely on, beyond scikit-learn's own checks."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from io import StringIO

import numpy as np
import pytest
from contracts import S
from estimating import LABELS, NUMBERS, VALUES, X, classifier, regressor, same
from threadpoolctl import threadpool_info

import purenn as nn
from purenn.errors import DataError, DivergenceError, OptionError
from purenn.estimators import Classifier, Regressor
from purenn.estimators._links import error_rate


class Interrupting(StringIO):
    """Ctrl-C while a line is printed."""

    def write(self, text: str, /) -> int:
        raise KeyboardInterrupt


def test_averages_are_what_predicts() -> None:
    def fit(optimizer: nn.Optimizer[S]) -> Classifier:
        return classifier(validation=None, optimizer=optimizer).fit(X, LABELS)

    plain, slow = nn.adam(0.01), nn.optimizers.averaged(nn.adam(0.01), 0.99)
    assert not same(fit(plain), fit(slow))
    assert same(fit(nn.optimizers.skip_nonfinite(slow, 3)), fit(slow))
    for model in (fit(slow), fit(slow).partial_fit(X, LABELS)):
        raw = nn.predict(model.model_, model.params_[0], model.columns_.transform(X))
        assert np.array_equal(raw.argmax(1), model.predict(X))


def test_a_regressor_predicts_the_mean_that_its_loss_stands_for() -> None:
    draw = np.random.default_rng(0)
    x = draw.standard_normal((500, 2))
    y = draw.poisson(np.exp(1.0 + 0.5 * x[:, 0])).astype(float)
    loss = nn.losses.summed(nn.losses.poisson())
    model = regressor(loss=loss, standardize_targets=False, epochs=64)
    assert model.fit(x, y).predict(x).mean() == pytest.approx(y.mean(), rel=0.1)
    step = np.array([[1e-3, 0.0]])
    slope = (model.predict(x[:1] + step) - model.predict(x[:1] - step)) / 2e-3
    assert model.input_gradients(x[:1])[0, 0] == pytest.approx(slope[0], rel=1e-3)


@pytest.mark.parametrize(
    "loss",
    [nn.softmax_cross_entropy(), nn.losses.softmax_focal(), nn.losses.kullback_leibler()],
    ids=repr,
)
def test_a_regressor_predicts_probabilities_of_classes(loss: nn.Loss[nn.Matrix, nn.Matrix]) -> None:
    shares = 0.1 + 0.7 * np.eye(3)[LABELS]
    found = regressor(loss=loss, standardize_targets=False).fit(X, shares).predict(X)
    assert np.allclose(found.sum(axis=1), 1.0)


@pytest.mark.parametrize("members", [1, 2])
def test_predictions_can_be_written_in(members: int) -> None:
    kinds = classifier(members=members).fit(X, LABELS)
    values = regressor(members=members).fit(NUMBERS, VALUES)
    of_values = values.predict(NUMBERS), values.input_gradients(NUMBERS)
    of_kinds = kinds.predict(X), kinds.predict_proba(X), kinds.input_gradients(X)
    for found in (*of_kinds, *of_values):
        found[found == found[0]] = 0


@pytest.mark.parametrize("portable", [False, True])
def test_nothing_vanishes_or_overflows(portable: bool) -> None:
    small = NUMBERS.copy()
    small[:200, 0], small[200, 0], small[201, 0] = 0.0, 1e-50, 5e-324
    with np.errstate(all="raise"):
        assert classifier(portable=portable).fit(X, LABELS).score(X, LABELS) > 0.5
        (nn.linear(8) >> nn.layers.gelu() >> nn.linear(1)).init(nn.Key(0), 1e4 * NUMBERS)
        tiny = 1e-200 * X
        assert np.isfinite(classifier().fit(tiny, LABELS).input_gradients(tiny)).all()
        assert np.isfinite(regressor(portable=portable).fit(small, VALUES).predict(small)).all()
        nn.data.standardization(small)
        values = regressor(portable=portable, standardize_targets=False)
        weights = np.where(small[:, 0] > 0.0, 1e-60, 1.0)
        assert np.isfinite(values.fit(small, small[:, 0], weights).predict(small)).all()
        assert regressor(portable=portable).fit(NUMBERS, VALUES).score(NUMBERS, VALUES) > 0.0


def test_weights_count_in_the_scale_of_targets() -> None:
    draw = np.random.default_rng(0)
    x, odd = draw.standard_normal((400, 2)), np.arange(400) % 2 == 1
    y = x[:, 0] + 1e4 * odd
    model = regressor(model=(32,), epochs=64)
    model.fit(x, y, np.where(odd, 1e-9, 1.0))
    assert model.score(x[~odd], y[~odd]) > 0.9
    assert np.ptp(model.fit(x, y * 1e-200, np.where(odd, 0.5, 1.5)).predict(x)) > 0.0
    constant = model.fit(x, np.full(400, 3.3), np.where(odd, 0.3, 1.0))
    assert np.allclose(constant.predict(x), 3.3, atol=0.5)


def test_weights_count_from_call_to_call() -> None:
    def fit(weights: dict[object, float] | None, scale: float = 1.0) -> Classifier:
        model = classifier(class_weight=weights)
        for kind in (0, 1, 2):
            rows = np.flatnonzero(np.equal(LABELS, kind))
            model.partial_fit(X[rows], LABELS[rows], [0, 1, 2], np.full(len(rows), scale))
        return model

    assert not same(fit(None), fit({0: 100.0, 1: 1.0, 2: 0.01}))
    assert same(fit({0: 4.0, 1: 1.0, 2: 0.25}), fit({0: 4.0, 1: 1.0, 2: 0.25}, 2.0**-20))


def test_whole_weights_are_factors_in_partial_fit() -> None:
    amounts = 1.0 + np.arange(len(NUMBERS)) % 3

    def begun(scale: float) -> Regressor:
        model = regressor().partial_fit(NUMBERS, VALUES, scale * amounts)
        return model.partial_fit(NUMBERS[:5], VALUES[:5], scale * amounts[:5])

    assert same(begun(2.0), begun(2.0**-20))
    assert np.isclose(regressor().fit(NUMBERS, VALUES, amounts)._unit, amounts.mean())


def test_a_fit_that_fails_leaves_nothing_to_predict_with() -> None:
    model = regressor().fit(NUMBERS, VALUES)
    with pytest.raises(ValueError, match="validation"):
        model.set_params(validation=1.0).fit(NUMBERS, VALUES)
    with pytest.raises(ValueError, match="not fitted yet"):
        model.predict(NUMBERS)


def test_partial_fit_leaves_copies_alone() -> None:
    first = classifier().partial_fit(X, LABELS, classes=[0, 1, 2])
    copy.copy(first).partial_fit(X, LABELS)
    assert len(first.history_["loss"]) == 1


def test_pickles_hold_parameters_once_and_those_that_were_served_in_float32_predict() -> None:
    model = classifier().fit(X, LABELS)
    state = model.__getstate__()
    assert "_serving" not in state
    again = classifier()
    again.__setstate__(state | {"_serving": model.params_})
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))


def test_parameters_that_are_set_predict_and_are_trained_on() -> None:
    model, other = classifier().fit(X, LABELS), classifier(random_state=5).fit(X, LABELS)
    trained = copy.copy(model).partial_fit(X, LABELS)
    mine, model.params_ = model.params_, nn.tree.to_dtype(other.params_, np.float64)
    assert np.array_equal(model.predict_proba(X), other.predict_proba(X))
    model.partial_fit(X, LABELS).params_ = mine
    found = model.partial_fit(X, LABELS).predict_proba(X)
    assert found == pytest.approx(trained.predict_proba(X), abs=1e-3)
    model.params_ = (*mine, *mine)
    with pytest.raises(OptionError, match="members: expected 2"):
        model.partial_fit(X, LABELS)


def test_columns_of_which_nothing_or_something_strange_is_known() -> None:
    labels, pd = [0, 1] * 10, pytest.importorskip("pandas")
    with pytest.raises(DataError, match="a column that is not all missing"):
        classifier().fit(pd.DataFrame({"a": pd.Categorical([None] * 20)}), labels)
    texts = pd.DataFrame({"a": pd.array([None] * 20, "string"), "b": range(20)})
    assert len(classifier(epochs=2).fit(texts, labels).predict(texts.assign(a="x"))) == 20
    mixed = [["a", np.True_], ["b", np.False_]] * 10
    assert len(classifier(epochs=2).fit(mixed, labels).classes_) == 2


def test_threads_of_blas_come_back() -> None:
    before = [pool["num_threads"] for pool in threadpool_info()]
    with pytest.raises(KeyboardInterrupt), redirect_stdout(Interrupting()):
        classifier().set_params(verbose=True).fit(X, LABELS)
    with redirect_stdout(None):  # as where it is closed
        classifier(epochs=1).set_params(verbose=True).fit(X, LABELS)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda epochs: classifier(epochs=epochs).fit(X, LABELS), (4, 8, 2, 6)))
    assert [pool["num_threads"] for pool in threadpool_info()] == before


def test_an_error_that_is_no_number_is_no_best_epoch() -> None:
    seen: list[float] = []

    def loss(prediction: nn.Matrix, target: nn.Matrix) -> tuple[float, nn.Matrix]:
        value, slope = nn.mean_squared_error()(prediction, target)
        is_held = len(target) == 42
        seen.extend([value] if is_held else [])
        return np.nan if is_held and len(seen) > 8 else value, slope

    held, y = NUMBERS[:42], VALUES[:42]
    model = regressor(loss=loss, epochs=7, random_state=1, validation=(held, y))
    model.fit(NUMBERS[42:], VALUES[42:])
    errors = model.history_["validation_error"]
    assert np.isnan(errors[-1])
    kept = np.square((model.predict(held) - y) / VALUES[42:].std()).mean()
    assert kept == pytest.approx(np.nanmin(errors), rel=1e-3)


@pytest.mark.parametrize("labels", [LABELS, np.eye(3)[LABELS]], ids=["one", "several"])
def test_there_are_no_labels_of_what_is_no_number(labels: nn.Matrix | nn.Labels) -> None:
    assert np.isnan(error_rate().mean(np.full((len(X), 3), np.nan), labels))
    model = classifier(epochs=1, validation=None).fit(X, labels)
    model.params_ = (nn.map_leaves(lambda leaf: leaf * np.nan, model.params_[0]),)
    with pytest.raises(DivergenceError, match="got NaN as probabilities"):
        model.predict(X)
