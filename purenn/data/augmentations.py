"""Flips, shifts, erasing, noise and mixtures, for use in `augmented`.

Images are (samples, rows, columns, channels). Numbers are drawn for each sample, except where a
docstring says otherwise.
"""

from __future__ import annotations

from functools import partial
from math import sqrt
from typing import Annotated

import numpy as np

from purenn import array_checks, arrays, checks
from purenn.arrays import Array, Images, Labels, Matrix
from purenn.checks import Count, NotNegative, Number, Probability
from purenn.data.augmenting import Augmentation, Mixing
from purenn.errors import DtypeError, OptionError, ShapeError
from purenn.expressions import maker
from purenn.kernels import augmentation as kernels
from purenn.kernels.portable import scalars
from purenn.keys import Key

Alpha = Annotated[float, partial(checks.number, least=1e-6, most=1000.0)]
Classes = Annotated[int, partial(checks.integer, most=2**31 - 1)]


@maker
def random_flip(probability: Probability = 0.5) -> Augmentation[Images]:
    """Mirror images, left to right, with this probability."""

    def flip(images: Images, key: Key) -> Images:
        _require_images("random_flip", images)
        return kernels.flip(images, key.generator().random(len(images)) < probability)

    return Augmentation(flip)


@maker
def random_shift(pixels: Count) -> Augmentation[Images]:
    """Shift images along both axes, by -pixels to pixels with equal odds, and fill with zeros."""

    def shift(images: Images, key: Key) -> Images:
        _require_images("random_shift", images, pixels + 1)
        down, right = key.generator().integers(-pixels, pixels + 1, (2, len(images)))
        return kernels.shift(images, down, right)

    return Augmentation(shift)


@maker
def random_erasing(
    probability: Probability = 0.5,
    area: tuple[float, float] = (0.02, 0.33),
    ratio: tuple[float, float] = (0.3, 1 / 0.3),
    value: Number = 0.0,
) -> Augmentation[Images]:
    """Fill a random rectangle of an image with one value, with this probability.

    Its area, as a fraction of the image, is uniform between bounds, and so is the logarithm of its
    ratio of height to width; a side longer than the image is cut. It lies inside the image. Zhong,
    Zheng, Kang, Li, Yang, "Random Erasing Data Augmentation" (2020), whose ratio itself is uniform;
    the logarithm is torchvision's.
    """
    smallest, largest = _bounds("The area of random_erasing", area, 1.0)
    low, high = map(scalars.log, _bounds("The ratio of random_erasing", ratio, 1e6))

    def erase(images: Images, key: Key) -> Images:
        from purenn.kernels.portable.exponentials import exp

        _require_images("random_erasing", images)
        checks.fits("The value of random_erasing", value, images.dtype)
        samples, rows, columns = images.shape[:3]
        rng = key.generator()
        areas = (smallest + (largest - smallest) * rng.random(samples)) * (rows * columns)
        ratios = low + (high - low) * rng.random(samples)
        exp(ratios, ratios)
        heights = np.rint(np.sqrt(areas * ratios)).clip(1, rows)
        widths = np.rint(np.sqrt(areas / ratios)).clip(1, columns)
        tops = np.floor(rng.random(samples) * (rows - heights + 1))
        lefts = np.floor(rng.random(samples) * (columns - widths + 1))
        heights[rng.random(samples) >= probability] = 0
        boxes = np.stack([tops, lefts, tops + heights, lefts + widths], axis=1).astype(np.int64)
        return kernels.erase(images, boxes, value)

    return Augmentation(erase)


@maker
def cutout(size: Count) -> Augmentation[Images]:
    """Fill a square of each image, `size` pixels wide, around a random pixel with zeros.

    The part of the square outside the image is cut. DeVries, Taylor, "Improved Regularization of
    Convolutional Neural Networks with Cutout" (2017).
    """

    def cut(images: Images, key: Key) -> Images:
        _require_images("cutout", images, size)
        samples, rows, columns = images.shape[:3]
        rng = key.generator()
        tops = rng.integers(0, rows, samples) - size // 2
        lefts = rng.integers(0, columns, samples) - size // 2
        starts = np.maximum(tops, 0), np.maximum(lefts, 0)
        return kernels.erase(images, np.stack([*starts, tops + size, lefts + size], axis=1), 0.0)

    return Augmentation(cut)


@maker
def gaussian_noise(deviation: NotNegative) -> Augmentation[Array]:
    """Add Gaussian noise of mean 0 and this standard deviation to inputs of any shape."""

    def add(x: Array, key: Key) -> Array:
        array_checks.require_floats("gaussian_noise", x)
        checks.fits("The deviation of gaussian_noise", deviation, x.dtype)
        return kernels.add_noise(x, deviation, key.generator())

    return Augmentation(add)


