"""BLAS on one thread, while anybody in the process wants that."""

from __future__ import annotations

from threading import Lock
from types import TracebackType

from threadpoolctl import threadpool_limits


class _OneThread:
    """The limit of the whole process: the first to enter sets it, and the last to leave ends it.

    Limits of threads that overlap would each give back what another had set.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._users = 0
        self._limits: threadpool_limits | None = None

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            if self._limits is None:
                self._limits = threadpool_limits(1)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._users -= 1
            if self._limits is not None and not self._users:
                self._limits.restore_original_limits()
                self._limits = None


ONE_THREAD = _OneThread()
