from __future__ import annotations

import numpy as np
import pytest

from purenn.datasets import spirals
from purenn.errors import OptionError
from purenn.keys import Key


def test_the_default_spirals_are_two_balanced_arms() -> None:
    inputs, labels = spirals(Key(0))
    assert inputs.shape == (500, 2)
    assert (inputs.dtype.name, labels.dtype.name) == ("float32", "int64")
    assert labels.tolist() == [0] * 250 + [1] * 250
    assert np.abs(inputs).max() == 1.0
    assert not any(array.flags.writeable for array in (inputs, labels))


def test_equal_keys_give_equal_spirals_and_others_do_not() -> None:
    inputs, labels = spirals(Key(7), 20, 5)
    assert inputs.tobytes() == spirals(Key(7), 20, 5)[0].tobytes()
    assert inputs.tobytes() != spirals(Key(8), 20, 5)[0].tobytes()
    assert np.bincount(labels).tolist() == [20] * 5


@pytest.mark.parametrize("turns", [1e-300, 0.5, 1000.0])
@pytest.mark.parametrize("noise", [0.0, 1e6])
def test_points_fill_the_square_whatever_the_options(turns: float, noise: float) -> None:
    inputs, _ = spirals(Key(1), 3, 6, turns, noise, np.dtype(np.float64))
    assert inputs.dtype == np.float64
    assert np.isfinite(inputs).all()
    assert np.abs(inputs).max() == 1.0


@pytest.mark.parametrize("noise", [0.0, 1.2])
def test_the_points_lie_around_their_arms(noise: float) -> None:
    key, turns = Key(2), 1.5
    inputs, labels = spirals(key, 400, 3, turns, noise, np.float64)
    t = 2 * np.pi * turns * np.sqrt(key.child("positions").generator().random(1200))
    angle, radius = t + labels * 2 * np.pi / 3, 2 * t + np.pi
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    points += noise * key.child("noise").generator().standard_normal((1200, 2))
    assert np.allclose(inputs, points / np.abs(points).max(), rtol=0, atol=1e-12)


def test_float32_is_the_rounding_of_float64() -> None:
    narrow, _ = spirals(Key(3))
    wide, _ = spirals(Key(3), dtype=np.float64)
    assert narrow.tobytes() == wide.astype(np.float32).tobytes()


@pytest.mark.parametrize(
    ("samples", "arms", "turns", "noise", "message"),
    [
        (10**8, 2, 2.0, 1.0, "samples_per_arm: expected an integer from 1 to 50000000, got 1000"),
        (5, 1, 2.0, 1.0, "arms: expected an integer from 2 to 100000000, got 1."),
        (5, 2, 0.0, 1.0, "turns: expected a finite number > 0 and ≤ 1000, got 0.0."),
        (5, 2, 2.0, 1e7, r"noise: expected a finite number ≥ 0 and ≤ 1e\+06, got 10000000.0."),
    ],
)
def test_options_out_of_range_are_named(
    samples: int, arms: int, turns: float, noise: float, message: str
) -> None:
    with pytest.raises(OptionError, match=f"^{message}"):
        spirals(Key(0), samples, arms, turns, noise)


def test_other_dtypes_and_seeds_are_refused() -> None:
    swapped: np.dtype[np.float32] = np.dtype(">f4")
    with pytest.raises(OptionError, match=r"^dtype: expected float32 or float64, got dtype\('>f4"):
        spirals(Key(0), dtype=swapped)
    seed: Key = np.array([3])[0].item()
    with pytest.raises(OptionError, match=r"^key: expected a Key, got 3\. Make one with Key\(0\)"):
        spirals(seed)
