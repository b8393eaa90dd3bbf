"""Fashion-MNIST as the article prepares it."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

from article.spirals import Matrix64
from purenn import Dataset, Labels, Matrix, dataset
from purenn.arrays import ByteImages, Indices
from purenn.datasets import FashionMnist

Pixels = Dataset[Matrix, Labels]


def all_images(data: FashionMnist) -> tuple[ByteImages, Labels]:
    """The training images followed by the test images, and their labels."""
    images: ByteImages = np.concatenate([data.train_images, data.test_images])
    labels: Labels = np.concatenate([data.train_labels, data.test_labels])
    return images, labels


def split_rows(count: int) -> tuple[Indices, Indices]:
    """The article's choice of training and test rows among that many: four fifths and one."""
    rows: Indices = np.arange(count)
    train, test = train_test_split(rows, test_size=0.2, random_state=42)
    return train, test


def article_split(data: FashionMnist) -> tuple[Pixels, Pixels]:
    """What run 3 trains and is tested on, in float64, scaled to [0, 1] as the former is."""
    images, labels = all_images(data)
    pixels: Matrix64 = images.reshape(len(images), -1).astype(np.float64)
    train, test = split_rows(len(labels))
    scaler = MinMaxScaler()
    train_pixels: Matrix = scaler.fit_transform(pixels[train])
    test_pixels: Matrix = scaler.transform(pixels[test])
    return dataset(train_pixels, labels[train]), dataset(test_pixels, labels[test])
