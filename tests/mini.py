"""A data set of ten images in the form of Fashion-MNIST, for tests of the ways that files take."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np

from purenn import Key
from purenn.datasets import FashionMnist, idx
from purenn.datasets.acquire import Places, Route
from purenn.datasets.files import FASHION_MNIST, Files, SourceFile


def _content(index: int, shape: tuple[int, ...], limit: int) -> bytes:
    entries = Key(0).fold_in(index).generator().integers(0, limit, shape)
    return idx.encode(entries.astype(np.uint8))


CONTENTS = (
    _content(0, (6, 28, 28), 256),
    _content(1, (6,), 10),
    _content(2, (4, 28, 28), 256),
    _content(3, (4,), 10),
)


def _file(index: int) -> SourceFile:
    name = FASHION_MNIST[index].name
    digest = hashlib.sha256(CONTENTS[index]).hexdigest()
    return SourceFile(name, idx.parse(CONTENTS[index], name).shape, digest)


MINI: Files = (_file(0), _file(1), _file(2), _file(3))
ARCHIVES = {
    file.archive: gzip.compress(content, mtime=0)
    for file, content in zip(MINI, CONTENTS, strict=True)
}


def fill(folder: Path) -> Path:
    """Put all files into a folder, which is made."""
    folder.mkdir(parents=True)
    for name, archive in ARCHIVES.items():
        (folder / name).write_bytes(archive)
    return folder


def is_mini(data: FashionMnist) -> bool:
    """Whether it is this data set, to the last byte."""
    arrays = (data.train_images, data.train_labels, data.test_images, data.test_labels)
    return all(
        array.tobytes() == content[idx.file_size(file.shape) - array.size :]
        for array, content, file in zip(arrays, CONTENTS, MINI, strict=True)
    )


def places(cache: Path, *routes: Route) -> Places:
    """The cache and then these routes."""
    return Places(folders=(cache,), routes=routes, cache=cache, advice="Set PURENN_DATA.")
