"""Ctrl-C and SIGTERM as a request that is looked at between steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from purenn.errors import InterruptionError


class Stop:
    """Whether somebody asked the run to stop, and by which signal."""

    signal: int | None = None


# Runs under way, of which there may be several in one process, and the handlers before them.
STOPS: list[Stop] = []
BEFORE: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
UNSERVED: list[int] = []  # the request that no run has ended with yet


@contextmanager
def interruptible() -> Iterator[Stop]:
    """Turn the first SIGINT or SIGTERM into a request; the second acts as if this were not here.

    A request that came too late to end a run with InterruptionError acts after the last run.
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
    act = signal.raise_signal
    try:
        yield stop
    except InterruptionError:
        UNSERVED.clear()
        raise
    except GeneratorExit:
        act = _raise_soon
        raise
    finally:
        STOPS.remove(stop)
        if not STOPS:
            _restore()
            while UNSERVED:
                act(UNSERVED.pop())


def _request(number: int, frame: FrameType | None) -> None:
    unasked = [stop for stop in STOPS if stop.signal is None]
    for stop in unasked:
        stop.signal = number
    UNSERVED[:] = [number] if unasked else []
    if not unasked and BEFORE:  # once, though a handler of one's own may call this one for ever
        _restore()
        signal.raise_signal(number)


def _raise_soon(number: int) -> None:
    # `break` throws a loop's iterator away, and Python what is raised while it does that.
    threading.Timer(0.01, signal.raise_signal, (number,)).start()


def _restore() -> None:
    if threading.current_thread() is not threading.main_thread():
        return  # the next signal restores them
    while BEFORE:
        number, handler = BEFORE.popitem()
        if signal.getsignal(number) is _request:  # and not one that was set in the meantime
            signal.signal(number, handler)
