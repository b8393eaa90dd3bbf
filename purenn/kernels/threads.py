"""Threads that share the blocks of an operation, or compute one operation beside another.

It pays where calls of NumPy and BLAS, which let other threads run, take thirty microseconds or
longer: between calls, threads wait for one another. Which thread does what shows in no result, nor
does how many there are.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import lru_cache
from threading import Lock, get_ident
from typing import TYPE_CHECKING

from purenn.arrays import R, T
from purenn.kernels.processor import cores

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

# More of them would wait for one another too often.
MOST = 8
# Multiplications that take longer than it takes to wake a thread.
WORTH = 2**22
LIMITS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


def in_each_fork(act: Callable[[], object]) -> None:
    """Have a function called in each fork of this process, where there are forks."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=act)


def forkable_lock() -> Lock:
    """A lock that is open in a fork, which has none of the threads that may have held it."""
    lock = Lock()

    def open_it() -> None:
        if lock.locked():
            lock.release()

    in_each_fork(open_it)
    return lock


@lru_cache(maxsize=1)
def helpers(process: int) -> tuple[int, Executor | None]:
    """The number of helping threads, and their pool: anew in each process, for a fork has none.

    Each core has a thread, up to `MOST`, unless the environment says that BLAS shall have fewer.
    """
    told = [int(text) for text in map(os.environ.get, LIMITS) if text and text.isdigit()]
    count = min([cores(), MOST, *told[:1]]) - 1
    if count < 1:
        return 0, None
    from concurrent.futures import ThreadPoolExecutor

    return count, ThreadPoolExecutor(count, "purenn")


def shared(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """What the function gives for each item, with this thread and helpers at work at once."""
    if len(items) < 2:
        return list(map(work, items))
    rest, held = deque(enumerate(items)), [work]
    found: dict[int, R] = {}

    def run() -> None:
        (own,) = held
        while rest:
            try:
                index, item = rest.popleft()
            except IndexError:  # another thread was faster
                return
            found[index] = own(item)

    others = _begun(run, len(items) - 1)
    try:
        run()
    finally:
        rest.clear()
        problems = [other.exception() for other in others if not other.cancel()]
        held.clear()  # a thread may take its time to forget `run`, but not what is held
    for problem in filter(None, problems):
        raise problem
    return [found[index] for index in range(len(items))]


Wish = tuple[int, object]  # of a thread

_wishes: set[Wish] = set()  # of all threads
_wish: ContextVar[Wish | None] = ContextVar("wish", default=None)


def has_room() -> bool:
    """Whether BLAS leaves cores to these threads."""
    return _wish.get() in _wishes


def is_room_wanted() -> bool:
    """Whether anyone wants BLAS to leave cores."""
    return bool(_wishes)


@contextmanager
def room() -> Iterator[None]:
    """Say that BLAS is limited to one thread, and leaves the other cores to these threads.

    A generator may be left in another context than it was entered in, and before an earlier one.
    """
    before, wish = _wish.get(), (get_ident(), object())
    try:
        _wishes.add(wish)
        _wish.set(wish)
        yield
    finally:
        _wishes.discard(wish)
        if _wish.get() is wish:
            _wish.set(before)


def _forget_others() -> None:
    """Forget the wishes of other threads, which a fork has none of."""
    _wishes.intersection_update([wish for wish in _wishes if wish[0] == get_ident()])


in_each_fork(_forget_others)


def beside(work: Callable[[], R], multiplications: int) -> Callable[[], R]:
    """What gives the result of work that another thread may have begun, if that is worth it."""
    if multiplications < WORTH or not has_room():
        return work
    held = [work]

    def run() -> R:
        return held.pop()()  # as in `shared`, a thread holds on to nothing else

    unfinished = _unfinished(os.getpid())
    others = _begun(run, 1, len(unfinished))
    for other in others:
        unfinished.add(other)
        other.add_done_callback(unfinished.discard)

    def result() -> R:
        if others and not others[0].cancel():
            return others[0].result()
        held.clear()  # for a thread may still find it in the queue
        return work()

    return result


@lru_cache(maxsize=1)
def _unfinished(process: int) -> set[object]:
    """What `beside` has begun. Nobody asks for some of it, such as a first layer's cotangent."""
    return set()


def _begun(run: Callable[[], R], most: int, taken: int = 0) -> list[Future[R]]:
    """The calls of the function in at most `most` other threads, of which so many are taken."""
    begun: list[Future[R]] = []
    try:
        count, pool = helpers(os.getpid())
        while pool is not None and len(begun) < min(count - taken, most):
            begun.append(_submitted(pool, run))
    except RuntimeError:  # at exit, and where no more threads can be started
        helpers.cache_clear()  # for its pool holds on to what it could not begin
    return begun


def _submitted(pool: Executor, run: Callable[[], R]) -> Future[R]:
    try:
        return pool.submit(copy_context().run, run)
    except BaseException:
        pool.shutdown(wait=False)  # lest exit wait for a thread that Ctrl-C came to as it began
        raise
