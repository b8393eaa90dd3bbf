"""Files made from OpenML's copy of Fashion-MNIST, through scikit-learn.

OpenML has the 70,000 images as rows of one table, the training part first. From its numbers come
the bytes of the four files as they were published, so the same sums prove them.
"""

from __future__ import annotations

import gzip
import math
import tempfile
from collections.abc import Callable

import numpy as np

from purenn.datasets import idx
from purenn.datasets.download import Patience, open_url, within
from purenn.datasets.files import Deliveries, Files, SourceFile
from purenn.datasets.progress import Progress
from purenn.errors import FormatError, UnavailableError

ADDRESS = "https://www.openml.org/"
DATA_ID = 40996  # https://www.openml.org/d/40996

Pixels = np.ndarray[tuple[int, int], np.dtype[np.int64 | np.float64]]
Names = np.ndarray[tuple[int], np.dtype[np.object_]]
# Gives the table: a row of pixels for each image, and the number of its class as text.
Table = Callable[[], tuple[Pixels, Names]]


def fetch_table() -> tuple[Pixels, Names]:
    """The table, as scikit-learn reads it, which takes a minute and about 1 GB of memory."""
    from sklearn.datasets import fetch_openml

    # In a folder of its own, so that nothing stays behind in scikit-learn's cache.
    with tempfile.TemporaryDirectory(prefix="purenn-") as folder:
        return fetch_openml(
            data_id=DATA_ID,
            data_home=folder,
            return_X_y=True,
            as_frame=False,
            parser="liac-arff",
            n_retries=1,
        )


def from_openml(
    files: tuple[SourceFile, ...],
    every: Files,
    address: str,
    table: Table,
    patience: Patience,
    progress: Progress,
) -> Deliveries:
    """The archives of files, made from the table.

    Args:
        files: those that are wanted.
        every: all of the data set, in the order of `Files`.
        address: where it comes from, which must answer first, for `table` is hard to stop.
        table: gives the table.
        patience: how long to wait.
        progress: whom to tell.

    Raises:
        UnavailableError: OpenML cannot be reached or does not have the table.
        FormatError: the table is another one.
    """
    try:
        open_url(address, patience).close()
        progress.say(f"Fetching the table of Fashion-MNIST from {address} (a minute or two)")
        pixels, names = within(patience.whole, table)
    except ImportError as error:
        raise UnavailableError("scikit-learn is not installed.") from error
    except OSError as error:
        raise UnavailableError(f"{address}: {error}.") from error
    # Whatever else scikit-learn, its parsers and the network raise: this way does not work.
    except Exception as error:
        raise UnavailableError(f"{address}: {type(error).__name__}: {error}.") from error
    contents = _contents(pixels, names, every)
    for file in files:
        yield file, gzip.compress(contents[file.name], mtime=0), address


def _contents(pixels: Pixels, names: Names, every: Files) -> dict[str, bytes]:
    train_images, train_labels, test_images, test_labels = every
    first, second = train_images.shape[0], test_images.shape[0]
    expected = (first + second, math.prod(train_images.shape[1:]))
    if pixels.shape != expected or len(names) != first + second:
        raise FormatError(
            f"OpenML's table is not Fashion-MNIST: expected {expected} pixels and {first + second} "
            f"labels, and got {pixels.shape} and {len(names)}."
        )
    images = _as_bytes(pixels)
    labels = _as_bytes(_numbers(names))
    return {
        train_images.name: idx.encode(images[:first].reshape(train_images.shape)),
        train_labels.name: idx.encode(labels[:first]),
        test_images.name: idx.encode(images[first:].reshape(test_images.shape)),
        test_labels.name: idx.encode(labels[first:]),
    }


def _numbers(names: Names) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    try:
        return names.astype(np.float64)
    except ValueError as error:
        raise FormatError(
            f"OpenML's table is not Fashion-MNIST: it has labels that are no numbers ({error})."
        ) from error


def _as_bytes(numbers: np.ndarray[tuple[int, ...], np.dtype[np.int64 | np.float64]]) -> idx.Bytes:
    if not ((numbers >= 0) & (numbers <= 255) & (numbers == np.floor(numbers))).all():
        raise FormatError("OpenML's table is not Fashion-MNIST: it has numbers that are no bytes.")
    return numbers.astype(np.uint8)
