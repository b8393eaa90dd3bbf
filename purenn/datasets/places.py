"""The places that Fashion-MNIST is looked for, and in which order."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from purenn.datasets import debian, download, openml
from purenn.datasets.acquire import Places, Route
from purenn.datasets.commands import run_command
from purenn.datasets.files import FASHION_MNIST
from purenn.datasets.folders import VARIABLE
from purenn.datasets.progress import Progress
from purenn.errors import UnavailableError


def usual_places(progress: Progress) -> Places:
    """Debian's folder, the user's cache, the mirrors, Debian's package, and OpenML.

    Raises:
        UnavailableError: platformdirs is not installed, which knows where the cache is.
    """
    patience = download.Patience()
    cache = user_cache()
    mirrors = (
        Route(
            "download", partial(download.from_mirror, mirror, patience=patience, progress=progress)
        )
        for mirror in download.MIRRORS
    )
    package = partial(debian.from_package, run=run_command, progress=progress)
    table = partial(
        openml.from_openml,
        every=FASHION_MNIST,
        address=openml.ADDRESS,
        table=openml.fetch_table,
        patience=patience,
        progress=progress,
    )
    names = ", ".join(file.archive for file in FASHION_MNIST)
    return Places(
        folders=(debian.INSTALLED, cache),
        routes=(*mirrors, Route("apt-get", package), Route("scikit-learn", table)),
        cache=cache,
        advice=(
            f"To provide them by hand, get {names} from a mirror, such as {download.MIRRORS[0]}, "
            f"into one folder, and set {VARIABLE} to it or call fashion_mnist(folder). On Debian "
            f"and Ubuntu, `sudo apt install {debian.PACKAGE}` does it too."
        ),
    )


def user_cache() -> Path:
    """The folder in the user's cache that keeps the files.

    Raises:
        UnavailableError: platformdirs is not installed.
    """
    try:
        from platformdirs import user_cache_path
    except ImportError as error:
        raise UnavailableError(
            "Fetching Fashion-MNIST needs platformdirs: pip install 'purenn[data]'. Or name a "
            f"folder that has the files: {VARIABLE}, or fashion_mnist(folder)."
        ) from error
    return user_cache_path("purenn", appauthor=False) / "fashion-mnist"
