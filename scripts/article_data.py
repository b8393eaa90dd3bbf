"""Fashion-MNIST as the article prepares it."""

from __future__ import annotations

import attrs
import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from purenn import Dataset, Labels, Matrix, dataset
from purenn.arrays import ByteImages, Indices
from purenn.datasets.fashion_mnist import FashionMnist


@attrs.frozen(eq=False)
class Split:
    """What run 3 trains and is tested on: rows of pixels, float64, scaled by the training part's.

    Args:
        train: the samples to train on.
        test: the samples to measure on.
        test_images: the same as images of bytes, (samples, 28, 28, 1).
        test_labels: their labels, (samples,).
    """

    train: Dataset[Matrix, Labels]
    test: Dataset[Matrix, Labels]
    test_images: ByteImages
    test_labels: Labels


def split_rows(count: int) -> tuple[Indices, Indices]:
    """The article's choice of training and test rows among that many: four fifths and one."""
    rows: Indices = np.arange(count)
    train, test = train_test_split(rows, test_size=0.2, random_state=42)
    return train, test


def article_split(data: FashionMnist) -> Split:
    """The training images followed by the test images, split anew and scaled to [0, 1]."""
    images: ByteImages = np.concatenate([data.train_images, data.test_images])
    labels: Labels = np.concatenate([data.train_labels, data.test_labels])
    train, test = split_rows(len(labels))
    scaler = MinMaxScaler()
    train_pixels = scaler.fit_transform(_pixels(images[train]))
    test_pixels = scaler.transform(_pixels(images[test]))
    return Split(
        dataset(train_pixels, labels[train]),
        dataset(test_pixels, labels[test]),
        images[test],
        labels[test],
    )


def _pixels(images: ByteImages) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return images.reshape(len(images), -1).astype(np.float64)
