"""Ctrl-C and SIGTERM as a request that is looked at between steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether somebody asked the run to stop, and by which signal."""

    def __init__(self) -> None:
        self.signal: int | None = None


@contextmanager
def interruptible() -> Iterator[Stop]:
    """Turn the first SIGINT or SIGTERM into a request; the second acts as if this were not here.

    Signals that the process ignores stay ignored. Only the main thread can do this; in others the
    request never comes.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    # A handler that was not set from Python shows as None and could not be put back.
    taken = [number for number in SIGNALS if before[number] not in (signal.SIG_IGN, None)]

    def restore() -> None:
        for number in taken:
            signal.signal(number, before[number])

    def request(number: int, _frame: FrameType | None) -> None:
        stop.signal = number
        restore()

    for number in taken:
        signal.signal(number, request)
    try:
        yield stop
    finally:
        restore()
