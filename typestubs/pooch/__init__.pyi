from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Protocol, type_check_only

# Gets the URL, the file to write, and the Pooch that asks for it.
@type_check_only
class _Downloader(Protocol):
    def __call__(self, url: str, output: str, pup: Pooch, /) -> None: ...

class HTTPDownloader:
    def __init__(
        self, progressbar: bool = False, chunk_size: int = 1024, **kwargs: float
    ) -> None: ...
    def __call__(
        self, url: str, output_file: str, pooch: object, check_only: Literal[False] = False
    ) -> None: ...

class Pooch:
    def __init__(
        self,
        path: Path | str,
        base_url: str,
        registry: Mapping[str, str | None] | None = None,
        urls: Mapping[str, str] | None = None,
        retry_if_failed: int = 0,
        allow_updates: bool = True,
    ) -> None: ...
    def fetch(
        self,
        fname: str,
        processor: Callable[[str, str, Pooch], str] | None = None,
        downloader: _Downloader | None = None,
        progressbar: bool = False,
    ) -> str: ...

def create(
    path: Path | str,
    base_url: str,
    version: str | None = None,
    version_dev: str = "master",
    env: str | None = None,
    registry: Mapping[str, str | None] | None = None,
    urls: Mapping[str, str] | None = None,
    retry_if_failed: int = 0,
    allow_updates: bool | str = True,
) -> Pooch: ...
def os_cache(project: str) -> Path: ...
