"""Ctrl-C and SIGTERM as a request that is looked at between steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether somebody asked the run to stop, and by which signal."""

    signal: int | None = None


# Runs under way, of which there may be several in one process, and the handlers before them.
STOPS: list[Stop] = []
BEFORE: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}


@contextmanager
def interruptible() -> Iterator[Stop]:
    """Turn the first SIGINT or SIGTERM into a request; the second acts as if this were not here.

    Signals that the process ignores stay ignored. Python handles signals in the main thread alone:
    in others the request never comes.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        handler = signal.getsignal(number)
        # A handler that was not set from Python shows as None and could not be put back.
        if handler not in (_request, signal.SIG_IGN, None):
            BEFORE[number] = handler
            signal.signal(number, _request)
    STOPS.append(stop)
    try:
        yield stop
    finally:
        STOPS.remove(stop)
        if not STOPS:
            _restore()


def _request(number: int, frame: FrameType | None) -> None:
    for stop in STOPS:
        stop.signal = number
    _restore()


def _restore() -> None:
    while BEFORE:
        number, handler = BEFORE.popitem()
        if signal.getsignal(number) is _request:  # and not one that was set in the meantime
            signal.signal(number, handler)
