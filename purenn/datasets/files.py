"""The four files of Fashion-MNIST, each verified before it is used.

They have the IDX format: two zero bytes, the code of uint8 (8), the rank, the size of each axis as
a big-endian integer of 32 bits, and the entries in C order. Source:
http://yann.lecun.com/exdb/mnist/ ("The IDX file format").
"""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import numpy as np

from purenn.errors import FormatError, UnavailableError

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]

INSTALLED = Path("/usr/share/datasets/fashion-mnist")  # by Debian's package
GZIP_MAGIC = b"\x1f\x8b"
GZIP = 31  # zlib's code for the format
# The files and the SHA-256 of their decompressed content: the archives differ between sources.
SUMS = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def load(folder: Path, name: str) -> Bytes:
    """The entries of one of the files, gzipped (`name.gz`) or not, as a read-only vector.

    Raises:
        UnavailableError: the folder or the file is missing or cannot be read.
        FormatError: the file is truncated, corrupt or swapped with another.
    """
    try:
        folder = folder.expanduser()
        present = {path.name for path in folder.iterdir()}
        for path in (folder / f"{name}.gz", folder / name):
            if path.name in present:
                return parse(path.read_bytes(), name, str(path))
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no such ~user
        raise UnavailableError(f"{folder} cannot be read: {error}") from error
    raise UnavailableError(f"{folder} has no {name}.gz.")


def parse(raw: bytes, name: str, where: str) -> Bytes:
    """The entries of the file with that name, from its bytes; errors call the source `where`.

    Raises:
        FormatError: these are not its bytes, gzipped or not.
    """
    content = raw
    if raw.startswith(GZIP_MAGIC):
        try:
            content = zlib.decompress(raw, GZIP)
        except zlib.error as error:
            raise FormatError(f"{where} is truncated or corrupt: {error}.") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest == SUMS[name]:
        return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3])
    swapped = [other for other, known in SUMS.items() if known == digest]
    got = swapped[0] if swapped else f"{len(content)} truncated or corrupt bytes with {digest}"
    raise FormatError(f"{where}: expected {name} with SHA-256 {SUMS[name]}, got {got}.")
