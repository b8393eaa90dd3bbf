"""The settings that trainers share: the rates that they give, and the parts of Fashion-MNIST."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from sample import sample

import image_parts
import spiral
from command_line import from_json, to_json
from image_parts import parted
from options import Decay, Precision
from purenn.arrays import FLOAT32, FLOAT64

SETTINGS = spiral.Settings(epochs=10, learning_rate=0.5, warm_up=0.0)


@pytest.mark.parametrize(
    ("schedule", "first", "middle", "last"),
    [
        ("constant", 0.5, 0.5, 0.5),
        ("cosine", 0.5, 0.25, 0.0),
        ("step", 0.5, 0.05, 0.005),
        ("exponential", 0.5, 0.05, 0.005),
    ],
)
def test_schedules_fall_as_the_help_says(
    schedule: Decay, first: float, middle: float, last: float
) -> None:
    rate = attrs.evolve(SETTINGS, schedule=schedule).rates(steps_per_epoch=600)
    assert rate(0) == first
    assert rate(3000) == pytest.approx(middle)
    assert rate(5999) == pytest.approx(last, rel=2e-3, abs=1e-6)


def test_the_rate_rises_evenly_to_its_height_and_falls_from_there() -> None:
    rate = attrs.evolve(SETTINGS, warm_up=2.0).rates(steps_per_epoch=10)
    assert [rate(step) for step in (0, 9, 19)] == [0.5 / 20, 0.25, 0.5]
    assert rate(20) == 0.5
    assert rate(60) == pytest.approx(0.25)


def test_a_warm_up_may_last_the_whole_run_or_a_fraction_of_an_epoch() -> None:
    whole = attrs.evolve(SETTINGS, warm_up=10.0).rates(steps_per_epoch=4)
    assert (whole(0), whole(39)) == (0.5 / 40, 0.5)
    fraction = attrs.evolve(SETTINGS, warm_up=0.5).rates(steps_per_epoch=4)
    assert (fraction(0), fraction(1)) == (0.25, 0.5)


@pytest.mark.parametrize(
    "settings", [spiral.Settings(), image_parts.Settings()], ids=["spiral", "images"]
)
def test_settings_survive_a_configuration(
    settings: spiral.Settings | image_parts.Settings,
) -> None:
    assert from_json(to_json(settings), type(settings), "here") == settings


def test_the_articles_split_parts_all_images_anew() -> None:
    parts = parted(sample(), image_parts.Settings())
    assert (len(parts.measured.train), len(parts.test)) == (2000, 500)
    assert not np.array_equal(parts.test_labels, sample().test_labels)
    assert parts.measured.watched_name == "training"


def test_the_official_split_leaves_the_images_where_they_are() -> None:
    parts = parted(sample(), image_parts.Settings(split="official"))
    np.testing.assert_array_equal(parts.test_images, sample().test_images)
    np.testing.assert_array_equal(parts.test_labels, sample().test_labels)


def test_validation_images_are_taken_from_the_training_images_alone() -> None:
    whole = parted(sample(), image_parts.Settings(split="official"))
    parts = parted(sample(), image_parts.Settings(split="official", validation=300))
    assert (len(parts.measured.train), len(parts.measured.watched)) == (1700, 300)
    assert parts.measured.watched_name == "validation"
    last = whole.measured.train.inputs.take(range(1700, 2000))
    np.testing.assert_array_equal(parts.measured.watched.inputs.take(range(300)), last)
    np.testing.assert_array_equal(parts.test_images, whole.test_images)


@pytest.mark.parametrize(("name", "dtype"), [("float32", FLOAT32), ("float64", FLOAT64)])
def test_images_come_in_the_dtype_that_is_asked_for(
    name: Precision, dtype: np.dtype[np.float32 | np.float64]
) -> None:
    parts = parted(sample(), image_parts.Settings(dtype=name))
    batch = parts.test.inputs.take(range(10))
    assert batch.dtype == dtype
    assert (batch.min(), batch.max()) == (0.0, 1.0)
