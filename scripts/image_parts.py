"""Fashion-MNIST parted into what is trained on, watched, and tested on."""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np

from article_data import split_rows
from experiment import Parts
from objectives import Multiclass
from options import Training
from purenn import Dataset, Images, Labels, OptionError, Rows, ScaledBytes
from purenn.arrays import ByteImages, Indices
from purenn.datasets.fashion_mnist import FashionMnist

# What is watched where there is no validation part: enough to see whether training works.
WATCHED = 10_000


@attrs.frozen(kw_only=True)
class Settings(Training):
    """What decides the result; it is written to the folder's config.json."""

    hidden: tuple[int, ...] = (784, 256, 128)
    learning_rate: float = 0.05
    warm_up: float = 1.0
    batch_size: int = 128
    epochs: int = 20
    loss: Multiclass = "softmax-cross-entropy"
    """What is descended on: the mean over the samples of a batch."""
    split: Literal["article", "official"] = "article"
    """The article's 56,000 training and 14,000 test images, or the official 60,000 and 10,000."""
    validation: int = 0
    """How many of the training images are set aside and measured after each epoch."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.validation < 0:
            raise OptionError(f"--validation must be at least 0 and is {self.validation}.")


@attrs.frozen(eq=False)
class ImageParts:
    """The images of a run.

    Args:
        measured: those that are trained on, and those that are measured after each epoch.
        test: those that are measured at the end.
        test_images: the same as bytes.
        test_labels: their labels.
    """

    measured: Parts[Images]
    test: Dataset[Images, Labels]
    test_images: ByteImages
    test_labels: Labels


def parted(data: FashionMnist, settings: Settings) -> ImageParts:
    """The parts that the settings ask for. Validation images are the last of the training ones.

    Raises:
        OptionError: validation would leave nothing to train on.
    """
    images: ByteImages = np.concatenate([data.train_images, data.test_images])
    labels: Labels = np.concatenate([data.train_labels, data.test_labels])
    rest, test = _rows(data, settings)
    if settings.validation >= len(rest):
        raise OptionError(
            f"--validation must be below the {len(rest)} training images and is "
            f"{settings.validation}."
        )
    everything = Dataset(ScaledBytes(images, dtype=settings.float_dtype), Rows(labels))
    train = everything.select(rest[: len(rest) - settings.validation])
    if settings.validation:
        kept = everything.select(rest[len(rest) - settings.validation :])
        measured = Parts(train, kept, "validation")
    else:
        measured = Parts(train, everything.select(rest[:WATCHED]), "training")
    return ImageParts(measured, everything.select(test), images[test], labels[test])


def _rows(data: FashionMnist, settings: Settings) -> tuple[Indices, Indices]:
    train, test = len(data.train_labels), len(data.test_labels)
    if settings.split == "article":
        return split_rows(train + test)
    return np.arange(train), np.arange(train, train + test)
