from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from mini import ARCHIVES, MINI, fill, is_mini, places
from sample import FOLDER, sample

from purenn.arrays import ByteImages
from purenn.datasets import CLASSES, FashionMnist, fashion_mnist, idx
from purenn.datasets import places as usual
from purenn.datasets.acquire import Places
from purenn.datasets.download import MIRRORS
from purenn.datasets.fashion_mnist import ByteLabels, load_anywhere
from purenn.datasets.files import FASHION_MNIST
from purenn.datasets.progress import Lines
from purenn.errors import (
    DataError,
    DtypeError,
    FormatError,
    OptionError,
    ShapeError,
    UnavailableError,
)


def test_the_folders_are_looked_through_in_their_order(tmp_path: Path) -> None:
    said = io.StringIO()
    first, second = fill(tmp_path / "first"), fill(tmp_path / "second")
    (first / MINI[0].archive).unlink()
    (first / MINI[1].archive).write_bytes(ARCHIVES[MINI[3].archive])
    where = Places(folders=(first, second), routes=(), cache=second, advice="")
    assert is_mini(load_anywhere(MINI, where, Lines(said)))
    assert f"{first / MINI[1].archive} is not train-labels-idx1-ubyte" in said.getvalue()


def test_if_nothing_works_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be had") as caught:
        load_anywhere(MINI, places(tmp_path / "cache"), Lines(io.StringIO()))
    names = ", ".join(ARCHIVES)
    tried = f"  - {tmp_path / 'cache'}: has none of the files."
    assert str(caught.value) == f"{names} cannot be had. Tried:\n{tried}\nSet PURENN_DATA."


def test_the_usual_places_are_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name, appauthor: tmp_path / name)
    where = usual.usual_places(Lines(io.StringIO()))
    cache = tmp_path / "purenn" / "fashion-mnist"
    assert where.folders == (Path("/usr/share/datasets/fashion-mnist"), cache)
    assert where.cache == cache
    names = [route.name for route in where.routes]
    assert names == ["download"] * len(MIRRORS) + ["apt-get", "scikit-learn"]
    for word in ("PURENN_DATA", "fashion_mnist(folder)", "sudo apt install dataset-fashion-mnist"):
        assert word in where.advice
    for file in FASHION_MNIST:
        assert file.archive in where.advice


def test_without_a_choice_the_usual_places_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PURENN_DATA", raising=False)
    monkeypatch.setattr(usual, "usual_places", lambda progress: places(tmp_path / "nothing"))
    with pytest.raises(
        UnavailableError, match=f"Tried:\n  - {tmp_path}/nothing: has none of the files"
    ):
        fashion_mnist()


def test_without_platformdirs_it_says_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    with pytest.raises(UnavailableError, match=r"pip install 'purenn\[data\]'.*PURENN_DATA"):
        usual.user_cache()


def test_what_is_chosen_is_taken_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PURENN_DATA", str(tmp_path))
    with pytest.raises(
        UnavailableError, match=rf"^PURENN_DATA='{tmp_path}' lacks train-images-idx3"
    ):
        fashion_mnist()
    with pytest.raises(UnavailableError, match=r"^directory='no/where' is no directory\."):
        fashion_mnist("no/where")
    message = r"train-images-idx3-ubyte\.gz is not train-images-idx3-ubyte: it has 1568016 bytes"
    with pytest.raises(FormatError, match=message):
        fashion_mnist(FOLDER)
    number: Path = np.array([3])[0].item()
    with pytest.raises(OptionError, match=r"^directory must be a path or text and is 3\.$"):
        fashion_mnist(number)


def test_the_sums_are_of_the_published_sizes() -> None:
    assert [file.size for file in FASHION_MNIST] == [47040016, 60008, 7840016, 10008]
    assert [file.shape[0] for file in FASHION_MNIST] == [60000, 60000, 10000, 10000]


def test_there_is_a_name_for_each_class() -> None:
    assert len(CLASSES) == len(set(CLASSES)) == 10
    assert set(sample().train_labels.tolist()) == set(range(10))


def test_the_sample_is_read_only_and_looks_like_the_data_set() -> None:
    data = sample()
    assert data.train_images.shape == (2000, 28, 28, 1)
    assert data.test_images.shape == (500, 28, 28, 1)
    assert data.train_labels[:6].tolist() == [9, 0, 0, 3, 0, 2]
    assert data.test_labels[:6].tolist() == [9, 2, 1, 1, 6, 1]
    for array in (data.train_images, data.train_labels, data.test_images, data.test_labels):
        assert array.dtype == np.uint8
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert repr(data) == "<Fashion-MNIST: 2000 training and 500 test images>"


def test_the_parts_are_data_sets_of_scaled_images() -> None:
    data = sample()
    for part, images, labels in (
        (data.train, data.train_images, data.train_labels),
        (data.test, data.test_images, data.test_labels),
    ):
        assert len(part) == len(labels)
        batch = part.inputs.take(range(5))
        assert batch.dtype == np.float32
        assert np.allclose(batch, images[:5] / 255, atol=1e-7)
        assert batch.max() == 1.0
        assert part.targets.take(range(5)).tolist() == labels[:5].tolist()


IMAGES: ByteImages = np.zeros((3, 28, 28, 1), np.uint8)
LABELS: ByteLabels = np.zeros(3, np.uint8)


def test_arrays_that_can_be_written_to_are_copied() -> None:
    images = IMAGES.copy()
    data = FashionMnist(images, LABELS, IMAGES, LABELS)
    images[0] = 7
    assert data.train_images.max() == 0


def test_arrays_that_do_not_belong_are_refused() -> None:
    with pytest.raises(DataError, match=r"^There are 3 training images and 2 labels\.$"):
        FashionMnist(IMAGES, LABELS[:2], IMAGES, LABELS)
    with pytest.raises(DataError, match=r"^There are 1 test images and 3 labels\.$"):
        FashionMnist(IMAGES, LABELS, IMAGES[:1], LABELS)
    flat: ByteImages = IMAGES.reshape(*[3, 784])
    message = r"^The images of Fashion-MNIST have 4 axes, and an array of shape \(3, 784\) came\.$"
    with pytest.raises(ShapeError, match=message):
        FashionMnist(flat, LABELS, IMAGES, LABELS)
    wide: ByteLabels = LABELS.astype("int64")
    message = r"^The labels of Fashion-MNIST are arrays of uint8, and int64 came\.$"
    with pytest.raises(DtypeError, match=message):
        FashionMnist(IMAGES, wide, IMAGES, LABELS)


def test_the_file_format_is_shared_with_the_sample() -> None:
    assert idx.read(FOLDER / "train-images-idx3-ubyte.gz").shape == (2000, 28, 28)
