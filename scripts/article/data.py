"""The article's data: its two spirals, with the same bits on every machine, and Fashion-MNIST."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from purenn import Dataset, Labels, Matrix, dataset
from purenn.arrays import ByteImages, Indices, read_only
from purenn.datasets import FashionMnist
from purenn.kernels.portable.trigonometry import cos, sin

Array64 = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
Matrix64 = np.ndarray[tuple[int, int], np.dtype[np.float64]]
Pixels = Dataset[Matrix, Labels]


def article_spirals(uniform: Array64, noise: Matrix64) -> tuple[Matrix64, Matrix64]:
    """The article's points (500, 2), each axis scaled to [-1, 1], and targets (500, 1), read-only.

    They are made of where points lie along their arm (500,), arm by arm, and noise (500, 2).
    """
    points = np.concatenate([_arm(uniform[:250], 1.0), _arm(uniform[250:], -1.0)]) + 1.2 * noise
    low, high = points.min(axis=0), points.max(axis=0)
    inputs: Matrix64 = 2 * (points - low) / (high - low) - 1
    return read_only(inputs), read_only(np.repeat([[0.0], [1.0]], 250, axis=0))


def _arm(uniform: Array64, direction: float) -> Matrix64:
    t = np.sqrt(uniform) * 4 * np.pi
    radius = direction * (2 * t + np.pi)
    across, up = cos(t, np.empty_like(t)), sin(t, np.empty_like(t))
    return np.stack([radius * across, radius * up], axis=1)


def all_images(data: FashionMnist) -> tuple[ByteImages, Labels]:
    """The training images followed by the test images, and their labels."""
    images: ByteImages = np.concatenate([data.train_images, data.test_images])
    return images, np.concatenate([data.train_labels, data.test_labels])


def split_rows(count: int) -> tuple[Indices, Indices]:
    """The article's choice of training and test rows among that many: four fifths and one."""
    train, test = train_test_split(np.arange(count), test_size=0.2, random_state=42)
    return train, test


def article_split(data: FashionMnist) -> tuple[Pixels, Pixels]:
    """What run 3 trains and is tested on, in float64, scaled to [0, 1] as the former is."""
    images, labels = all_images(data)
    pixels = images.reshape(len(images), -1)
    train, test = split_rows(len(labels))
    scaler = MinMaxScaler(copy=False)  # what it is given is a copy
    train_pixels: Matrix = scaler.fit_transform(pixels[train].astype(np.float64))
    test_pixels: Matrix = scaler.transform(pixels[test].astype(np.float64))
    return dataset(train_pixels, labels[train]), dataset(test_pixels, labels[test])
