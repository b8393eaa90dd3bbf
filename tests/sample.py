"""The sample of real Fashion-MNIST images in tests/data: 2,000 for training and 500 for testing."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from purenn.arrays import ByteImages
from purenn.datasets import FashionMnist, files
from purenn.datasets.fashion_mnist import ByteLabels
from purenn.datasets.files import SUMS

FOLDER = Path(__file__).parent / "data"


@cache
def sample() -> FashionMnist:
    """The sample, in the class of the whole data set."""
    train, test = "train-images-idx3-ubyte", "t10k-images-idx3-ubyte"
    train_labels, test_labels = "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"
    return FashionMnist(_images(train), _labels(train_labels), _images(test), _labels(test_labels))


def load_sample(directory: Path | None) -> FashionMnist:
    """A tenth of the sample, in the place of `fashion_mnist`."""
    whole = sample()
    train = whole.train_images[:200], whole.train_labels[:200]
    return FashionMnist(*train, whole.test_images[:50], whole.test_labels[:50])


def content(name: str) -> bytes:
    """The decompressed content of one of the files."""
    return gzip.decompress((FOLDER / f"{name}.gz").read_bytes())


def put_sample(folder: Path) -> None:
    """Put the four files into a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SUMS:
        shutil.copy(FOLDER / f"{name}.gz", folder)


def accept_sample(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let the sample's files pass for the whole data set's, with a folder for those installed."""
    monkeypatch.delenv("PURENN_DATA", raising=False)
    monkeypatch.setattr(files, "INSTALLED", folder / "not-installed")
    for name in SUMS:
        monkeypatch.setitem(SUMS, name, hashlib.sha256(content(name)).hexdigest())


def _images(name: str) -> ByteImages:
    return np.frombuffer(content(name), np.uint8, offset=16).reshape(-1, 28, 28, 1)


def _labels(name: str) -> ByteLabels:
    return np.frombuffer(content(name), np.uint8, offset=8)
