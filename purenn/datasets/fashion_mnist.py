"""Fashion-MNIST: 70,000 grey images of clothes, 28 x 28 pixels, in ten classes.

Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
Learning Algorithms" (2017), https://github.com/zalandoresearch/fashion-mnist (MIT).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np

from purenn.arrays import ByteImages, Images, freeze
from purenn.batches import Dataset
from purenn.columns import Rows, ScaledBytes
from purenn.datasets import idx
from purenn.datasets.files import FASHION_MNIST, Files
from purenn.datasets.folders import Contents, chosen, read_all
from purenn.errors import DataError, DtypeError, ShapeError

if TYPE_CHECKING:
    from purenn.datasets.acquire import Places
    from purenn.datasets.progress import Progress

ByteLabels = np.ndarray[tuple[int], np.dtype[np.uint8]]

# The names of the classes: label 0 is a T-shirt or top, label 9 an ankle boot.
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def _require_bytes(what: str, array: object, rank: int) -> None:
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8:
        came = array.dtype if isinstance(array, np.ndarray) else f"a {type(array).__name__}"
        raise DtypeError(what, f"are arrays of uint8, and {came} came.")
    if array.ndim != rank:
        raise ShapeError(what, f"have {rank} axes, and an array of shape {array.shape} came.")


def _images(array: ByteImages) -> ByteImages:
    _require_bytes("The images of Fashion-MNIST", array, 4)
    return freeze(array)


def _labels(array: ByteLabels) -> ByteLabels:
    _require_bytes("The labels of Fashion-MNIST", array, 1)
    return freeze(array)


@attrs.frozen(eq=False, repr=False)
class FashionMnist:
    """The images, from 0 (background) to 255, and their labels, 0 to 9; see `CLASSES`.

    Args:
        train_images: uint8, (60000, 28, 28, 1). All four arrays are read-only.
        train_labels: uint8, (60000,).
        test_images: uint8, (10000, 28, 28, 1).
        test_labels: uint8, (10000,).

    Raises:
        DtypeError: an array is not of uint8.
        ShapeError: images have no four axes, or labels more than one.
        DataError: there are more images than labels, or fewer.
    """

    train_images: ByteImages = attrs.field(converter=_images)
    train_labels: ByteLabels = attrs.field(converter=_labels)
    test_images: ByteImages = attrs.field(converter=_images)
    test_labels: ByteLabels = attrs.field(converter=_labels)

    def __attrs_post_init__(self) -> None:
        for part, images, labels in (
            ("training", self.train_images, self.train_labels),
            ("test", self.test_images, self.test_labels),
        ):
            if len(images) != len(labels):
                raise DataError(f"There are {len(images)} {part} images and {len(labels)} labels.")

    def __repr__(self) -> str:
        counts = f"{len(self.train_labels)} training and {len(self.test_labels)} test images"
        return f"<Fashion-MNIST: {counts}>"

    @property
    def train(self) -> Dataset[Images, ByteLabels]:
        """The training images, kept as bytes and given in [0, 1] as float32, and their labels."""
        return Dataset(ScaledBytes(self.train_images), Rows(self.train_labels))

    @property
    def test(self) -> Dataset[Images, ByteLabels]:
        """The test images, kept as bytes and given in [0, 1] as float32, and their labels."""
        return Dataset(ScaledBytes(self.test_images), Rows(self.test_labels))


def fashion_mnist(directory: Path | str | None = None) -> FashionMnist:
    """Fashion-MNIST, from the first of these places that has it.

    1. `directory`, if one is given; 2. the directory that the environment variable PURENN_DATA
    names, if it is set; 3. /usr/share/datasets/fashion-mnist, where Debian's package
    dataset-fashion-mnist puts it; 4. the user's cache, into which it comes, if need be, from 5. one
    of its public mirrors; 6. Debian's package, which apt-get fetches without installing it; 7.
    OpenML, through scikit-learn. What the first two choose is taken or refused; nothing else is
    tried then. Each file, wherever it comes from, is verified by the SHA-256 of its content.

    Fetching it tells of its progress on standard error: 31 MB, once.

    Args:
        directory: a folder with the four files train-images-idx3-ubyte, train-labels-idx1-ubyte,
            t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, gzipped (.gz) or not.

    Raises:
        OptionError: `directory` is no path.
        UnavailableError: the directory lacks files, or no place has them; the message says what
            was tried, what happened, and how to provide them by hand.
        FormatError: a file in the directory is truncated, corrupt or swapped with another.
    """
    choice = chosen(directory, os.environ)
    if choice is not None:
        folder, subject = choice
        return _assemble(read_all(folder, FASHION_MNIST, subject), FASHION_MNIST)

    from purenn.datasets.places import usual_places
    from purenn.datasets.progress import on_standard_error

    progress = on_standard_error()
    return load_anywhere(FASHION_MNIST, usual_places(progress), progress)


def load_anywhere(files: Files, places: Places, progress: Progress) -> FashionMnist:
    """The data set, from the first place that has its files.

    Raises:
        UnavailableError: there is none.
    """
    from purenn.datasets.acquire import acquire

    return _assemble(acquire(files, places, progress), files)


def _assemble(contents: Contents, files: Files) -> FashionMnist:
    arrays = (idx.parse(contents[file.name], file.name) for file in files)
    train_images, train_labels, test_images, test_labels = arrays
    return FashionMnist(
        _with_channel(train_images),
        train_labels.reshape(-1),
        _with_channel(test_images),
        test_labels.reshape(-1),
    )


def _with_channel(images: idx.Bytes) -> ByteImages:
    count, rows, columns = images.shape
    return images.reshape(count, rows, columns, 1)
