"""Flips, shifts, erased parts, noise and mixtures: what `augmented` takes.

Images are (samples, rows, columns, channels). Numbers are drawn for each sample, except where a
docstring says otherwise.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from purenn import checks
from purenn.arrays import (
    Array,
    Images,
    Labels,
    Matrix,
    is_labels,
    require_floats,
    require_indices,
)
from purenn.data.augmenting import Augmentation, Mixing
from purenn.errors import DtypeError, OptionError, ShapeError
from purenn.expressions import maker
from purenn.kernels import augmentation as kernels
from purenn.keys import Key

MOST_CLASSES = 2**31 - 1


@maker
def random_flip(probability: float = 0.5) -> Augmentation[Images]:
    """Mirror images, left to right, with this probability."""
    p = _probability("random_flip", probability)

    def flip(images: Images, key: Key) -> Images:
        _require_images("random_flip", images)
        return kernels.flip(images, key.generator().random(len(images)) < p)

    return Augmentation(flip)


@maker
def random_shift(pixels: int) -> Augmentation[Images]:
    """Move images by up to so many pixels, down or up and right or left, and fill in zeros.

    Every shift from `-pixels` to `pixels` is as likely, along either axis.
    """
    most = checks.integer("The pixels of random_shift", pixels)

    def shift(images: Images, key: Key) -> Images:
        _require_images("random_shift", images, most + 1)
        down, right = key.generator().integers(-most, most + 1, (2, len(images)))
        return kernels.shift(images, down, right)

    return Augmentation(shift)


@maker
def random_erasing(
    probability: float = 0.5,
    area: tuple[float, float] = (0.02, 0.33),
    ratio: tuple[float, float] = (0.3, 1 / 0.3),
    value: float = 0.0,
) -> Augmentation[Images]:
    """Put one value into a random rectangle of images, with this probability.

    Its area, as a part of the image, is uniform between bounds, and so is the logarithm of its
    ratio of height to width; a side longer than the image is cut. It lies inside of the image.
    Zhong, Zheng, Kang, Li, Yang, "Random Erasing Data Augmentation" (2020).
    """
    p = _probability("random_erasing", probability)
    smallest, largest = _bounds("The area of random_erasing", area, 1.0)
    flattest, steepest = _bounds("The ratio of random_erasing", ratio, 1e6)
    filler = checks.number("The value of random_erasing", value)

    def erase(images: Images, key: Key) -> Images:
        _require_images("random_erasing", images)
        checks.fits("The value of random_erasing", filler, images.dtype)
        samples, rows, columns = images.shape[:3]
        rng = key.generator()
        areas = rng.uniform(smallest, largest, samples) * (rows * columns)
        ratios = np.exp(rng.uniform(log(flattest), log(steepest), samples))
        heights = np.rint(np.sqrt(areas * ratios)).clip(1, rows)
        widths = np.rint(np.sqrt(areas / ratios)).clip(1, columns)
        tops = np.floor(rng.random(samples) * (rows - heights + 1))
        lefts = np.floor(rng.random(samples) * (columns - widths + 1))
        keeps = rng.random(samples) >= p
        heights[keeps] = 0
        boxes = np.stack([tops, lefts, tops + heights, lefts + widths], axis=1).astype(np.int64)
        return kernels.erase(images, boxes, filler)

    return Augmentation(erase)


@maker
def cutout(size: int) -> Augmentation[Images]:
    """Put zeros into a square of images, so many pixels wide, around a random pixel.

    The part of the square that lies outside of the image is cut. DeVries, Taylor, "Improved
    Regularization of Convolutional Neural Networks with Cutout" (2017).
    """
    side = checks.integer("The size of cutout", size)

    def cut(images: Images, key: Key) -> Images:
        _require_images("cutout", images, side)
        samples, rows, columns = images.shape[:3]
        rng = key.generator()
        tops = rng.integers(0, rows, samples) - side // 2
        lefts = rng.integers(0, columns, samples) - side // 2
        ends = (tops + side, lefts + side)
        boxes = np.stack([np.maximum(tops, 0), np.maximum(lefts, 0), *ends], axis=1)
        return kernels.erase(images, boxes, 0.0)

    return Augmentation(cut)


@maker
def gaussian_noise(deviation: float) -> Augmentation[Array]:
    """Add normal numbers with mean 0 and this standard deviation to inputs of any shape."""
    size = checks.number("The deviation of gaussian_noise", deviation, least=0.0)

    def add(x: Array, key: Key) -> Array:
        checks.fits("The deviation of gaussian_noise", size, x.dtype)
        return kernels.add_noise(x, size, key.generator())

    return Augmentation(add)


@maker
def mixup(alpha: float, classes: int) -> Mixing[Array]:
    """Blend each sample with another of its batch, `share * x + (1 - share) * other`, targets too.

    One share for the batch is drawn from the beta distribution (alpha, alpha). Zhang, Cisse,
    Dauphin, Lopez-Paz, "mixup: Beyond Empirical Risk Minimization" (2018).
    """
    a = checks.number("The alpha of mixup", alpha, above=0.0)
    count = checks.integer("The classes of mixup", classes, 1, MOST_CLASSES)

    def mix(x: Array, targets: Matrix | Labels, key: Key) -> tuple[Array, Matrix]:
        rows = _rows("mixup", x, targets, count)
        rng = key.generator()
        share, partners = float(rng.beta(a, a)), rng.permutation(len(x))
        return kernels.blend(x, partners, share), kernels.blend(rows, partners, share)

    return Mixing(mix)


@maker
def cutmix(alpha: float, classes: int) -> Mixing[Images]:
    """Paste a rectangle of another image of the batch into each; targets are blended by area.

    One rectangle for the batch has its center anywhere, and sides so long that its area, were
    nothing of it cut off, is a share drawn from the beta distribution (alpha, alpha). Yun, Han, Oh,
    Chun, Choe, Yoo, "CutMix: Regularization Strategy to Train Strong Classifiers" (2019).
    """
    a = checks.number("The alpha of cutmix", alpha, above=0.0)
    count = checks.integer("The classes of cutmix", classes, 1, MOST_CLASSES)

    def mix(images: Images, targets: Matrix | Labels, key: Key) -> tuple[Images, Matrix]:
        _require_images("cutmix", images)
        soft = _rows("cutmix", images, targets, count)
        samples, rows, columns = images.shape[:3]
        rng = key.generator()
        side, partners = sqrt(rng.beta(a, a)), rng.permutation(samples)
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


def _probability(name: str, value: float) -> float:
    return checks.number(f"The probability of {name}", value, least=0.0, most=1.0)


def _bounds(name: str, pair: tuple[float, float], most: float) -> tuple[float, float]:
    if not checks.is_pair(pair):
        raise OptionError(f"{name}: expected a pair of bounds, got {checks.described(pair)}.")
    low, high = (checks.number(name, bound, above=0.0, most=most) for bound in pair)
    if low > high:
        raise OptionError(f"{name}: expected the lower bound first, got {pair!r}.")
    return low, high


def _require_images(name: str, images: Array, least: int = 1) -> None:
    if images.ndim != 4:
        expected = "images of shape (samples, rows, columns, channels)"
        raise ShapeError(name, f"expected {expected}, got {images.shape}.")
    if min(images.shape[1:3]) < least:
        raise ShapeError(name, f"expected images of {least} pixels or more, got {images.shape}.")


def _rows(name: str, x: Array, targets: Matrix | Labels, classes: int) -> Matrix:
    """The targets as rows of probabilities of the dtype of the inputs."""
    if is_labels(targets):
        require_indices(name, targets, classes)
        rows = kernels.label_rows(targets, classes, x.dtype)
    else:
        require_floats(name, targets)
        rows = targets
    if rows.shape != (len(x), classes) or not len(x):
        expected = f"labels, or probabilities of shape {(len(x), classes)}"
        raise ShapeError(name, f"expected {expected}, got {targets.shape}.")
    if rows.dtype != x.dtype:
        cure = f"Convert them with targets.astype(np.{x.dtype})."
        raise DtypeError(name, f"expected probabilities of {x.dtype}, got {rows.dtype}. {cure}")
    return rows
