"""The four files of Fashion-MNIST, from a folder or a public mirror, each verified.

They have the IDX format: two zero bytes, the code of uint8 (8), the rank, the size of each axis as
a big-endian integer of 32 bits, and the entries in C order. Source:
http://yann.lecun.com/exdb/mnist/ ("The IDX file format").
"""

from __future__ import annotations

import hashlib
import os
import sys
import zlib
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import numpy as np

from purenn import files
from purenn.errors import FormatError, UnavailableError

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]

INSTALLED = Path("/usr/share/datasets/fashion-mnist")  # by Debian's package
MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)
TIMEOUT = 10.0  # seconds without an answer, or without another piece of a file
LARGEST = 2**26  # bytes are more than any of the files has
# The files and the SHA-256 of their decompressed content: the archives differ between sources.
SUMS = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def load(directory: files.AnyPath | None) -> list[Bytes]:
    """The entries of the four files, from the places that `fashion_mnist` names."""
    chosen = os.environ.get("PURENN_DATA") or None if directory is None else directory
    if chosen is not None:
        return [_read(files.expanded(chosen), name) for name in SUMS]
    try:
        return [_read(INSTALLED, name) for name in SUMS]
    except (UnavailableError, FormatError) as error:
        installed = error
    try:
        return [_read_or_fetch(name) for name in SUMS]
    except (UnavailableError, RuntimeError) as error:  # RuntimeError: nobody knows the user's home
        raise UnavailableError(f"{installed}\n{error}") from error


def _read(folder: Path, name: str) -> Bytes:
    for path in (folder / f"{name}.gz", folder / name):
        if files.exists(path):
            return _verified(files.read(path), name, str(path))
    raise UnavailableError(f"{folder} has no {name}.gz.")


def _verified(content: bytes, name: str, where: str) -> Bytes:
    """The entries of the file with that name, from its bytes, gzipped or not."""
    if content.startswith(b"\x1f\x8b"):
        unpacked = zlib.decompressobj(31)  # zlib's code for gzip
        try:
            content = unpacked.decompress(content, LARGEST)
        except zlib.error as error:
            raise FormatError(f"{where} is truncated or corrupt: {error}.") from error
        if not unpacked.eof:
            got = f"it goes on after {len(content):,} bytes"
            raise FormatError(f"{where} is truncated or corrupt: {got}.")
    digest = hashlib.sha256(content).hexdigest()
    if digest == SUMS[name]:
        return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3])
    swapped = [other for other, known in SUMS.items() if known == digest]
    got = swapped[0] if swapped else f"{len(content)} truncated or corrupt bytes with {digest}"
    raise FormatError(f"{where}: expected {name} with SHA-256 {SUMS[name]}, got {got}.")


class _Bounded(BytesIO):
    """What a mirror sends, which may have no end."""

    def flush(self) -> None:  # which pooch calls after each piece
        if self.tell() > LARGEST:
            raise ValueError(f"it sends more than {LARGEST:,} bytes.")


def _read_or_fetch(name: str) -> Bytes:
    try:
        import pooch
    except ImportError as error:
        cure = "in a clone of purenn, pip install '.[data]'"
        raise UnavailableError(f"Downloads need pooch: {cure}.") from error
    folder, archive = pooch.os_cache("purenn") / "fashion-mnist", f"{name}.gz"
    try:
        return _read(folder, name)
    except (UnavailableError, FormatError) as error:
        failures = [str(error)]
    stream = sys.stderr  # None where it is closed
    bar = stream is not None and stream.isatty() and find_spec("tqdm") is not None
    transfer = pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16, timeout=TIMEOUT)
    for mirror in MIRRORS:
        content = _Bounded()
        try:
            transfer(mirror + archive, content, None)
            found = _verified(content.getvalue(), name, mirror + archive)
        except (OSError, ValueError) as error:  # the exceptions of requests are OSErrors
            failures.append(f"{mirror}: {error}")
            continue
        files.make_folder(folder)
        files.write(folder / archive, content.getvalue())
        return found
    raise UnavailableError("\n".join(failures))
