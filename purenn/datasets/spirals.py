"""Spirals: interleaved arms that no straight line parts.

Radius and angle grow together: at parameter t the radius is 2 t + pi, in units in which
neighbouring turns of one arm are 4 pi apart. Points are spread evenly over the area (t is the
square root of a uniform number, scaled), and noise is added in the same units.
"""

from __future__ import annotations

import math

import numpy as np

from purenn import checks
from purenn.arrays import FLOATS, Float, FloatDtype, Indices, Matrix, seal
from purenn.datasets.legacy import Array64, LegacyStream
from purenn.errors import OptionError
from purenn.keys import Key

Matrix64 = np.ndarray[tuple[int, int], np.dtype[np.float64]]

MOST_POINTS = 10**8
MOST_TURNS = 1000.0
MOST_NOISE = 1e6


def article_spirals(stream: LegacyStream) -> tuple[Matrix64, Matrix64, LegacyStream]:
    """The two spirals of the article, from NumPy's legacy stream, to the last bit.

    Draws 250 uniform numbers for each arm, then the noise of all points: `randn(500, 2)`. The
    article starts with `LegacyStream.seeded(1)` and goes on drawing from the stream.

    Args:
        stream: where to draw from.

    Returns:
        The points, (500, 2), each axis mapped from its own range to [-1, 1]; the targets, (500, 1),
        250 zeros and 250 ones; and the stream after all draws. Both arrays are float64.
    """
    first, stream = stream.uniform((250,))
    second, stream = stream.uniform((250,))
    noise, stream = stream.normal((500, 2))
    arms = [_article_arm(first, 1.0), _article_arm(second, -1.0)]
    points: Matrix64 = np.concatenate(arms) + 1.2 * noise
    low, high = points.min(axis=0), points.max(axis=0)
    inputs: Matrix64 = 2 * (points - low) / (high - low) - 1
    targets: Matrix64 = np.repeat([[0.0], [1.0]], 250, axis=0)
    return seal(inputs), seal(targets), stream


def spirals(
    key: Key,
    samples_per_arm: int = 250,
    arms: int = 2,
    turns: float = 2.0,
    noise: float = 1.2,
    dtype: FloatDtype | type[Float] = np.float32,
) -> tuple[Matrix, Indices]:
    """Spirals whose arms are the classes, one after the other.

    Args:
        key: all numbers come from it; equal keys give equal points.
        samples_per_arm: how many points each arm has, at least 1.
        arms: how many there are, at least 2, at equal angles around the centre.
        turns: how often each goes around the centre, above 0 and at most 1000.
        noise: the standard deviation of the noise, from 0 to 1e6, where neighbouring turns of one
            arm are 4 pi apart. The article has 1.2.
        dtype: float32 or float64, of the points.

    Returns:
        The points, (arms * samples_per_arm, 2), scaled by one number so that the largest coordinate
        is 1 or -1; and their labels, int64, from 0 to arms - 1. Both arrays are read-only.

    Raises:
        OptionError: an argument is out of range.
    """
    samples = checks.count("samples_per_arm", samples_per_arm)
    classes = checks.count("arms", arms)
    _require_options(samples, classes, turns, noise)
    kind = _float_dtype(dtype)
    positions, disturbances = key.split(2)
    uniform = positions.generator().random((classes, samples))
    t = np.sqrt(uniform) * (2 * math.pi * turns)
    angle = t + np.arange(classes)[:, None] * (2 * math.pi / classes)
    radius = 2 * t + math.pi
    arc = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).reshape(-1, 2)
    points = arc + noise * disturbances.generator().standard_normal(arc.shape)
    inputs: Matrix = (points / np.abs(points).max()).astype(kind)
    return seal(inputs), seal(np.repeat(np.arange(classes, dtype=np.int64), samples))


def _article_arm(uniform: Array64, direction: float) -> Matrix64:
    t = np.sqrt(uniform) * 4 * np.pi
    radius = direction * (2 * t + np.pi)
    return np.stack([radius * np.cos(t), radius * np.sin(t)], axis=1)


def _require_options(samples: int, arms: int, turns: float, noise: float) -> None:
    if arms < 2:
        raise OptionError(f"arms must be at least 2, for one arm is one class, and is {arms}.")
    if samples * arms > MOST_POINTS:
        raise OptionError(
            f"samples_per_arm times arms must be at most {MOST_POINTS} and is {samples * arms}."
        )
    if checks.positive("turns", turns) > MOST_TURNS:
        raise OptionError(f"turns must be at most {MOST_TURNS:g} and is {turns!r}.")
    if checks.not_negative("noise", noise) > MOST_NOISE:
        raise OptionError(f"noise must be at most {MOST_NOISE:g} and is {noise!r}.")


def _float_dtype(dtype: object) -> FloatDtype:
    for known in FLOATS:
        if dtype is known.type or (dtype is not None and dtype == known):
            return known
    raise OptionError(f"dtype must be float32 or float64 and is {dtype!r}.")
