from __future__ import annotations

import copy
import gzip
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from sample import FOLDER, accept_sample, content, put_sample, sample

from purenn.arrays import ByteImages
from purenn.datasets import CLASSES, FashionMnist, fashion_mnist, files
from purenn.datasets.fashion_mnist import ByteLabels
from purenn.errors import DtypeError, FormatError, OptionError, ShapeError, UnavailableError

LABELS, IMAGES = "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"
ARCHIVE = (FOLDER / f"{LABELS}.gz").read_bytes()


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    accept_sample(monkeypatch)
    monkeypatch.setitem(sys.modules, "pooch", None)  # nothing here may be fetched
    monkeypatch.setattr(files, "INSTALLED", tmp_path / "not-installed")
    monkeypatch.delenv("PURENN_DATA", raising=False)


def arrays(data: FashionMnist) -> tuple[ByteImages, ByteLabels, ByteImages, ByteLabels]:
    return data.train_images, data.train_labels, data.test_images, data.test_labels


def is_sample(data: FashionMnist) -> bool:
    return all(map(np.array_equal, arrays(data), arrays(sample())))


def test_the_files_are_read_from_a_folder_gzipped_or_not(tmp_path: Path) -> None:
    for name in files.SUMS:
        (tmp_path / name).write_bytes(content(name))
    for folder in (FOLDER, str(FOLDER), tmp_path):
        data = fashion_mnist(folder)
        assert is_sample(data)
        assert data.train_images.shape == (2000, 28, 28, 1)
        assert data.test_labels[:6].tolist() == [9, 2, 1, 1, 6, 1]
        assert [array.dtype for array in arrays(data)] == [np.uint8] * 4
        assert not any(array.flags.writeable for array in arrays(data))
        assert repr(data) == "<Fashion-MNIST: 2000 training and 500 test images>"


def test_a_home_directory_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_sample(tmp_path / "data")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert is_sample(fashion_mnist("~/data"))


def test_the_places_have_an_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_sample(tmp_path / "not-installed")
    assert is_sample(fashion_mnist())
    monkeypatch.setenv("PURENN_DATA", "")
    assert is_sample(fashion_mnist())
    monkeypatch.setenv("PURENN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(UnavailableError, match="nowhere cannot be read"):
        fashion_mnist()
    assert is_sample(fashion_mnist(FOLDER))


def test_a_missing_file_is_named_with_all_the_cures(tmp_path: Path) -> None:
    put_sample(tmp_path)
    (tmp_path / f"{IMAGES}.gz").unlink()
    with pytest.raises(UnavailableError) as caught:
        fashion_mnist(tmp_path)
    first, problem, cure = str(caught.value).split("\n")
    assert first == "Fashion-MNIST is not available:"
    assert problem == f"{tmp_path} has no {IMAGES}.gz."
    commands = ["`sudo apt install dataset-fashion-mnist`", "scripts/fashion-mnist-from-debian"]
    for part in [*(f"{name}.gz" for name in files.SUMS), "PURENN_DATA", *commands]:
        assert part in cure


@pytest.mark.parametrize("folder", ["no/where", "~nobody-has-this-name/x", "x" * 300, __file__])
def test_a_folder_that_cannot_be_read_is_named(folder: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        fashion_mnist(folder)
    assert f"\n{folder} cannot be read: " in str(caught.value)


def test_what_is_not_a_path_is_refused() -> None:
    number: Path = np.array([3])[0].item()
    with pytest.raises(OptionError, match=r"^directory: expected a path, got 3\.$"):
        fashion_mnist(number)


@pytest.mark.parametrize(
    ("damaged", "problem"),
    [
        (ARCHIVE[:500], "is truncated or corrupt: Error -5"),
        (ARCHIVE[:-9], "is truncated or corrupt: Error -5 while"),
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
    with pytest.raises(FormatError) as caught:
        fashion_mnist(tmp_path)
    assert str(caught.value).startswith(str(path))
    assert problem in str(caught.value)


def test_copies_and_pickles_stay_read_only() -> None:
    pickled = pickle.loads(pickle.dumps(sample()))  # noqa: S301 (written a moment ago)
    for twin in (copy.copy(sample()), copy.deepcopy(sample()), pickled):
        assert is_sample(twin)
        assert not any(array.flags.writeable for array in arrays(twin))


def test_the_parts_are_data_sets_of_scaled_images() -> None:
    data = sample()
    assert len(set(CLASSES)) == len(set(data.train_labels.tolist())) == 10
    for part, images, labels in (
        (data.train, data.train_images, data.train_labels),
        (data.test, data.test_images, data.test_labels),
    ):
        batch = part.inputs.take(range(len(part)))
        assert batch.dtype == np.float32
        assert np.allclose(batch, images / 255, atol=1e-7)
        assert part.targets.take(range(len(part))).tolist() == labels.tolist()


def test_writable_arrays_are_copied_and_others_are_refused() -> None:
    images, labels = sample().test_images.copy(), sample().test_labels
    data = FashionMnist(images, labels, images, labels)
    images[0] += 1
    assert data.test_images.tobytes() == sample().test_images.tobytes()
    flat: ByteImages = images.reshape(*[-1, 784])
    message = r"^FashionMnist: expected images of shape \(samples, 28, 28, 1\), got a uint8 array"
    with pytest.raises(ShapeError, match=message):
        FashionMnist(flat, labels, images, labels)
    wide: ByteLabels = labels.astype("int64")
    message = r"^FashionMnist: expected uint8 labels of shape \(samples,\), got an int64 array of"
    with pytest.raises(DtypeError, match=message):
        FashionMnist(images, labels, images, wide)
