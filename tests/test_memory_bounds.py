"""Recycled memory is bounded, ends with its thread, survives a fork, and is plain where need be."""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from collections.abc import Iterator
from threading import Thread
from types import FrameType, SimpleNamespace
from typing import Self

import pytest
from test_memory_reuse import BYTE, pooled

from purenn.arrays import FLOAT32, Whole
from purenn.kernels import memory

SHAPE = (64, 256)
BYTES = 64 * 256 * 4


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    memory.release()
    yield
    memory.release()


def test_a_million_odd_shapes_stay_within_the_limit() -> None:
    for extra in range(1_000_000):
        memory.empty((memory.SMALL + extra,), BYTE)
        if extra % 100_000 == 0:
            assert pooled() == memory.held() <= memory.LIMIT
    assert memory.LIMIT // 2 < pooled() == memory.held() <= memory.LIMIT


def test_arrays_that_are_kept_forever_do_not_slow_the_search_without_end() -> None:
    kept = [memory.empty(SHAPE, FLOAT32) for _ in range(memory.MOST + 10)]
    assert memory.held() == memory.MOST * BYTES
    assert len({array.ctypes.data for array in kept}) == len(kept)


def test_the_oldest_shapes_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LIMIT", 3 * memory.SMALL + 3)
    kept = [memory.empty((memory.SMALL + extra,), BYTE) for extra in range(3)]
    assert memory.held() == 3 * memory.SMALL + 3
    for array in kept:
        array[...] = 7
    memory.empty((memory.SMALL,), BYTE)  # the first of them is in use: another one is needed
    assert [key[0][0] - memory.SMALL for key in memory._threads.pool.blocks] == [1, 2, 0]
    assert all((array == 7).all() for array in kept)


def test_what_is_larger_than_the_limit_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LIMIT", BYTES - 1)
    array = memory.empty(SHAPE, FLOAT32)
    array[...] = 1.0
    assert memory.held() == 0
    assert array.flags.writeable


def test_small_arrays_are_plain() -> None:
    array = memory.empty((memory.SMALL - 1,), BYTE)
    assert array.flags.owndata
    assert memory.held() == 0


def test_the_memory_of_a_thread_is_given_back_when_it_ends() -> None:
    blocks: list[weakref.ref[object]] = []
    kept: list[Whole] = []
    held: list[int] = []

    def work() -> None:
        arrays: list[Whole] = [memory.empty(SHAPE, FLOAT32) for _ in range(3)]
        arrays[0][...] = 9.0
        blocks.extend(weakref.ref(array.base) for array in arrays if array.base is not None)
        kept.append(arrays[0])
        held.append(memory.held())

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert held == [3 * BYTES]
    assert memory.held() == 0
    assert [block() is not None for block in blocks] == [True, False, False]
    assert (kept[0] == 9.0).all()
    kept.clear()
    assert blocks[0]() is None


FORK = """
import os
import numpy as np
from purenn.arrays import FLOAT32
from purenn.kernels import memory

kept, idle = (memory.empty((64, 256), FLOAT32) for _ in range(2))
kept[...] = 1.0
del idle
child = os.fork()
mine = memory.empty((64, 256), FLOAT32)
mine[...] = 2.0 if child else 3.0
assert memory.held() == 2 * mine.nbytes
if not child:
    os._exit(not ((kept == 1.0).all() and (mine == 3.0).all()))
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
raise SystemExit(status or not ((kept == 1.0).all() and (mine == 2.0).all()))
"""


def test_a_forked_process_goes_on_with_memory_of_its_own() -> None:
    # Without BLAS' threads: forking beside threads is a warning, and so an error.
    alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-W", "error", "-c", FORK], check=True, env=alone)


def test_this_interpreter_tells_what_is_in_use() -> None:
    assert memory._idle_count() == memory._IDLE
    assert memory._IDLE > 0


def test_where_counts_do_not_tell_every_array_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_IDLE", 0)
    array = memory.empty(SHAPE, FLOAT32)
    assert array.flags.owndata
    assert memory.held() == 0


def test_other_interpreters_get_plain_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "implementation", SimpleNamespace(name="pypy"))
    assert memory._idle_count() == 0


def test_interpreters_without_the_global_lock_get_plain_arrays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13))
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert memory._idle_count() == 0


def test_compiled_traces_get_plain_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 14))
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: True, raising=False)
    monkeypatch.setattr(sys, "_jit", SimpleNamespace(is_enabled=lambda: True), raising=False)
    assert memory._idle_count() == 0


@pytest.mark.parametrize("count", [1, 4, 2**31])
def test_counts_that_never_change_get_plain_arrays(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "getrefcount", lambda block: count)
    assert memory._idle_count() == 0


class Debugger:
    """A trace function that looks at the local variables, which keeps them before Python 3.13."""

    def __call__(self, frame: FrameType, event: str, argument: object) -> Self:
        assert frame.f_locals is not None
        return self


def test_a_debugger_does_not_mislead() -> None:
    before = sys.gettrace()
    sys.settrace(Debugger())
    try:
        count = memory._idle_count()
    finally:
        sys.settrace(before)
    assert count in {0, memory._IDLE}
