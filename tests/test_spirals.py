from __future__ import annotations

import numpy as np
import pytest
from hypothesis import strategies as st
from properties import given

from purenn import Key
from purenn.datasets import LegacyStream, article_spirals, spirals
from purenn.errors import OptionError


def published_spirals(state: np.random.RandomState) -> tuple[list[list[float]], list[float]]:
    """The article's points by its formula, arm by arm and axis by axis."""
    uniform = (state.rand(250), state.rand(250))
    noise = state.randn(500, 2)
    columns: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = []
    for axis, wave in enumerate((np.cos, np.sin)):
        arms = []
        for sign, u in zip((1, -1), uniform, strict=True):
            t = np.sqrt(u) * 4 * np.pi
            arms.append((2 * t + np.pi) * sign * wave(t))
        column = np.concatenate(arms) + 1.2 * noise[:, axis]
        columns.append(2 * (column - column.min()) / (column.max() - column.min()) - 1)
    return np.stack(columns, axis=1).tolist(), [0.0] * 250 + [1.0] * 250


def test_the_articles_points_are_the_published_formulas_to_the_last_bit() -> None:
    inputs, targets, _ = article_spirals(LegacyStream.seeded(1))
    points, labels = published_spirals(np.random.RandomState(1))
    assert inputs.shape == (500, 2)
    assert targets.shape == (500, 1)
    assert inputs.dtype == targets.dtype == np.float64
    assert inputs.tolist() == points
    assert targets[:, 0].tolist() == labels
    assert inputs.min(axis=0).tolist() == [-1.0, -1.0]
    assert inputs.max(axis=0).tolist() == [1.0, 1.0]
    assert not inputs.flags.writeable
    assert not targets.flags.writeable


def test_the_articles_stream_goes_on_where_the_points_end() -> None:
    *_, stream = article_spirals(LegacyStream.seeded(1))
    state = np.random.RandomState(1)
    state.rand(500)
    state.randn(1000)
    weights, stream = stream.normal((2, 128))
    order, _ = stream.permutation(56000)
    assert weights.tolist() == state.randn(2, 128).tolist()
    assert order.tolist() == state.permutation(56000).tolist()


def test_the_global_random_state_has_no_say_and_is_left_alone() -> None:
    np.random.seed(5)  # noqa: NPY002 (the state that must not matter)
    first, _, stream = article_spirals(LegacyStream.seeded(1))
    stream.normal((10,))
    untouched = np.random.random_sample(4).tolist()  # noqa: NPY002 (see above)
    assert untouched == np.random.RandomState(5).random_sample(4).tolist()
    again, _, _ = article_spirals(LegacyStream.seeded(1))
    assert again.tobytes() == first.tobytes()


def test_the_default_spirals_are_two_balanced_arms() -> None:
    inputs, labels = spirals(Key(0))
    assert inputs.shape == (500, 2)
    assert inputs.dtype == np.float32
    assert labels.dtype == np.int64
    assert labels.tolist() == [0] * 250 + [1] * 250
    assert np.abs(inputs).max() == 1.0
    assert not inputs.flags.writeable
    assert not labels.flags.writeable


@given(st.integers(0, 2**64), st.integers(1, 20), st.integers(2, 5))
def test_equal_keys_give_equal_spirals_and_others_do_not(
    seed: int, samples: int, arms: int
) -> None:
    inputs, labels = spirals(Key(seed), samples, arms)
    again, same = spirals(Key(seed), samples, arms)
    other, _ = spirals(Key(seed + 1), samples, arms)
    assert inputs.tobytes() == again.tobytes()
    assert labels.tolist() == same.tolist()
    assert inputs.tobytes() != other.tobytes()
    assert np.bincount(labels).tolist() == [samples] * arms


@given(st.integers(2, 6), st.floats(1e-300, 1000.0), st.floats(0.0, 1e6), st.sampled_from([1, 50]))
def test_points_fill_the_square_whatever_the_options(
    arms: int, turns: float, noise: float, samples: int
) -> None:
    inputs, _ = spirals(Key(1), samples, arms, turns, noise, np.dtype(np.float64))
    assert inputs.dtype == np.float64
    assert np.isfinite(inputs).all()
    assert np.abs(inputs).max() == 1.0


def test_without_noise_the_points_lie_on_their_arms() -> None:
    arms, turns = 3, 1.5
    inputs, labels = spirals(Key(2), 400, arms, turns, noise=0.0, dtype=np.float64)
    radius = np.hypot(inputs[:, 0], inputs[:, 1])
    outer = radius.max() / (2 * 2 * np.pi * turns * np.sqrt(largest_uniform(arms)) + np.pi)
    t = (radius / outer - np.pi) / 2
    angle = t + labels * 2 * np.pi / arms
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    assert np.allclose(points, inputs, atol=1e-9)


def largest_uniform(arms: int) -> float:
    positions, _ = Key(2).split(2)
    return float(positions.generator().random((arms, 400)).max())


def test_float32_is_the_rounding_of_float64() -> None:
    narrow, _ = spirals(Key(3))
    wide, _ = spirals(Key(3), dtype=np.float64)
    assert narrow.tobytes() == wide.astype(np.float32).tobytes()


@pytest.mark.parametrize(
    ("samples", "arms", "turns", "noise", "message"),
    [
        (0, 2, 2.0, 1.0, "samples_per_arm must be a whole number of at least 1 and is 0."),
        (5, 1, 2.0, 1.0, "arms must be at least 2, for one arm is one class, and is 1."),
        (5, -3, 2.0, 1.0, "arms must be a whole number of at least 1 and is -3."),
        (10**18, 2, 2.0, 1.0, "samples_per_arm times arms must be at most 100000000 and is 2000"),
        (5, 2, 0.0, 1.0, "turns must be above 0 and is 0.0."),
        (5, 2, 1001.0, 1.0, "turns must be at most 1000 and is 1001.0."),
        (5, 2, float("nan"), 1.0, "turns must be a finite number and is nan."),
        (5, 2, 2.0, -0.1, "noise must be at least 0 and is -0.1."),
        (5, 2, 2.0, 1e7, r"noise must be at most 1e\+06 and is 10000000.0."),
        (5, 2, 2.0, float("inf"), "noise must be a finite number and is inf."),
    ],
)
def test_options_that_make_no_sense_are_named(
    samples: int, arms: int, turns: float, noise: float, message: str
) -> None:
    with pytest.raises(OptionError, match=f"^{message}"):
        spirals(Key(0), samples, arms, turns, noise)


@pytest.mark.parametrize("name", ["float16", "int64", ">f4", "complex128"])
def test_other_dtypes_are_refused(name: str) -> None:
    dtype: np.dtype[np.float32] = np.dtype(name)
    with pytest.raises(OptionError, match=r"^dtype must be float32 or float64 and is dtype\('"):
        spirals(Key(0), dtype=dtype)
