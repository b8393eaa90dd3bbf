"""What the trainers share: classifiers chosen at run time, rates, and the parts of their data."""

from __future__ import annotations

from io import StringIO

import attrs
import numpy as np
import pytest
from rich.console import Console
from sample import sample

import console
from fashion_mnist import parted
from purenn import Key, Labels, Linear, Matrix, runs, sgd
from purenn.arrays import FLOAT64
from purenn.layers import softmax
from purenn.tree import paths
from spiral import SpiralSettings, drawn
from trainer.images import ImageSettings
from trainer.models import Goal, classifier, objective

X: Matrix = Key(3).generator().standard_normal((5, 4))
LABELS: Labels = np.array([0, 1, 1, 1, 0])
SETTINGS = SpiralSettings(epochs=10, learning_rate=0.5, warm_up=0.0)


def test_leaves_and_expression_show_all_parts() -> None:
    model = classifier((6, 3), "tanh", 0.5, 2, softmax())
    layers = ("0.layers.0.inner.0", "0.layers.1.inner.0", "1")
    expected = [f"{layer}.{part}" for layer in layers for part in ("weight", "bias")]
    assert [*paths(model.init(Key(0), X))] == expected
    hidden = "stack(block(linear(6, weight=glorot_normal()) >> tanh() >> dropout(0.5)))"
    whole = f"{hidden} >> linear(2, weight=lecun_normal()) >> softmax()"
    assert repr(classifier((6,), "tanh", 0.5, 2, softmax())) == whole


def test_a_bar_shows_no_loss_before_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = StringIO()
    monkeypatch.setattr(
        console, "standard_output", lambda: Console(file=shown, force_terminal=True)
    )
    start = runs.Progress(sgd(0.1).init(Linear(X, X[0])), Key(0), "")
    assert console.follow(iter([]), start, steps=1, epochs=1) is start
    assert "nan" not in shown.getvalue()


def test_an_objective_takes_what_its_output_gives() -> None:
    names: list[Goal] = ["softmax-cross-entropy", "cross-entropy", "brier"]
    found: list[Matrix] = []
    for goal in map(objective, names):
        model = classifier((3,), "tanh", 0.0, 2, goal.output)
        prediction = model.apply(model.init(Key(0), X), X)
        assert goal.loss.mean(prediction, LABELS) > 0.0
        found.append(goal.probabilities(prediction))
    for probabilities in found:
        np.testing.assert_allclose(probabilities, found[0])
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)


def test_schedules_fall_as_the_help_says() -> None:
    expected = {
        SETTINGS: (0.5, 0.25, 0.0),
        attrs.evolve(SETTINGS, schedule="constant"): (0.5, 0.5, 0.5),
        attrs.evolve(SETTINGS, schedule="step"): (0.5, 0.05, 0.005),
        attrs.evolve(SETTINGS, schedule="exponential"): (0.5, 0.05, 0.005),
    }
    for settings, rates in expected.items():
        found = [settings.rates(steps_per_epoch=600)(step) for step in (0, 3000, 5999)]
        assert found == pytest.approx(rates, rel=2e-3, abs=1e-6)


def test_the_rate_rises_evenly_to_its_height_and_falls_from_there() -> None:
    rate = attrs.evolve(SETTINGS, warm_up=0.2).rates(steps_per_epoch=10)
    found = [rate(step) for step in (0, 9, 19, 20, 60)]
    assert found == pytest.approx([0.5 / 20, 0.25, 0.5, 0.5, 0.25])
    whole = attrs.evolve(SETTINGS, warm_up=1.0).rates(steps_per_epoch=4)
    assert (whole(0), whole(39)) == (0.5 / 40, 0.5)


def test_the_articles_split_parts_all_images_anew() -> None:
    parts = parted(sample(), ImageSettings())
    assert (len(parts.train), len(parts.test), parts.watched_name) == (2000, 500, "training")
    assert not np.array_equal(parts.test.targets.take(range(500)), sample().test_labels)


def test_validation_images_are_taken_from_the_training_images_alone() -> None:
    official = ImageSettings(split="official", dtype="float64")
    whole, parts = (parted(sample(), attrs.evolve(official, validation=n)) for n in (0, 300))
    assert (len(parts.train), len(parts.watched), parts.watched_name) == (1700, 300, "validation")
    last = whole.train.inputs.take(range(1700, 2000))
    assert last.dtype == FLOAT64
    np.testing.assert_array_equal(parts.watched.inputs.take(range(300)), last)
    np.testing.assert_array_equal(parts.test.targets.take(range(500)), sample().test_labels)


def test_points_are_parted_evenly_by_arms() -> None:
    points = drawn(SpiralSettings(samples_per_arm=20))
    for part in (points.train, points.watched, points.test):
        assert np.bincount(part.targets.take(range(40))).tolist() == [20, 20]
    train, watched = (part.inputs.take(range(40)) for part in (points.train, points.watched))
    assert not np.array_equal(train, watched)
