"""Operations shared by threads: results, order, errors and what lies around them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import nullcontext
from contextvars import copy_context
from threading import Barrier, Event, Thread, get_ident
from time import sleep

import numpy as np
import pytest
from contracts import KEY, P, bits, dtypes, pulled
from threadpoolctl import ThreadpoolController, threadpool_info

import purenn as nn
from purenn import blas, layers, linear
from purenn.arrays import FloatDtype, Images, Matrix
from purenn.kernels import convolutions, threads
from purenn.kernels.products import products
from purenn.kernels.threads import WORTH, beside, has_room, room, shared
from purenn.layers import Layer, Linear, conv

FORKING = """
shared(abs, [-1, -2])
child = os.fork()
assert shared(abs, [-3, -4]) == [3, 4]
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
# Locks that another thread has, or had, at the fork; SIGALRM ends a child that waits for one.
LOCKED = """
import signal
from threading import Thread
from purenn.blas import _LOCKS, one_thread
from purenn.kernels import memory
for lock in (*_LOCKS, memory._lock):
    thread = Thread(target=lock.acquire)
    thread.start()
    thread.join()
if not (child := os.fork()):
    signal.alarm(20)
    with one_thread():
        os._exit(memory._lock.locked())
print(os.waitpid(child, 0)[1])
"""
# A limit of BLAS by another thread, which is not there to lift it in a fork.
LIMITED = """
from contextlib import nullcontext
from threading import Event, Thread
from purenn.blas import _pools, one_thread
begun, may_end = Event(), Event()
count = lambda: [pool["num_threads"] for pool in _pools().info()]
def fit():
    with one_thread():
        begun.set()
        may_end.wait()
before = count()
Thread(target=fit).start()
begun.wait()
for within in (nullcontext(), one_thread()):
    with within:
        child = os.fork()
    if not child:
        os._exit(count() != before)
    print(os.waitpid(child, 0)[1])
may_end.set()
"""
EXITING = "atexit.register(lambda: print(shared(abs, [-1, -2])))"


@pytest.fixture(autouse=True)
def three_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(threads, "cores", lambda: 3)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    threads.helpers.cache_clear()
    yield
    threads.helpers.cache_clear()


