"""Spirals: interleaved arms that no straight line separates."""

from __future__ import annotations

import math

import numpy as np

from purenn import checks
from purenn.arrays import Float, FloatDtype, Indices, Matrix, read_only
from purenn.kernels.portable.trigonometry import cos, sin
from purenn.keys import Key

MAX_POINTS = 10**8


def spirals(
    key: Key,
    samples_per_arm: int = 250,
    arms: int = 2,
    turns: float = 2.0,
    noise: float = 1.2,
    dtype: FloatDtype | type[Float] = np.float32,
) -> tuple[Matrix, Indices]:
    """Points on spirals whose arms are the classes, and their labels.

    The arms, 2 or more at equal angles, go around the center `turns` times (at most 1000). Radius
    and angle grow together: at parameter t the radius is 2 t + π, so that neighboring turns are 4 π
    apart. t is the square root of a uniform number, scaled, so that the outer turns have more
    points: about as many per area, fewer near the center. Coordinates have normal noise of standard
    deviation `noise` (at most 1e6).

    Returns:
        The points, (arms * samples_per_arm, 2), scaled by one number so that the largest absolute
        coordinate is 1, and their labels, int64, from 0 to arms - 1. Both arrays are read-only.
    """
    checks.instance("The key of spirals", key, Key)
    classes = checks.integer("The arms of spirals", arms, 2, MAX_POINTS)
    most = MAX_POINTS // classes
    samples = checks.integer("The samples_per_arm of spirals", samples_per_arm, 1, most)
    length = 2 * math.pi * checks.number("The turns of spirals", turns, above=0.0, most=1000.0)
    deviation = checks.number("The noise of spirals", noise, least=0.0, most=1e6)
    kind = checks.float_dtype("spirals", dtype)
    t = np.sqrt(key.child("positions").generator().random((classes, samples))) * length
    angle = t + np.arange(classes)[:, None] * (2 * math.pi / classes)
    radius = 2 * t + math.pi
    across, up = cos(angle, np.empty_like(angle)), sin(angle, np.empty_like(angle))
    arc = np.stack([radius * across, radius * up], axis=-1).reshape(-1, 2)
    points = arc + deviation * key.child("noise").generator().standard_normal(arc.shape)
    inputs: Matrix = (points / np.abs(points).max()).astype(kind)
    return read_only(inputs), read_only(np.repeat(np.arange(classes, dtype=np.int64), samples))
