"""Recycled memory cannot be told from fresh memory, is bounded, and is plain where need be."""

from __future__ import annotations

import ctypes
import pickle
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.machinery import SourceFileLoader
from types import FrameType, ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from counting import memory_of
from numpy.lib.stride_tricks import as_strided

from purenn.arrays import FLOAT32, FLOAT64, AnyArray, Element, Recycled, Shape
from purenn.kernels import memory
from purenn.kernels.blocks import fresh

if TYPE_CHECKING:
    from _typeshed import TraceFunction

SHAPE, BYTE = (64, 256), np.dtype(np.uint8)
# Few kinds, so that memory is recycled often; the last is too small for that.
KINDS: tuple[tuple[Shape, np.dtype[Element]], ...] = (
    *(((64, 128), FLOAT32), ((8192,), FLOAT32), ((64, 64), FLOAT64)),
    *(((4, 8, 8, 32), FLOAT32), ((32768,), BYTE), ((10, 10), FLOAT32)),
)


def failed(array: AnyArray) -> Exception:
    """An exception, whose traceback keeps this frame, and this frame the array."""
    try:
        raise ValueError(array.shape)
    except ValueError as error:
        return error


def cyclic(array: AnyArray) -> object:
    held: list[object] = [array]
    held.append(held)  # only the garbage collector ends this
    return held


# What keeps the memory of an array: other arrays over it, and things that are no arrays at all.
HOLDERS: tuple[Callable[[AnyArray], object], ...] = (
    *(failed, cyclic, np.nditer, np.from_dlpack),
    lambda a: (row for row in a),
    lambda a: pickle.PickleBuffer(a.data),
    lambda a: a[::-1].T[..., ::2],
    lambda a: a.reshape(-1).view(BYTE),
    lambda a: as_strided(a, writeable=False),
    lambda a: np.frombuffer(a.data, a.dtype),
    lambda a: SimpleNamespace(__array_struct__=a.__array_struct__),
    lambda a: a.data[1:],
    lambda a: a.ctypes,
    lambda a: a.flat,
    lambda a: a.base if a.base is not None else a,
)


Held = tuple[object, int, bytes]  # what keeps memory, where that is, and what has to stay in it


def hold(array: AnyArray, holder: Callable[[AnyArray], object] = cyclic) -> Held:
    return holder(array), array.ctypes.data, array.tobytes()


def make(kind: int, number: int) -> AnyArray:
    """A new array with a content of its own; every other one is read-only."""
    shape, dtype = KINDS[kind % len(KINDS)]
    array: AnyArray = memory.empty(shape, dtype)
    assert (array.shape, array.dtype, type(array)) == (shape, dtype, np.ndarray)
    assert (array.flags.writeable, array.flags.c_contiguous) == (True, True)
    np.copyto(array, np.resize(np.arange(number, number + 97) % 127, shape), "unsafe")
    array.setflags(write=number % 2 == 0)
    return array


@pytest.mark.parametrize("seed", range(20))
def test_no_array_ever_changes_however_it_is_kept(seed: int) -> None:
    draw = np.random.default_rng(seed).integers
    held: list[Held] = []
    seen: list[tuple[weakref.ref[object], bytes]] = []
    for number in range(150):
        kind, holder = int(draw(len(KINDS))), HOLDERS[draw(len(HOLDERS))]
        array = make(kind, number)
        match draw(5):
            case 0:
                if array.base is not None:
                    seen.append((weakref.ref(array.base), array.tobytes()))
            case 1:  # another array is made while this one dies
                weakref.finalize(array, lambda k, n: held.append(hold(make(k, n))), kind, number)
            case 2:
                del held[: draw(len(held) + 1)]
            case _:
                held.append(hold(array, holder))
        del array
        assert all(ctypes.string_at(at, len(content)) == content for _, at, content in held)
        for weak, content in seen:
            base = weak()
            assert not isinstance(base, np.ndarray) or content in base.tobytes()


def filled(value: float, module: ModuleType = memory) -> AnyArray:
    array: AnyArray = module.empty(SHAPE, FLOAT32)
    array[...] = value
    return array


@pytest.fixture(autouse=True)
def _fresh() -> None:
    memory.release()


def test_memory_is_recycled_once_nothing_refers_to_it() -> None:
    first = filled(1.0)
    first.setflags(write=False)
    address, part = first.ctypes.data, first[3:, ::2]
    assert address % memory.LINE == fresh((np.ones(SHAPE),))[0].ctypes.data % memory.LINE == 0
    del first
    second, other = filled(2.0), memory.empty((256, 64), FLOAT32)
    kind = memory.empty(SHAPE, np.dtype(np.int32))
    assert address not in {array.ctypes.data for array in (second, other, kind)}
    assert (part == 1.0).all()
    del part
    again = filled(3.0)
    assert (again.ctypes.data, again.flags.writeable) == (address, True)
    assert (second == 2.0).all()
    for like in (again.T, np.ones((3, 4)).T):
        turned = memory.empty_like(like)
        assert (turned.shape, turned.flags.c_contiguous) == (like.shape, True)


