"""The estimators among scikit-learn's own tools: its checks, pipelines, searches and callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pytest
from estimating import LABELS, X, classifier, regressor
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import purenn as nn
from purenn.estimators import Classifier, Regressor

if TYPE_CHECKING:
    from sklearn.callback import CallbackContext

NAMES = np.array(["barolo", "grignolino", "barbera"])[LABELS]
QUICK = classifier(epochs=6)


# The default net and its 256 epochs would only take longer. What the checks warn of is meant.
# Before 1.9 some of scikit-learn's checks come twice, so numbers tell them apart.
CHECKS = [
    pytest.param(estimator, check, id=f"{type(estimator).__name__}-{number}-{check.func.__name__}")
    for each in (Classifier((32,), epochs=64), Regressor((32,), epochs=64))
    for number, (estimator, check) in enumerate(estimator_checks_generator(each))
]


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize(("estimator", "check"), CHECKS)
def test_the_contract(estimator: object, check: Callable[[object], None]) -> None:
    check(estimator)


def test_pipelines_and_scores() -> None:
    pipeline = make_pipeline(StandardScaler(), QUICK).set_output(transform="pandas")
    assert pipeline.fit(X, NAMES).score(X, NAMES) > 0.5
    assert {*pipeline.predict(X)} <= {*NAMES}
    assert cross_val_score(QUICK, X, NAMES, cv=2).shape == (2,)
    rows = (X[:, :2] > np.median(X[:, :2], axis=0)).astype(int)
    search = GridSearchCV(QUICK, {"epochs": [2]}, scoring="roc_auc", cv=2, error_score="raise")
    assert search.fit(X, rows).best_params_ == {"epochs": 2}
    calibrated = CalibratedClassifierCV(QUICK, cv=2).fit(X, NAMES)
    assert np.allclose(calibrated.predict_proba(X).sum(axis=1), 1.0)


@pytest.mark.slow
def test_a_search_in_processes() -> None:
    optimizers = [nn.adam(1e-9), nn.adam(0.03)]
    search = GridSearchCV(QUICK, {"optimizer": optimizers, "epochs": [12]}, n_jobs=2, cv=3)
    assert search.fit(X, LABELS).best_params_["optimizer"] == optimizers[1]


def test_sample_weights_are_routed() -> None:
    with config_context(enable_metadata_routing=True):
        model = clone(QUICK).set_fit_request(sample_weight=True)
        model.set_score_request(sample_weight=False)
        weights = {"sample_weight": np.where(LABELS == 0, 1.0, 0.0)}
        heavy = cross_val_score(model, X, LABELS, params=weights, cv=3)
    assert heavy.mean() == pytest.approx(np.mean(LABELS == 0), abs=0.05)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames(library: str) -> None:
    frames = pytest.importorskip(library)
    columns = {f"c{place}": column for place, column in enumerate(X.T)}
    frame, names = frames.DataFrame(columns), frames.Series(NAMES.tolist())
    model = clone(QUICK).fit(frame, names)
    assert model.feature_names_in_.tolist() == list(columns)
    assert np.array_equal(model.classes_, np.unique(NAMES))
    assert np.array_equal(model.predict_proba(frame), clone(QUICK).fit(X, NAMES).predict_proba(X))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[list(columns)[::-1]])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)
    words = frames.DataFrame({"word": ["a", None, "b"] * 10, "number": [1.0, 2.0, None] * 10})
    mixed = clone(QUICK).fit(words, [0, 1, 1] * 10, [1, 2, 3] * 10)
    new = frames.DataFrame({"word": ["c"], "number": [1.5]})
    assert np.isfinite(mixed.predict_proba(new)).all()
    assert np.isnan(mixed.input_gradients(new)[:, :, 0]).all()
    held = clone(QUICK).set_params(validation=(frame, names)).fit(frame, names)
    assert held.score(frame, names) == pytest.approx(
        1.0 - held.history_["validation_error"].min(), abs=1e-6
    )


class Recorder:
    """A callback that notes what it is told, and wants to stop each net after three epochs."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.scores: list[float] = []

    def setup(self, estimator: object, context: CallbackContext) -> None:
        self.told.append("setup")

    def teardown(self, estimator: object, context: CallbackContext) -> None:
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator: object, context: CallbackContext) -> None:
        self.told.append(context.task_name)

    def on_fit_task_end(
        self,
        estimator: object,
        context: CallbackContext,
        *,
        X: object,
        y: object,
        fitted_estimator: Classifier | Regressor | None,
    ) -> bool:
        if fitted_estimator is None:
            self.told.append(f"end of {context.task_name}")
            return False
        self.scores.append(fitted_estimator.score(X, y))
        return context.task_id == 2


@pytest.mark.parametrize("model", [QUICK, regressor(epochs=6)])
def test_callbacks(model: Classifier | Regressor) -> None:
    pytest.importorskip("sklearn.callback")  # from scikit-learn 1.9 on
    recorder = Recorder()
    two = clone(model).set_params(members=2).set_callbacks(recorder)
    two.fit(X, LABELS)
    ends = [*["end of member"] * 2, "end of fit", "teardown"]
    assert recorder.told == ["setup", "fit", *["member"] * 2, *["epoch"] * 6, *ends]
    assert len(recorder.scores) == 6
    assert len(two.history_["epoch"]) == 6
