"""BLAS on one thread, while anybody in the process wants that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from threadpoolctl import threadpool_limits

_LOCK = Lock()
_LIMITS: list[threadpool_limits] = []


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit the whole process, until the last of those who want that has left.

    The last limit goes first, whoever leaves: it gives back one thread, and the first one of all
    what was set before.
    """
    with _LOCK:
        _LIMITS.append(threadpool_limits(1))
    try:
        yield
    finally:
        with _LOCK:
            _LIMITS.pop().restore_original_limits()
