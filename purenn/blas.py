"""The threads of BLAS, and those of purenn's own in their place.

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

if not importlib.util.find_spec("threadpoolctl"):
    raise ModuleNotFoundError(
        "purenn.blas needs threadpoolctl: in a clone of purenn, pip install '.[runs]'."
    )

from threadpoolctl import OpenBLASController, ThreadpoolController

from purenn.kernels.threads import forkable_lock, has_room, in_each_fork, room

__all__ = ["one_thread"]

_LOCK = forkable_lock()
_LIMITS: list[Callable[[], None]] = []
_pools = cache(ThreadpoolController)  # to look for them takes as long as some epochs


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit BLAS in the whole process to one thread, until the last who wants that has left.

    Within, threads of purenn's own share convolutions, and compute the two cotangents of a large
    linear layer at once: the bits do not depend on how many there are. Convolutional nets train
    faster so on processors without AVX-512, where threads of BLAS gain nothing for them. Wide
    linear layers need the threads of BLAS. Threads that you begin within share nothing.
    """
    # The last limit goes first, whoever leaves: it gives back one thread, and the first one of all
    # what was set before.
    with _heeded():
        _LIMITS.append(_pools().limit(limits=1).restore_original_limits)
    try:
        with room():
            yield
    finally:
        _lift(1)


def _lift(most: int | None = None) -> None:
    """Lift the last limits, if there are any: a fork has lifted those that others had in force."""
    with _heeded():
        for _ in _LIMITS[:most]:
            _LIMITS.pop()()


@contextmanager
def _heeded() -> Iterator[None]:
    """Let this thread change the limit, and the next: threadpoolctl 3.8 heeds only the first."""
    with _LOCK:
        _heed_anyone()
        yield
        _heed_anyone()


def _heed_anyone() -> None:
    if hasattr(OpenBLASController, "clear_controlling_thread"):
        OpenBLASController.clear_controlling_thread(force=True)


def _lift_in_fork() -> None:
    """Lift the limits of other threads, which a fork has none of."""
    if _LIMITS and not has_room():
        _lift()


in_each_fork(_lift_in_fork)
