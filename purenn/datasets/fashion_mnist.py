"""Fashion-MNIST: 70,000 gray images of clothes, 28 × 28 pixels, in ten classes.

Source: Xiao, Rasul and Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
Learning Algorithms" (2017), https://github.com/zalandoresearch/fashion-mnist (MIT).
"""

from __future__ import annotations

import attrs
import numpy as np

from purenn.array_checks import require_array
from purenn.arrays import ByteImages, Images, N, immutable
from purenn.data.batches import Dataset
from purenn.data.columns import Rows, ScaledBytes
from purenn.datasets import files
from purenn.errors import DtypeError, ShapeError, UnavailableError
from purenn.files import AnyPath
from purenn.tree import Node

ByteLabels = np.ndarray[tuple[int], np.dtype[np.uint8]]
CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
ADVICE = (
    f"To provide the files by hand, put {', '.join(f'{name}.gz' for name in files.SUMS)} into a "
    "folder, and set PURENN_DATA to it or call fashion_mnist(folder). On Debian and Ubuntu, "
    "`sudo apt install dataset-fashion-mnist` or scripts/fashion-mnist-from-debian gets them."
)


def _images(array: ByteImages) -> ByteImages:
    return _bytes(array, (28, 28, 1), "images of shape (samples, 28, 28, 1)")


def _labels(array: ByteLabels) -> ByteLabels:
    return _bytes(array, (), "labels of shape (samples,)")


def _bytes(array: N, sample: tuple[int, ...], expected: str) -> N:
    require_array("FashionMnist", array, "np.uint8")
    if array.dtype != np.uint8:
        raise DtypeError("FashionMnist", f"expected uint8 {expected}, got {array.dtype}.")
    if not array.ndim or array.shape[1:] != sample:
        raise ShapeError("FashionMnist", f"expected {expected}, got {array.shape}.")
    return immutable(array)


@attrs.frozen(eq=False, repr=False)
class FashionMnist(Node):
    """The images, from 0 (background) to 255, and their labels, the indices of `CLASSES`.

    They are uint8, of shape (samples, 28, 28, 1) and (samples,). Writable arrays are copied.
    """

    train_images: ByteImages = attrs.field(converter=_images)
    train_labels: ByteLabels = attrs.field(converter=_labels)
    test_images: ByteImages = attrs.field(converter=_images)
    test_labels: ByteLabels = attrs.field(converter=_labels)

    def __repr__(self) -> str:
        counts = f"{len(self.train_labels)} training and {len(self.test_labels)} test images"
        return f"<Fashion-MNIST: {counts}>"

    @property
    def train(self) -> Dataset[Images, ByteLabels]:
        """The training images as float32 in [0, 1], kept as bytes, and their labels."""
        return Dataset(ScaledBytes(self.train_images), Rows(self.train_labels))

    @property
    def test(self) -> Dataset[Images, ByteLabels]:
        """The test images and their labels, like those for training."""
        return Dataset(ScaledBytes(self.test_images), Rows(self.test_labels))


def fashion_mnist(directory: AnyPath | None = None) -> FashionMnist:
    """Load Fashion-MNIST from the first of these places that applies.

    1. `directory`, if it is given; 2. the folder in the environment variable PURENN_DATA, if it is
    set; 3. the folder of Debian's package dataset-fashion-mnist, in /usr/share/datasets; 4. the
    user's cache, into which it is downloaded (31 MB, once) from a public mirror. If 1 or 2 applies,
    no other place is tried. Every file is verified by the SHA-256 of its content.

    A folder has the files train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte
    and t10k-labels-idx1-ubyte, gzipped (.gz) or not.

    Raises:
        UnavailableError: no place has the files; the message says how to provide them by hand.
        FormatError: a file in the chosen folder is truncated, corrupt or swapped with another.
    """
    try:
        images, labels, test_images, test_labels = files.load(directory)
    except UnavailableError as error:
        raise UnavailableError(f"Fashion-MNIST is not available:\n{error}\n{ADVICE}") from error
    shape = (-1, 28, 28, 1)
    return FashionMnist(images.reshape(shape), labels, test_images.reshape(shape), test_labels)