def one_thread(work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> object:
    with monkeypatch.context() as patch:
        patch.setenv("OPENBLAS_NUM_THREADS", "1")
        threads.helpers.cache_clear()
        found = work()
    threads.helpers.cache_clear()
    return found


def test_three_threads_work_at_once_and_give_results_in_order() -> None:
    barrier = Barrier(3, timeout=60)

    def meet(item: int) -> tuple[int, int]:
        barrier.wait()
        return item * item, get_ident()

    found = shared(meet, range(9))
    assert [square for square, _ in found] == [item * item for item in range(9)]
    assert len({thread for _, thread in found}) == 3
    assert shared(meet, ()) == []


def test_the_environment_of_blas_limits_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = one_thread(lambda: set(shared(lambda _: get_ident(), range(9))), monkeypatch)
    assert alone == {get_ident()}
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    monkeypatch.setenv("OMP_NUM_THREADS", "2,1")
    assert threads.helpers(os.getpid())[0] == 2  # not a number: the cores decide


def test_errors_come_from_any_thread_and_harm_nothing() -> None:
    caller, barrier = get_ident(), Barrier(3, timeout=60)

    def fail(item: int) -> None:
        if barrier.wait() >= 0 and get_ident() != caller:
            raise LookupError(f"item {item}")

    with pytest.raises(LookupError, match="item"):
        shared(fail, range(3))
    with pytest.raises(ZeroDivisionError, match="zero"):
        shared(lambda item: 1 // item, range(9))
    assert shared(abs, range(9)) == list(range(9))


def test_the_threads_that_could_be_started_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    start, caller, begun, may_start = Thread.start, get_ident(), Event(), [True]

    def start_once(thread: Thread) -> None:
        if not may_start:
            raise RuntimeError("can't start new thread")
        may_start.clear()
        start(thread)
        assert begun.wait(60)

    def wait(item: int) -> int:
        begun.set()
        sleep(0.1 * (get_ident() != caller))
        return item

    monkeypatch.setattr(Thread, "start", start_once)
    assert shared(wait, range(3)) == [0, 1, 2]
    assert not threads.helpers.cache_info().currsize  # nor is the work kept that had no thread


def test_a_thread_to_which_ctrl_c_came_as_it_began_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    start, begun = Thread.start, list[Thread]()

    def interrupted(thread: Thread) -> None:
        start(thread)
        begun.append(thread)
        raise KeyboardInterrupt

    monkeypatch.setattr(Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        shared(abs, range(3))
    begun[0].join(60)
    assert not begun[0].is_alive()
    assert shared(abs, range(3)) == [0, 1, 2]


def test_shared_work_may_share_its_own() -> None:
    found = shared(lambda one: sum(shared(lambda two: one * two, range(9))), range(9))
    assert found == [36 * one for one in range(9)]


def test_what_is_begun_beside_is_done_once_by_another_thread_or_else_by_this_one() -> None:
    begun, may_end = Barrier(3, timeout=60), Event()

    def work() -> int:
        begun.wait()
        assert may_end.wait(60)
        return get_ident()

    assert beside(work, WORTH) is work
    with room():
        assert beside(work, WORTH - 1) is work
        first, second = beside(work, WORTH), beside(work, WORTH)
        begun.wait()
        assert beside(get_ident, WORTH)() == get_ident()  # no thread is left for it
        may_end.set()
        assert len({first(), second(), get_ident()}) == 3
        failing = beside(lambda: 1 // 0, WORTH)
    with pytest.raises(ZeroDivisionError):
        failing()
    assert beside(work, WORTH) is work


def test_what_nobody_asks_for_makes_no_queue() -> None:
    may_end, done = Event(), list[int]()
    with room():
        unwanted = [beside(lambda: may_end.wait(60), WORTH) for _ in range(2)]
        found = beside(lambda: done.append(1), WORTH)
    may_end.set()
    assert all(wait() for wait in unwanted)
    assert found() is found() is None
    assert len(done) == 2  # by this thread, as often as it asked


def test_what_could_not_be_begun_is_done_by_this_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    start, may_start, may_end = Thread.start, [True], Event()

    def start_once(thread: Thread) -> None:
        if not may_start:
            raise RuntimeError("can't start new thread")
        may_start.clear()
        start(thread)

    monkeypatch.setattr(Thread, "start", start_once)
    with room():
        first, second = beside(lambda: may_end.wait(60), WORTH), beside(lambda: 7, WORTH)
    may_end.set()  # and the one thread finds the second in the queue
    assert first()
    sleep(0.1)
    assert second() == 7


@pytest.mark.parametrize("layer", [linear(1000), nn.portable(linear(1000))], ids=repr)
def test_cotangents_have_the_same_bits_beside_each_other(
    layer: Layer[Linear, Matrix, Matrix],
) -> None:
    x: Matrix = np.random.default_rng(0).standard_normal((100, 60)).astype(np.float32)
    params = layer.init(KEY, x)
    alone = bits(pulled(layer, params, x))
    with room():
        assert bits(pulled(layer, params, x)) == alone


def test_the_callers_error_state_holds_in_all_threads() -> None:
    barrier, zero = Barrier(3, timeout=60), np.zeros(1)

    def divide(item: int) -> float:
        barrier.wait()
        return float((item / zero)[0])

    with np.errstate(divide="ignore"):
        assert shared(divide, (1, -1, 2)) == [np.inf, -np.inf, np.inf]
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError, match="divide"):
        shared(divide, (1, -1, 2))


@dtypes
def test_images_have_the_same_bits(dtype: FloatDtype, monkeypatch: pytest.MonkeyPatch) -> None:
    x: Images = np.random.default_rng(0).standard_normal((100, 14, 14, 16)).astype(dtype)

    def check(layer: Layer[P, Images, Images]) -> None:
        params = layer.init(KEY, x)

        @blas.one_thread()
        def results() -> object:
            return bits(pulled(layer, params, x))

        assert results() == one_thread(results, monkeypatch)

    for features, groups in ((64, 1), (64, 2), (16, 16)):
        check(conv(features, 5, groups=groups))
    check(layers.max_pool(4, 2))
    check(layers.average_pool(4, 2))
    check(layers.group_norm(4))
    check(layers.batch_norm())


@pytest.mark.parametrize("is_alone", [True, False])
def test_convolutions_are_shared_where_blas_leaves_cores(
    is_alone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, met = set[int](), Barrier(3 if is_alone else 1, timeout=60)

    def watching(*given: Images) -> Images:
        if get_ident() not in used:
            used.add(get_ident())
            met.wait()
        return products(*given)

    monkeypatch.setattr(convolutions, "has_avx512", lambda: False)
    monkeypatch.setattr(convolutions, "products", watching)
    x: Images = np.ones((200, 14, 14, 16), np.float32)
    layer = conv(64, 5)
    params = layer.init(KEY, x)
    with blas.one_thread() if is_alone else nullcontext():
        layer.apply(params, x)
    assert len(used) == met.parties


def blas_threads() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info()]


def test_generators_leave_in_any_order_and_context() -> None:
    def steps() -> Generator[None]:
        with blas.one_thread():
            yield

    before, several = blas_threads(), [steps(), steps()]
    for each in several:
        next(each)
    for each in several:
        assert has_room()
        copy_context().run(each.close)
    assert (has_room(), blas_threads()) == (False, before)


def test_a_generator_may_be_ended_while_a_limit_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    def steps() -> Generator[None]:
        with blas.one_thread():
            yield

    before, abandoned, heed = blas_threads(), [steps()], blas._heed_anyone
    next(abandoned[0])

    def collecting() -> None:
        while abandoned:
            abandoned.pop().close()
        heed()

    monkeypatch.setattr(blas, "_heed_anyone", collecting)
    with blas.one_thread():
        assert has_room()
    assert blas_threads() == before


def test_an_interruption_gives_threads_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before, pools = blas_threads(), blas._pools()

    def limit(limits: int | None = None) -> object:
        made = ThreadpoolController.limit(pools, limits=limits)
        if limits:
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(pools, "limit", limit)
    with pytest.raises(KeyboardInterrupt), blas.one_thread():
        pass
    assert blas_threads() == before


@pytest.mark.parametrize(
    ("program", "output"),
    [(FORKING, ""), (EXITING, "[1, 2]\n"), (LOCKED, "0\n"), (LIMITED, "0\n0\n")],
    ids=["fork", "exit", "locked", "limited"],
)
def test_forks_have_their_own_threads_and_work_is_done_at_exit(program: str, output: str) -> None:
    head = "import atexit, os; from purenn.kernels.threads import shared\n"
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", head + program]
    variables = {**os.environ, "OPENBLAS_NUM_THREADS": "2"}
    assert subprocess.check_output(command, env=variables, text=True, timeout=60) == output
