"""The threads of BLAS, and purenn's own threads in their place.

>>> import numpy as np
>>> import purenn as nn
>>> from purenn import blas, layers
>>> model = layers.conv(8, 3) >> nn.relu() >> layers.global_average_pool() >> nn.linear(2)
>>> data = nn.dataset(np.zeros((8, 6, 6, 1), np.float32), np.arange(8) % 2)
>>> optimizer = nn.adam(0.001)
>>> state = optimizer.init(model.init(nn.Key(0), data.example))
>>> step = nn.training_step(model, nn.softmax_cross_entropy(), optimizer)
>>> with blas.one_thread():
...     state, reports = nn.fold(step, state, nn.shuffled_batches(data, 4, nn.Key(1), 0))
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from threading import RLock

if not importlib.util.find_spec("threadpoolctl"):
    raise ModuleNotFoundError(
        "purenn.blas needs threadpoolctl: in a clone of purenn, pip install '.[runs]'."
    )

from threadpoolctl import OpenBLASController, ThreadpoolController

from purenn.kernels.threads import in_each_fork, is_room_wanted, room

__all__ = ["one_thread"]

# A generator that the garbage collector ends may come between, in the same thread.
_LOCKS = [RLock()]
_LIMITS: list[Callable[[], None]] = []
_pools = cache(ThreadpoolController)  # to look for them takes as long as some epochs


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS to one thread in the whole process, until the last such block has ended.

    Within it, purenn's own threads share convolutions, and compute the two cotangents of a large
    linear layer in parallel: the bits do not depend on how many there are. This trains
    convolutional nets faster on processors without AVX-512, where threads of BLAS do not help them.
    Wide linear layers need the threads of BLAS. Threads that you start within share no work.
    """
    try:
        with room():
            _heeded(_limit)
            yield
    finally:
        _heeded(_give_back)


def _limit() -> None:
    if not _LIMITS:  # what is to be given back, before Ctrl-C can come between
        _LIMITS.append(_pools().limit().restore_original_limits)
    _pools().limit(limits=1)


def _give_back() -> None:
    """Give BLAS its threads back if nobody is left who wants one."""
    if not is_room_wanted():
        for restore in _LIMITS:
            restore()
        _LIMITS.clear()


def _heeded(change: Callable[[], None]) -> None:
    """Let this thread change the limit, and the next: threadpoolctl 3.8 heeds only the first."""
    with _LOCKS[0]:  # itself: a generator that Ctrl-C leaves half-way would keep it
        _heed_anyone()
        change()
        _heed_anyone()


def _heed_anyone() -> None:
    if hasattr(OpenBLASController, "clear_controlling_thread"):
        OpenBLASController.clear_controlling_thread(force=True)


def _give_back_in_fork() -> None:
    """Give them back if only threads wanted one that a fork has none of, nor of their locks."""
    _LOCKS[:] = [RLock()]
    if _LIMITS:
        _heeded(_give_back)


in_each_fork(_give_back_in_fork)
