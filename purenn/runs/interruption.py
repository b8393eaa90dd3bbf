"""Ctrl-C and SIGTERM as a request that is checked between steps."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import attrs

from purenn.errors import InterruptionError
from purenn.kernels.threads import in_each_fork

NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether somebody asked the run to stop, and by which signal."""

    signal: int | None = None


STOPS: list[Stop] = []  # of the runs under way, of which there may be several in one process
UNSERVED: list[int] = []  # the request that no run has ended with yet


@attrs.frozen(eq=False)
class _Request:
    """The handler that asks all runs to stop; where none is left to ask, the one before it."""

    before: Callable[[int, FrameType | None], object] | int

    def __call__(self, number: int, frame: FrameType | None) -> None:
        unasked = [stop for stop in STOPS if stop.signal is None]
        for stop in unasked:
            stop.signal = number
        UNSERVED[:] = [number] if unasked else []
        if unasked:
            return
        _restore()
        if callable(self.before):
            self.before(number, frame)
        else:
            signal.signal(number, self.before)
            signal.raise_signal(number)


@contextmanager
def interruptible() -> Iterator[Stop]:
    """Turn the first SIGINT or SIGTERM into a request; the second acts as it would without this.

    A request that came too late to end a run with InterruptionError acts after the last run.
    Signals that the process ignores stay ignored. Python handles signals in the main thread alone:
    in others the request never comes.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    for number in NUMBERS:
        before = signal.getsignal(number)
        # A handler that was not set from Python shows as None and could not be put back.
        if not (before is None or before == signal.SIG_IGN or isinstance(before, _Request)):
            signal.signal(number, _Request(before))
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
        with suppress(ValueError):  # in a fork
            STOPS.remove(stop)
        if not STOPS:
            _restore()
            while UNSERVED:
                act(UNSERVED.pop())


def _raise_soon(number: int) -> None:
    # `break` throws a loop's iterator away, and Python what is raised while it does that.
    started = threading.Event()
    threading.Thread(target=_raise_in_main_thread, args=(number, started)).start()
    started.set()  # on a busy machine `start` may take longer than what follows it


def _raise_in_main_thread(number: int, started: threading.Event) -> None:
    started.wait(1.0)
    time.sleep(0.01)
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):  # which wakes it if it waits
        signal.pthread_kill(main, number)
    else:
        signal.raise_signal(number)


def _restore() -> None:
    if threading.current_thread() is not threading.main_thread():
        return  # the next signal restores them
    for number in NUMBERS:
        handler = signal.getsignal(number)
        if isinstance(handler, _Request):  # and not one that was set in the meantime
            signal.signal(number, handler.before)


def _let_go() -> None:
    STOPS.clear()
    UNSERVED.clear()
    _restore()


in_each_fork(_let_go)  # forks are no run: SIGTERM ends them, as a pool expects
