"""The estimators: what they fit, to which bits, and what they say about it."""

from __future__ import annotations

import copy
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from estimating import LABELS, NUMBERS, VALUES, X, classifier, regressor, same
from matplotlib.figure import Figure
from refusals import check_refusal, evaluate, items
from sklearn.base import clone
from threadpoolctl import threadpool_info, threadpool_limits

import purenn as nn
from purenn import blas, layers, losses
from purenn.arrays import Matrix
from purenn.estimators import Classifier, Regressor, _training

ROWS = (np.column_stack([LABELS == 0, X[:, 0] > 13.0])).astype(np.int64)
FEW = np.arange(0, len(X), 6)
KEY = nn.Key(0)


@pytest.mark.slow
def test_the_defaults_learn() -> None:
    part = np.arange(len(X)) % 3 > 0
    model = Classifier(random_state=0).fit(X[part], LABELS[part])
    assert model.score(X[~part], LABELS[~part]) > 0.93
    values = Regressor(random_state=0).fit(NUMBERS[:300], VALUES[:300])
    assert values.score(NUMBERS[300:], VALUES[300:]) > 0.4


def test_the_order_of_rows_changes_no_bit() -> None:
    order = KEY.generator().permutation(len(X))
    rounded = np.rint((X - X.mean(axis=0)) / X.std(axis=0))  # with zeros of both signs
    for x in (X, rounded):
        assert same(classifier().fit(x, LABELS), classifier().fit(x[order], LABELS[order]))
    assert not same(classifier().fit(X, LABELS), classifier(random_state=1).fit(X, LABELS))


def test_small_whole_weights_are_repeated_rows() -> None:
    for counts in (KEY.generator().integers(0, 4, len(X)), np.full(len(X), 2)):
        repeated = classifier().fit(X.repeat(counts, axis=0), LABELS.repeat(counts))
        assert same(classifier().fit(X, LABELS, counts), repeated)
    assert same(classifier().fit(X, LABELS, np.full(len(X), 0.3)), classifier().fit(X, LABELS))


def test_other_weights_are_factors_of_the_loss_and_class_weights_are_weights() -> None:
    factors = np.array([0.5, 1.0, 2.25])
    weighted = classifier().fit(X, LABELS, factors[LABELS])
    assert same(weighted, classifier(class_weight={0: 0.5, 1: 1.0, 2: 2.25}).fit(X, LABELS))
    assert not same(weighted, classifier().fit(X, LABELS))
    both = classifier(class_weight={0: 0.5}).fit(X, LABELS, (factors / [0.5, 1.0, 1.0])[LABELS])
    assert same(weighted, both)
    for amounts in (np.ones(len(LABELS)), factors[LABELS]):
        weights = dict(enumerate(amounts.sum() / (3 * np.bincount(LABELS, amounts))))
        balanced = classifier(class_weight="balanced").fit(X, LABELS, amounts)
        assert same(balanced, classifier(class_weight=weights).fit(X, LABELS, amounts))


@pytest.mark.parametrize("members", [1, 3])
def test_a_fit_is_params_of_a_layer_and_predictions_their_mean(members: int) -> None:
    model = classifier(members=members).fit(X, LABELS)
    x = model.columns_.transform(X)
    found = [
        layers.softmax().apply(nn.Empty(), nn.predict(model.model_, params, x))
        for params in model.params_
    ]
    probabilities = model.predict_proba(X)
    assert np.allclose(probabilities, np.mean(found, axis=0), atol=1e-6)
    assert np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
    assert (model.predict(X) == probabilities.argmax(axis=1)).all()
    assert len(model.params_) == members == len(np.unique(model.history_["member"]))


def test_uncertainty_is_the_deviation_of_the_members() -> None:
    for values in (VALUES, np.column_stack([VALUES, -2.0 * VALUES])):
        one, two = (regressor(members=count).fit(NUMBERS, values) for count in (1, 2))
        expected = np.abs(one.predict(NUMBERS) - two.predict(NUMBERS))  # the other is as far
        assert np.allclose(two.uncertainty(NUMBERS), expected)
    first, both = (classifier(members=count).fit(X, LABELS) for count in (1, 2))
    shift = np.abs(first.predict_proba(X) - both.predict_proba(X))
    assert np.allclose(both.uncertainty(X), shift, atol=1e-6)