def test_what_is_held_is_bounded_and_the_oldest_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "LIMIT", 64 * memory.SMALL)

    def fill() -> None:
        for extra in range(2_000):
            memory.empty((memory.SMALL // 4 * (4 + extra % 45),), BYTE)
            assert memory.held() <= memory.LIMIT

    assert memory.LIMIT / 2 < memory_of(fill) < 1.1 * memory.LIMIT
    assert memory.empty((memory.LIMIT + 1,), BYTE).flags.writeable
    assert memory.empty((memory.SMALL - 1,), BYTE).flags.owndata
    kept = [filled(1.0) for _ in range(100)]
    assert len({array.ctypes.data for array in kept}) == 100
    assert memory.held() <= memory.LIMIT
    memory.release()
    quarter, held = memory.SMALL // 4, []
    monkeypatch.setattr(memory, "LIMIT", (4 + 5 + 6) * quarter + 3 * memory.LINE - 1)
    for quarters in (4, 5, 6, 6, 7, 10):
        memory.empty((quarter * quarters,), BYTE)
        held.append(memory.held() // quarter)
    assert held == [4, 4 + 5, 5 + 6, 5 + 6, 6 + 7, 10]


def test_idle_memory_is_given_back_where_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    filled(1.0)

    def scarce(shape: tuple[int], dtype: type[np.uint8]) -> Recycled:
        if memory.held():
            raise MemoryError
        return Recycled(shape, dtype)

    monkeypatch.setattr(memory, "Recycled", scarce)
    assert memory.empty((2, *SHAPE), FLOAT32).shape == (2, *SHAPE)
    assert memory.held() == 2 * filled(1.0).nbytes + memory.LINE


def test_like_sizes_share_blocks() -> None:
    for size in range(memory.SMALL, 8 * memory.SMALL, 1_001):
        memory.empty((size,), BYTE)
    assert memory.held() < 50 * memory.SMALL


def test_threads_never_share_what_they_hold() -> None:
    def work(number: int) -> bool:
        kept = [filled(number + n / 8) for n in range(4)]
        for _ in range(200):
            kept = [*kept[1:], filled(kept[0][0, 0])]
        return all((kept[n] == number + n / 8).all() for n in range(4))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(8)))
    sys.setswitchinterval(before)


def fresh_module() -> ModuleType:
    """The module once more, with a pool of its own."""
    loader = SourceFileLoader("elsewhere", memory.__file__)
    module = ModuleType(loader.name)
    loader.exec_module(module)
    return module


def interrupted(when: int, act: Callable[[], object], module: ModuleType) -> bool:
    """Whether `act` ran, as a signal handler would, before that instruction of making an array."""
    left, before = when, sys.gettrace()

    def trace(frame: FrameType, event: str, argument: object) -> TraceFunction | None:
        nonlocal left
        if frame.f_code.co_filename != memory.__file__:
            return None
        frame.f_trace_opcodes = True
        left -= event == "opcode"
        if event == "opcode" and left == 0:
            act()
        return trace

    sys._getframe().f_trace_opcodes = True  # Python 3.12 wants it before tracing starts
    sys.settrace(trace)
    with suppress(KeyboardInterrupt):
        module.empty(SHAPE, FLOAT32)[...] = 5.0
    sys.settrace(before)
    return left <= 0


@pytest.mark.parametrize("idle", [0, 1, 20])
@pytest.mark.parametrize("raises", [False, True])
def test_an_interruption_at_any_instruction_changes_nothing(idle: int, *, raises: bool) -> None:
    when, reached = 0, True
    while reached:
        when += 1
        elsewhere = fresh_module()
        kept = [filled(0.0, elsewhere) for _ in range(idle)]
        kept = [filled(-1.0, elsewhere)]

        def act(kept: list[AnyArray] = kept, module: ModuleType = elsewhere) -> None:
            filled(-2.0, module)
            kept += [filled(-3.0, module), filled(-4.0, module)]
            if raises:
                raise KeyboardInterrupt

        reached = interrupted(when, act, elsewhere)
        kept.append(filled(-5.0, elsewhere))
        expected = [-1.0, -3.0, -4.0, -5.0] if reached else [-1.0, -5.0]
        assert [(a.min(), a.max()) for a in kept] == [(value, value) for value in expected]
    assert when > 30


@pytest.mark.xfail(
    sys.version_info >= (3, 14), reason="its `with` may keep a lock: gh-148874", strict=False
)
@pytest.mark.parametrize("when", range(1, 12))
def test_an_interruption_after_any_call_leaves_the_pool_open(when: int) -> None:
    elsewhere, left, before = fresh_module(), when, sys.getprofile()

    def interrupt(frame: FrameType, event: str, argument: object) -> None:
        nonlocal left
        left -= event == "c_return"
        if left == 0:
            raise KeyboardInterrupt

    sys.setprofile(interrupt)
    with suppress(KeyboardInterrupt):
        elsewhere.empty(SHAPE, FLOAT32)
    sys.setprofile(before)
    held = elsewhere.held()
    elsewhere.empty((2, *SHAPE), FLOAT32)
    assert elsewhere.held() > held


JIT = SimpleNamespace(is_enabled=lambda: True)
OTHERS: dict[str, dict[str, object]] = {
    "another interpreter": {"implementation": SimpleNamespace(name="pypy", cache_tag=None)},
    "no global lock": {"version": "3.14.0 free-threading build"},
    "a compiler": {"version_info": (3, 14), "_jit": JIT},
    "counts of 1": {"getrefcount": lambda block: 1},
    "counts of 2": {"getrefcount": lambda block: 2},
    "immortal objects": {"getrefcount": lambda block: 2**31},
}


@pytest.mark.parametrize("other", OTHERS)
def test_arrays_are_plain_elsewhere(other: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OTHERS[other].items():
        monkeypatch.setattr(sys, name, value, raising=False)
    elsewhere = fresh_module()
    kept = filled(1.0, elsewhere)
    del kept
    assert (elsewhere.counts_tell(), elsewhere.held()) == (False, 0)
    again = memory.empty(SHAPE, FLOAT32)  # but recycled here
    assert (memory.counts_tell(), memory.held() > 0, again.shape) == (True, True, SHAPE)
