from __future__ import annotations

import numpy as np
import pytest

from purenn.datasets import spirals
from purenn.keys import Key


def test_the_default_spirals_are_two_balanced_arms_of_float32() -> None:
    inputs, labels = spirals(Key(0))
    wide, _ = spirals(Key(0), dtype=np.float64)
    assert inputs.shape == (500, 2)
    assert labels.dtype == np.int64
    assert labels.tolist() == [0] * 250 + [1] * 250
    assert inputs.dtype == np.float32
    assert inputs.tobytes() == wide.astype(np.float32).tobytes()
    assert not any(array.flags.writeable for array in (inputs, labels))


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
