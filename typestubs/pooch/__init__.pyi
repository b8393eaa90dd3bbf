from pathlib import Path
from typing import IO, Literal

class HTTPDownloader:
    def __init__(
        self, progressbar: bool = False, chunk_size: int = 1024, **kwargs: float
    ) -> None: ...
    def __call__(
        self,
        url: str,
        output_file: str | IO[bytes],
        pooch: object,
        check_only: Literal[False] = False,
    ) -> None: ...

def os_cache(project: str) -> Path: ...