@pytest.mark.slow
def test_the_number_of_processes_changes_no_bit() -> None:
    @nn.maker
    def own() -> nn.Loss[Matrix, nn.Labels]:  # which is pickled as those of scripts and notebooks
        return nn.softmax_cross_entropy(label_smoothing=0.2)

    one = classifier(members=3, loss=own()).fit(X, LABELS)
    assert same(one, classifier(members=3, loss=own(), n_jobs=2).fit(X, LABELS))
    first, second = [nn.tree.leaves(params)[1] for params in one.params_[:2]]
    assert not np.array_equal(first, second)


def test_a_small_net_and_one_of_several_have_one_thread_whatever_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used: set[int] = set()

    def watching(prediction: Matrix, target: nn.Labels) -> tuple[float, Matrix]:
        used.update(pool["num_threads"] for pool in threadpool_info())
        return nn.softmax_cross_entropy()(prediction, target)

    with threadpool_limits(2):
        classifier(loss=watching, epochs=1, portable=True).fit(X, LABELS).partial_fit(X, LABELS)
        monkeypatch.setattr(_training, "SMALL", 0)
        classifier(loss=watching, epochs=1, members=2).fit(X, LABELS)
    assert used == {1}


def test_any_thread_limits_the_threads_of_blas_and_gives_them_back() -> None:
    def now() -> list[int]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    def within() -> list[int]:
        with blas.one_thread():
            return now()

    with ThreadPoolExecutor(1) as other, threadpool_limits(2):  # set by this thread, and kept
        before = now()
        with blas.one_thread():
            assert set(other.submit(within).result()) == {1}
        assert set(other.submit(within).result()) == {1}
        assert now() == before


def test_the_best_epoch_is_kept_the_last_of_equals() -> None:
    model = classifier(validation=(X[::2], LABELS[::2]), epochs=12).fit(X[1::2], LABELS[1::2])
    errors = model.history_["validation_error"]
    assert 1.0 - model.score(X[::2], LABELS[::2]) == pytest.approx(errors.min(), abs=1e-7)
    longer = clone(model).set_params(optimizer=nn.adam(0.1))
    kept = longer.fit(X[1::2], LABELS[1::2]).history_["validation_error"]
    best = int(np.flatnonzero(kept == kept.min())[-1]) + 1
    shorter = clone(longer).set_params(epochs=best, validation=None)
    assert same(shorter.fit(X[1::2], LABELS[1::2]), longer)
    last = classifier(validation=None, optimizer=nn.adam(0.01)).fit(X, LABELS)
    assert np.isnan(last.history_["validation_loss"]).all()


def test_patience_ends_training() -> None:
    model = regressor(patience=3, epochs=200, optimizer=nn.adam(0.1)).fit(NUMBERS, VALUES)
    errors = model.history_["validation_error"]
    assert len(errors) == errors.argmin() + 1 + 3 < 200
    assert np.array_equal(errors, model.history_["validation_loss"])
    idle = classifier(epochs=40, patience=5).fit(np.zeros((50, 1)), np.arange(50) % 2)
    errors = idle.history_["validation_error"]  # which stays as it is
    assert len(errors) == errors.argmin() + 1 + 5 < 40


def test_a_regressor_measures_in_standardized_units_and_predicts_in_its_own() -> None:
    plain = regressor().fit(NUMBERS, VALUES)
    scaled = regressor().fit(NUMBERS, VALUES * 1e6 + 1e9)
    assert np.allclose(scaled.predict(NUMBERS), plain.predict(NUMBERS) * 1e6 + 1e9, rtol=1e-4)
    own = regressor(standardize_targets=False, loss=losses.poisson()).fit(NUMBERS, VALUES / 100)
    assert own.predict(NUMBERS).dtype == np.float64


def test_several_outputs() -> None:
    both = np.column_stack([VALUES, -2.0 * VALUES])
    model = regressor(epochs=64).fit(NUMBERS, both)
    assert model.predict(NUMBERS).shape == both.shape
    assert model.score(NUMBERS, both) > 0.4


def likely(inputs: int, outputs: int) -> object:
    return nn.linear(outputs) >> layers.sigmoid()


