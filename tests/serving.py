"""Servers on this machine that hand out files, or fail to, in the ways that servers do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import attrs


@attrs.frozen
class Exchange:
    """A request that waits for its answer, and the event that ends all waiting."""

    handler: BaseHTTPRequestHandler
    closing: Event

    def start(self, size: int | None) -> None:
        """Begin an answer that announces so many bytes, or keeps silent about it."""
        self.handler.send_response(200)
        if size is not None:
            self.handler.send_header("Content-Length", str(size))
        self.handler.end_headers()

    def send(self, body: bytes) -> None:
        """Send bytes of the body at once."""
        self.handler.wfile.write(body)
        self.handler.wfile.flush()


Answer = Callable[[Exchange], None]


def whole(body: bytes) -> Answer:
    """All of it."""

    def answer(exchange: Exchange) -> None:
        exchange.start(len(body))
        exchange.send(body)

    return answer


def failing(status: int) -> Answer:
    """An HTTP error."""

    def answer(exchange: Exchange) -> None:
        exchange.handler.send_error(status)

    return answer


def broken_off(body: bytes, size: int | None) -> Answer:
    """A body, and then the end of the connection, whatever size was announced."""

    def answer(exchange: Exchange) -> None:
        exchange.start(size)
        exchange.send(body)

    return answer


def stalling(body: bytes) -> Answer:
    """Half of it, and then nothing."""

    def answer(exchange: Exchange) -> None:
        exchange.start(len(body))
        exchange.send(body[: len(body) // 2])
        exchange.closing.wait(60)

    return answer


def silent(exchange: Exchange) -> None:
    """Not even the beginning of an answer."""
    exchange.closing.wait(60)


def dripping(exchange: Exchange) -> None:
    """A byte now and then, for a minute."""
    exchange.start(10**6)
    while not exchange.closing.is_set():
        exchange.send(b"x")
        time.sleep(0.02)


def senseless(exchange: Exchange) -> None:
    """Something that is no HTTP."""
    exchange.send(b"what?\r\n\r\n")


@attrs.frozen
class Server:
    """Where a server is, and the paths that were asked for."""

    url: str
    requests: list[str] = attrs.field(factory=list)


@contextmanager
def serve(answers: Mapping[str, Answer]) -> Iterator[Server]:
    """A server with an answer for each path; it answers 404 to all others."""
    closing = Event()
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.path)
            try:
                answers.get(self.path, failing(404))(Exchange(self, closing))
            except ConnectionError:  # the client gave up, as it should
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
            """Keep silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Server(f"http://127.0.0.1:{server.server_port}/", requests)
        finally:
            closing.set()
            server.shutdown()
            thread.join()
