"""The four files of Fashion-MNIST, and the sums that prove whether a file is one of them."""

from __future__ import annotations

import hashlib
from collections.abc import Generator

import attrs

from purenn.datasets import idx
from purenn.errors import FormatError


@attrs.frozen
class SourceFile:
    """One file of a data set.

    Args:
        name: its name when it is not compressed, `train-labels-idx1-ubyte`.
        shape: the shape of the array of bytes in it.
        sha256: the SHA-256 of the decompressed file, in hexadecimal digits. Archives are compressed
            by whoever hands them out, so their own sums differ.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def archive(self) -> str:
        """Its name when it is gzipped."""
        return f"{self.name}.gz"

    @property
    def size(self) -> int:
        """How many bytes it has when it is not compressed."""
        return idx.file_size(self.shape)


# A file, what came for it (gzipped or not, and not verified yet), and where it came from.
Delivery = tuple[SourceFile, bytes, str]
Deliveries = Generator[Delivery, None, None]

# Training images, training labels, test images, test labels.
Files = tuple[SourceFile, SourceFile, SourceFile, SourceFile]

# Sums of the decompressed files of Debian's dataset-fashion-mnist 0.0~git20200523.55506a9-1.
FASHION_MNIST: Files = (
    SourceFile(
        "train-images-idx3-ubyte",
        (60000, 28, 28),
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    SourceFile(
        "train-labels-idx1-ubyte",
        (60000,),
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    SourceFile(
        "t10k-images-idx3-ubyte",
        (10000, 28, 28),
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    SourceFile(
        "t10k-labels-idx1-ubyte",
        (10000,),
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)


def verify(raw: bytes, file: SourceFile, files: Files, where: str) -> bytes:
    """The decompressed content, proven to be the file's.

    Args:
        raw: what was read, gzipped or not.
        file: what it should be.
        files: all files of the data set, to recognise those that were swapped.
        where: what errors call it, such as its path.

    Raises:
        FormatError: it is anything else; the message says what it is, as far as can be told.
    """
    longest = max(one.size for one in files)
    content = idx.decompress(raw, where, longest + 1)
    digest = hashlib.sha256(content).hexdigest()
    if digest == file.sha256:
        return content
    raise FormatError(
        f"{where} is not {file.name}: {_diagnosis(content, digest, longest, files)} Expected "
        f"{file.size} bytes with SHA-256 {file.sha256} once decompressed. Fetch the file again."
    )


def _diagnosis(content: bytes, digest: str, longest: int, files: Files) -> str:
    for other in files:
        if digest == other.sha256:
            return f"it holds {other.name} (the files were swapped)."
    if len(content) > longest:
        return f"it has more than {longest} bytes."
    return f"it has {len(content)} bytes with SHA-256 {digest}."