@pytest.mark.parametrize(("net", "most"), [((8,), 0.1), (likely, 0.5)])
def test_several_labels_have_errors_of_their_predictions(net: object, most: float) -> None:
    model = classifier(model=net, epochs=64, validation=(X, ROWS)).fit(X, ROWS)
    assert np.array_equal(model.predict(X), model.predict_proba(X) > 0.5)
    wrong = (model.predict(X) != ROWS).mean()
    assert model.history_["validation_error"].min() == pytest.approx(wrong, abs=1e-6)
    assert wrong < most


def log_cosh(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
    error: Matrix = prediction - target
    return float(np.mean(np.log(np.cosh(error)))), np.tanh(error) / error.size


def own_net(inputs: int, outputs: int) -> object:
    return nn.linear(16) >> nn.relu() >> nn.dropout(0.2) >> nn.linear(outputs)


def test_models_losses_and_optimizers_of_ones_own() -> None:
    clipped = nn.descend(nn.clip_by_global_norm(1.0) >> nn.momentum(0.9), rate=0.05)
    model = regressor(model=own_net, loss=log_cosh, optimizer=clipped, epochs=40)
    model.fit(NUMBERS, VALUES)
    assert model.score(NUMBERS, VALUES) > 0.4
    assert len(model.model_) == 4
    first, same_one = (
        regressor(model=own_net, optimizer=optimizer, epochs=2).fit(NUMBERS, VALUES)
        for optimizer in (None, nn.adam(0.001))
    )
    assert same(first, same_one)
    steps: list[int] = []

    def counted(count: int) -> object:
        steps.append(count)
        return nn.descend(nn.momentum(0.9), nn.schedules.cosine(0.1, count))

    sizes: list[int] = []

    def watched(prediction: Matrix, target: Matrix) -> tuple[float, Matrix]:
        sizes.append(len(target))
        return log_cosh(prediction, target)

    options = {"optimizer": counted, "loss": watched, "batch_size": 100, "epochs": 4}
    regressor(**options).fit(NUMBERS, VALUES)
    assert (steps, sizes) == ([12], [100, 100, 100, 88, 88] * 4)  # without 54 of 354 rows


def probable(inputs: int, outputs: int) -> object:
    return nn.linear(outputs) >> layers.softmax()


def in_disguise(inputs: int, outputs: int) -> object:
    return nn.linear(outputs) >> layers.softmax() >> layers.identity()


def wrapped(inputs: int, outputs: int) -> object:
    return layers.block(layers.lsuv(nn.linear(outputs) >> layers.softmax()))


BRIER = losses.summed(losses.brier())


@pytest.mark.parametrize("net", [probable, in_disguise, wrapped])
def test_probabilities_of_a_net_that_gives_them(net: object) -> None:
    default, entropy, model = (
        classifier(model=net, loss=loss).fit(X, LABELS)
        for loss in (None, losses.cross_entropy(), BRIER)
    )
    assert same(default, entropy) or net is in_disguise  # which the loss alone tells
    raw = nn.predict(model.model_, model.params_[0], model.columns_.transform(X))
    np.testing.assert_allclose(model.predict_proba(X), raw, rtol=1e-5)


@pytest.mark.parametrize("members", [1, 2])
def test_input_gradients_are_those_of_predictions(members: int) -> None:
    table = X[FEW].copy()
    table[0, 0] = np.nan
    slopes = classifier(members=members).fit(table, LABELS[FEW]).input_gradients(table)
    assert slopes.shape == (len(table), 3, table.shape[1])
    assert np.isnan(slopes[0, :, 0]).all()
    assert np.isfinite(slopes[1:]).all()
    values = regressor(members=members).fit(NUMBERS, VALUES)
    found = values.input_gradients(NUMBERS)
    for column in range(NUMBERS.shape[1]):
        ahead, behind = NUMBERS.copy(), NUMBERS.copy()
        ahead[:, column] += 1e-6
        behind[:, column] -= 1e-6
        numeric = (values.predict(ahead) - values.predict(behind)) / 2e-6
        assert np.allclose(found[:, column], numeric, rtol=0.2, atol=np.abs(found).max() / 20)


def test_partial_fit_learns_and_goes_on_from_a_fit() -> None:
    model = classifier()
    for _ in range(60):
        model.partial_fit(X, LABELS, classes=[0, 1, 2, 7])
    assert model.score(X, LABELS) > 0.9
    assert model.predict_proba(X).shape == (len(X), 4)
    assert len(model.history_["loss"]) == 60
    fitted = classifier().fit(X, LABELS)
    before = fitted.score(X, LABELS)
    more = copy.deepcopy(fitted)
    for _ in range(20):
        more.partial_fit(X, LABELS)
    assert more.score(X, LABELS) >= before
    assert len(more.history_["loss"]) == 28
    again = pickle.loads(pickle.dumps(more)).partial_fit(X[:1], LABELS[:1])  # noqa: S301
    assert same(again, more.partial_fit(X[:1], LABELS[:1]))
    assert regressor().partial_fit(NUMBERS, VALUES).predict(NUMBERS).shape == VALUES.shape
    assert classifier().partial_fit(X, ROWS).predict(X).shape == ROWS.shape


def test_history_is_a_table_and_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    model = classifier(members=2, verbose=np.True_).fit(X, LABELS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 16
    assert lines[8].startswith("member 1, epoch 1: loss ")
    assert {column.shape for column in model.history_.values()} == {(16,)}
    axes = model.plot_history(Figure().subplots())
    assert [np.shape(line.get_xdata()) for line in axes.lines] == [(8,)] * 4
    model.partial_fit(X, LABELS)
    assert capsys.readouterr().out.splitlines()[1].startswith("member 1, epoch 9: loss ")
    assert axes.get_legend_handles_labels()[1] == ["loss", "validation loss"]
    axes = classifier(validation=None).fit(X, LABELS).plot_history(Figure().subplots())
    assert axes.get_legend_handles_labels()[1] == ["loss"]
    point = classifier(epochs=1).fit(X, LABELS).plot_history(Figure().subplots())
    assert {line.get_marker() for line in axes.lines} == {"None"}
    assert {line.get_marker() for line in point.lines} == {"o"}


def test_pictures_of_a_history_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    model = classifier(epochs=1).fit(X, LABELS)
    with pytest.raises(ImportError, match=r"matplotlib: in a clone.*pip install '\.\[scripts\]'\."):
        model.plot_history()


# What is asked of tables that are small, odd or wide; scikit-learn's checks try others.


def test_odd_tables_have_finite_predictions() -> None:
    constant = np.column_stack([np.ones(30), X[:30, 0]])
    assert np.isfinite(regressor().fit(constant, VALUES[:30]).predict(constant)).all()
    rare = np.where(np.arange(40) == 7, 5, LABELS[:40])
    assert classifier().fit(X[:40], rare).predict_proba(X).shape == (len(X), len(np.unique(rare)))
    assert np.isfinite(regressor().fit(NUMBERS[:2], VALUES[:2]).predict(NUMBERS)).all()
    assert np.allclose(regressor().fit(NUMBERS, np.full(len(VALUES), 3.5)).predict(NUMBERS), 3.5)
    words = np.array([["a", 1.0], ["b", 2.0], ["c", np.nan]] * 5, object)
    seen = classifier().fit(words, [0, 1, 1] * 5)
    for table in (np.array([["new", 1.5]], object), [["new", 1.5]]):
        assert np.isfinite(seen.predict_proba(table)).all()


def test_fifty_thousand_columns() -> None:
    wide = KEY.generator().standard_normal((12, 50_000))
    model = classifier(model=(2,), epochs=1).fit(wide, np.arange(12) % 2)
    assert model.predict(wide).shape == (12,)


@pytest.mark.parametrize("line", items("estimator_refusals.txt"))
def test_wrong_calls_get_these_errors(line: str) -> None:
    check_refusal(line, globals())


INFINITE = np.where(np.arange(X.size).reshape(X.shape) == 5, np.inf, X)
WORDS = {
    "classifier().fit(X, LABELS, np.zeros(len(X)))": "at least one non-zero",
    "classifier().fit(X, LABELS[:5])": "inconsistent numbers of samples",
    "classifier().fit(X, LABELS, -np.ones(len(X)))": "Negative values",
    "classifier().fit(X, LABELS, np.ones(3))": "sample_weight.shape",
    "classifier().fit(X, LABELS).predict(X[:0])": "0 sample",
    "classifier().history_": "not fitted yet",
    "classifier().input_gradients(X)": "not fitted yet",
}


@pytest.mark.parametrize("call", WORDS)
def test_wrong_tables_get_the_words_of_scikit_learn(call: str) -> None:
    with pytest.raises(ValueError, match=WORDS[call]):
        evaluate(call, globals())