@maker
def mixup(alpha: Alpha, classes: Classes) -> Mixing[Array]:
    """Blend each sample, and its target, with a partner: `share * x + (1 - share) * partner`.

    Partners are the batch in a random order: a sample may be its own. One share per batch is drawn
    from the beta distribution (alpha, alpha), 1e-6 ≤ alpha ≤ 1000. Zhang, Cisse, Dauphin,
    Lopez-Paz, "mixup: Beyond Empirical Risk Minimization" (2018).
    """

    def mix(x: Array, targets: Matrix | Labels, key: Key) -> tuple[Array, Matrix]:
        rows = _rows("mixup", x, targets, classes)
        rng = key.generator()
        share, partners = symmetric_beta(rng, alpha), rng.permutation(len(x))
        return kernels.blend(x, partners, share), kernels.blend(rows, partners, share)

    return Mixing(mix)


@maker
def cutmix(alpha: Alpha, classes: Classes) -> Mixing[Images]:
    """Paste a rectangle of a partner into each image, and blend targets by area.

    Partners and share are drawn as in `mixup`. The rectangle, one for the batch, has its center
    anywhere and that share of the image's area, less any part outside it. Yun, Han, Oh, Chun, Choe,
    Yoo, "CutMix: Regularization Strategy to Train Strong Classifiers" (2019).
    """

    def mix(images: Images, targets: Matrix | Labels, key: Key) -> tuple[Images, Matrix]:
        _require_images("cutmix", images)
        soft = _rows("cutmix", images, targets, classes)
        samples, rows, columns = images.shape[:3]
        rng = key.generator()
        side, partners = sqrt(symmetric_beta(rng, alpha)), rng.permutation(samples)
        top, bottom = _side(side, rows, rng)
        left, right = _side(side, columns, rng)
        share = 1.0 - (bottom - top) * (right - left) / (rows * columns)
        pasted = kernels.paste(images, partners, (top, left, bottom, right))
        return pasted, kernels.blend(soft, partners, share)

    return Mixing(mix)


def _side(share: float, pixels: int, rng: np.random.Generator) -> tuple[int, int]:
    """From where to where a side goes: so long, around a random pixel, and within the image."""
    length, center = round(share * pixels), int(rng.integers(0, pixels))
    start = center - length // 2
    return max(start, 0), min(start + length, pixels)


def symmetric_beta(rng: np.random.Generator, alpha: float) -> float:
    """A number of the beta distribution (alpha, alpha), the same on every machine.

    The shares of two powers of uniform numbers whose sum is at most 1: Jöhnk (1964), as NumPy has
    it up to rounding. For an alpha above 1, uniform numbers, accepted by their density.
    """
    while True:
        first, second = rng.random(), rng.random()
        if alpha > 1.0:
            if second <= scalars.power(4.0 * first * (1.0 - first), alpha - 1.0):
                return first
        elif first and second:
            logs = scalars.log(first) / alpha, scalars.log(second) / alpha
            top = max(logs)
            total = sum(scalars.exp(each - top) for each in logs)
            if top + scalars.log(total) <= 0.0:
                return scalars.exp(logs[0] - top) / total


def _bounds(name: str, pair: tuple[float, float], most: float) -> tuple[float, float]:
    if not checks.is_pair(pair):
        raise OptionError(f"{name}: expected a pair of bounds, got {checks.described(pair)}.")
    low, high = (checks.number(name, bound, above=0.0, most=most) for bound in pair)
    if low > high:
        raise OptionError(f"{name}: expected the lower bound first, got {pair!r}.")
    return low, high


def _require_images(name: str, images: Array, least: int = 1) -> None:
    array_checks.require_floats(name, images)
    array_checks.require_images(name, images)
    if min(images.shape[1:3]) < least:
        raise ShapeError(name, f"expected images of {least} pixels or more, got {images.shape}.")


def _rows(name: str, x: Array, targets: Matrix | Labels, classes: int) -> Matrix:
    """The targets as rows of probabilities of the dtype of the inputs."""
    if arrays.is_labels(targets):
        array_checks.require_indices(name, targets, classes)
        rows = kernels.label_rows(targets, classes, x.dtype)
    else:
        found = array_checks.require_array(name, targets)
        if found.dtype.kind in "iu" and found.shape[1:] == (1,):
            array_checks.require_integers(name, targets)  # which says what axis to drop
        array_checks.require_floats(name, targets)
        rows = targets
    if rows.shape != (len(x), classes) or not len(x):
        expected = f"labels, or probabilities of shape {(len(x), classes)}"
        raise ShapeError(name, f"expected {expected}, got {targets.shape}.")
    if rows.dtype != x.dtype:
        cure = f"Convert them with targets.astype(np.{x.dtype})."
        raise DtypeError(name, f"expected probabilities of {x.dtype}, got {rows.dtype}. {cure}")
    return rows
