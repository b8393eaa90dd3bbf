"""Files from mirrors over HTTP, given up soon where nobody answers."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar
from urllib.parse import urljoin

import attrs

from purenn.datasets.files import Deliveries, SourceFile
from purenn.datasets.progress import Progress
from purenn.errors import UnavailableError

T = TypeVar("T")

# All of them hold the four files as they were published, under the names of `SourceFile.archive`.
MIRRORS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)

CHUNK = 2**16
SLACK = 2**16  # an archive is hardly ever larger than its content


@attrs.frozen
class Patience:
    """How long to wait, in seconds.

    Args:
        answer: until a server has been found and its answer begins, whatever it takes: looking up
            its name, trying all of its addresses, encryption.
        silence: between two pieces of a file.
        whole: for one file.
    """

    answer: float = 10.0
    silence: float = 10.0
    whole: float = 900.0


def from_mirror(
    mirror: str, files: tuple[SourceFile, ...], patience: Patience, progress: Progress
) -> Deliveries:
    """The archives of files at a mirror, as they come, each with its URL.

    Raises:
        UnavailableError: there is no answer, an error, or an end before the end.
    """
    progress.say(f"Downloading from {mirror}")
    for file in files:
        url = urljoin(mirror, file.archive)
        yield file, fetch(url, file.size + SLACK, patience, progress), url


def fetch(url: str, limit: int, patience: Patience, progress: Progress) -> bytes:
    """The bytes behind a URL.

    Raises:
        UnavailableError: there is no answer, an error, an end before the end, or no end within
            `limit` bytes or the time given.
    """
    deadline = time.monotonic() + patience.whole
    try:
        with open_url(url, patience) as response:
            size = int(response.getheader("Content-Length", "0"))
            with progress.transfer(url.rpartition("/")[-1], size) as advance:
                received = _receive(response, limit, deadline, advance)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise UnavailableError(f"{url}: {_reason(error)}.") from error
    if len(received) < size:
        raise UnavailableError(
            f"{url}: the transfer broke off after {len(received)} of {size} bytes."
        )
    return received


def open_url(url: str, patience: Patience) -> http.client.HTTPResponse:
    """The beginning of an answer.

    Raises:
        OSError: there is none, or it is an error.
    """
    request = urllib.request.Request(url, headers={"User-Agent": "purenn"})

    def connect() -> http.client.HTTPResponse:
        response: object = urllib.request.urlopen(request, timeout=patience.silence)
        if not isinstance(response, http.client.HTTPResponse):
            raise OSError(f"an HTTP server was expected, not a {type(response).__name__}")
        return response

    try:
        return within(patience.answer, connect)
    except urllib.error.HTTPError as error:
        error.close()
        raise OSError(f"the server answers {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise OSError(f"no connection ({error.reason})") from error


def within(seconds: float, action: Callable[[], T]) -> T:
    """The result of an action, or its exception.

    The time-outs of sockets hold for one address and one read, and looking up a name has none.
    This holds for all of it. An action that takes longer is left to itself.

    Raises:
        TimeoutError: it took longer.
    """
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(action())
        except BaseException as error:
            result.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return result.result(seconds)
    except TimeoutError as error:
        if result.done():  # it was the action's own
            raise
        raise TimeoutError(f"no answer within {seconds:g} seconds") from error


def _receive(
    response: http.client.HTTPResponse,
    limit: int,
    deadline: float,
    advance: Callable[[int], None],
) -> bytes:
    pieces: list[bytes] = []
    count = 0
    # read1 returns what has come; read would wait for a whole chunk from a server that drips.
    while piece := response.read1(CHUNK):
        pieces.append(piece)
        count += len(piece)
        advance(len(piece))
        if count > limit:
            raise OSError(f"the file is longer than {limit} bytes")
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {count} bytes had come when the time was up")
    return b"".join(pieces)


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError() if str(error) == "timed out":
            return "the server fell silent"
        case http.client.HTTPException() | ValueError():
            return f"the answer makes no sense ({error!r})"
        case _:
            return str(error)
