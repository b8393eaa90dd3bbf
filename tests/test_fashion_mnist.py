from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pytest
from contracts import copies
from sample import FOLDER, accept_sample, content, put_sample, sample

from purenn.arrays import ByteImages
from purenn.datasets import CLASSES, FashionMnist, fashion_mnist, files
from purenn.errors import FormatError, UnavailableError

LABELS, IMAGES = "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"
ARCHIVE = (FOLDER / f"{LABELS}.gz").read_bytes()


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    accept_sample(monkeypatch, tmp_path)
    monkeypatch.setitem(sys.modules, "pooch", None)  # nothing here may be fetched
    monkeypatch.setenv("HOME", str(tmp_path))


def check_sample(data: FashionMnist) -> None:
    """Check that this is the sample, and read-only."""
    for name in ("train_images", "train_labels", "test_images", "test_labels"):
        array: ByteImages = getattr(data, name)
        assert array.dtype == np.uint8
        assert not array.flags.writeable
        assert np.array_equal(array, getattr(sample(), name))


def test_the_files_are_read_from_a_folder_gzipped_or_not(tmp_path: Path) -> None:
    put_sample(tmp_path / "data")
    for name in files.SUMS:
        (tmp_path / name).write_bytes(content(name))
    for folder in (FOLDER, str(FOLDER), tmp_path, "~/data"):
        data = fashion_mnist(folder)
        check_sample(data)
        assert data.train_images.shape == (2000, 28, 28, 1)
        assert data.test_labels[:6].tolist() == [9, 2, 1, 1, 6, 1]
        assert repr(data) == "<Fashion-MNIST: 2000 training and 500 test images>"


def test_the_places_have_an_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_sample(tmp_path / "not-installed")
    check_sample(fashion_mnist())
    monkeypatch.setenv("PURENN_DATA", "")
    check_sample(fashion_mnist())
    monkeypatch.setenv("PURENN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(UnavailableError, match="nowhere has no train-images-idx3-ubyte"):
        fashion_mnist()
    check_sample(fashion_mnist(FOLDER))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    put_sample(tmp_path)
    (tmp_path / f"{IMAGES}.gz").unlink()
    with pytest.raises(UnavailableError, match=rf"available:\n{tmp_path} has no {IMAGES}\.gz\.\n"):
        fashion_mnist(tmp_path)


@pytest.mark.parametrize(
    ("damaged", "problem"),
    [
        (ARCHIVE[:500], "is truncated or corrupt: it goes on after "),
        (ARCHIVE[:-9], "is truncated or corrupt: it goes on after "),
        (ARCHIVE[:99] + bytes(900), "is truncated or corrupt: Error -3"),
        (gzip.compress(content(LABELS)[:-1]), "got 2007 truncated or corrupt bytes"),
        (b"", "got 0 truncated or corrupt bytes"),
        (content(IMAGES), f"got {IMAGES}."),
    ],
    ids=["half", "end", "flipped", "shorter", "empty", "swapped"],
)
def test_a_damaged_file_is_named(tmp_path: Path, damaged: bytes, problem: str) -> None:
    put_sample(tmp_path)
    path = tmp_path / f"{LABELS}.gz"
    path.write_bytes(damaged)
    with pytest.raises(FormatError, match=f"^{path}.* {problem}"):
        fashion_mnist(tmp_path)


def test_copies_and_pickles_stay_read_only() -> None:
    for twin in copies(sample()):
        check_sample(twin)


def test_the_parts_are_data_sets_of_scaled_images() -> None:
    data = sample()
    assert len(set(CLASSES)) == len(set(data.train_labels.tolist())) == 10
    train = data.train, data.train_images, data.train_labels
    for part, images, labels in (train, (data.test, data.test_images, data.test_labels)):
        batch = part.inputs.take(range(len(part)))
        assert batch.dtype == np.float32
        assert np.allclose(batch, images / 255, atol=1e-7)
        assert part.targets.take(range(len(part))).tolist() == labels.tolist()


def test_writable_arrays_are_copied() -> None:
    images, labels = sample().test_images.copy(), sample().test_labels
    data = FashionMnist(images, labels, images, labels)
    images[0] += 1
    assert data.test_images.tobytes() == sample().test_images.tobytes()
