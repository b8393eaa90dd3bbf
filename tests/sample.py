"""The sample of real Fashion-MNIST images in tests/data: 2,000 for training and 500 for testing."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from purenn.arrays import ByteImages
from purenn.datasets import FashionMnist, idx

FOLDER = Path(__file__).parent / "data"


@cache
def sample() -> FashionMnist:
    """The sample, in the class of the whole data set."""
    return FashionMnist(
        _images("train-images-idx3-ubyte.gz"),
        idx.read(FOLDER / "train-labels-idx1-ubyte.gz").reshape(-1),
        _images("t10k-images-idx3-ubyte.gz"),
        idx.read(FOLDER / "t10k-labels-idx1-ubyte.gz").reshape(-1),
    )


def _images(name: str) -> ByteImages:
    return idx.read(FOLDER / name).reshape(-1, 28, 28, 1)
