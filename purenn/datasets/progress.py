"""How a download tells what it is doing: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

import attrs

# Takes the number of bytes that just came.
Advance = Callable[[int], None]


class Progress(Protocol):
    """Whoever is told of what goes on."""

    def say(self, line: str) -> None:
        """Tell in one line what happens next."""

    def transfer(self, name: str, size: int) -> AbstractContextManager[Advance]:
        """Tell how the transfer of a file proceeds; `size` is 0 if nobody knows it."""


@attrs.frozen
class Lines:
    """Plain lines: one when a transfer starts and one for each further quarter of it."""

    stream: TextIO

    def say(self, line: str) -> None:
        """Write a line."""
        self.stream.write(f"{line}\n")
        self.stream.flush()

    @contextmanager
    def transfer(self, name: str, size: int) -> Iterator[Advance]:
        """Write lines as a transfer proceeds."""
        self.say(f"{name}: {megabytes(size)}" if size else name)
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            before, done = done, done + count
            if size and 4 * done // size > 4 * before // size:
                self.say(f"{name}: {100 * done // size} %")

        yield advance


class Bars:
    """Progress bars of rich, on the terminal behind standard error."""

    def __init__(self) -> None:
        from rich.console import Console

        self.console = Console(stderr=True)

    def say(self, line: str) -> None:
        """Print a line."""
        self.console.print(line, markup=False, highlight=False)

    @contextmanager
    def transfer(self, name: str, size: int) -> Iterator[Advance]:
        """Draw a bar until the transfer ends."""
        from rich import progress

        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.DownloadColumn(),
            progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
        )
        with progress.Progress(*columns, console=self.console) as bars:
            task = bars.add_task(name, total=size or None)
            yield lambda count: bars.advance(task, count)


def megabytes(size: int) -> str:
    """A number of bytes for people.

    >>> megabytes(26421880)
    '26.4 MB'
    """
    return f"{size / 1e6:.1f} MB"


def on_standard_error() -> Progress:
    """Bars if standard error is a terminal and rich is installed, else lines."""
    if sys.stderr.isatty():
        try:
            return Bars()
        except ImportError:
            return Lines(sys.stderr)
    return Lines(sys.stderr)
