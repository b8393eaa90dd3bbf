"""The files of Fashion-MNIST from public mirrors, kept in the user's cache."""

from __future__ import annotations

import sys
from collections import deque
from importlib.util import find_spec
from pathlib import Path

from purenn.datasets.files import SUMS, Bytes, load, parse
from purenn.errors import FormatError, UnavailableError

MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)
TIMEOUT = 10.0  # seconds without an answer, or without another piece of a file


def load_or_fetch() -> list[Bytes]:
    """The entries of all files, from the cache. Those that it lacks are downloaded into it first.

    Raises:
        UnavailableError: pooch is missing, or no mirror has a file: a line for each failure.
    """
    try:
        import pooch
    except ImportError as error:
        raise UnavailableError("Downloads need pooch: pip install 'purenn[data]'.") from error
    folder, mirrors = pooch.os_cache("purenn") / "fashion-mnist", deque(MIRRORS)
    return [_load_or_fetch(folder, name, mirrors) for name in SUMS]


def _load_or_fetch(folder: Path, name: str, mirrors: deque[str]) -> Bytes:
    try:
        return load(folder, name)
    except (UnavailableError, FormatError) as error:
        failures = [str(error)]
    for _ in range(len(mirrors)):
        try:
            return _fetch(folder, name, mirrors[0])
        except (OSError, ValueError) as error:  # the exceptions of requests are OSErrors
            failures.append(f"{mirrors[0]}: {error}")
            mirrors.rotate(-1)  # the next file need not wait for this one
    raise UnavailableError("\n".join(failures))


def _fetch(folder: Path, name: str, mirror: str) -> Bytes:
    import pooch

    bar = sys.stderr.isatty() and find_spec("tqdm") is not None
    transfer = pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16, timeout=TIMEOUT)

    def download(url: str, output: str, pup: pooch.Pooch) -> None:
        transfer(url, output, pup)
        parse(Path(output).read_bytes(), name, url)  # pooch keeps nothing if this fails

    archive = f"{name}.gz"
    (folder / archive).unlink(missing_ok=True)
    pooch.create(folder, mirror, registry={archive: None}).fetch(archive, downloader=download)
    return load(folder, name)
