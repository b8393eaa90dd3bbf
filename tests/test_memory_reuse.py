"""When memory is recycled, and that interrupting `empty` does no harm."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Self

import attrs
import numpy as np
import pytest

from purenn.arrays import FLOAT32, Block, Whole
from purenn.kernels import memory

SHAPE = (64, 256)
BYTE = np.dtype(np.uint8)
INSIDE = frozenset({"_find", "_view", "_allocate"})


def filled(value: float) -> Whole:
    array: Whole = memory.empty(SHAPE, FLOAT32)
    array[...] = value
    return array


def pooled() -> int:
    """The bytes of all blocks that the pool has."""
    shelves = memory._threads.pool.blocks.values()
    return sum(block.nbytes for blocks in shelves for block in blocks)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    memory.release()


def test_memory_is_recycled_once_nothing_refers_to_it() -> None:
    first = filled(1.0)
    address = first.ctypes.data
    part = first[3:, ::2]
    del first
    second = filled(2.0)
    assert second.ctypes.data != address
    assert (part == 1.0).all()
    del part
    assert filled(3.0).ctypes.data == address
    assert (second == 2.0).all()


def test_memory_that_was_made_read_only_comes_back_writable() -> None:
    first = filled(1.0)
    address = first.ctypes.data
    first.setflags(write=False)
    del first
    again = filled(2.0)
    assert again.ctypes.data == address
    assert again.flags.writeable


def test_each_shape_and_dtype_has_memory_of_its_own() -> None:
    address = filled(1.0).ctypes.data
    others = (memory.empty((256, 64), FLOAT32), memory.empty(SHAPE, np.dtype(np.int32)))
    assert all(other.ctypes.data != address for other in others)
    assert filled(1.0).ctypes.data == address


def test_like_another_array_but_in_c_order() -> None:
    array = memory.empty_like(filled(1.0).T)
    assert array.shape == (256, 64)
    assert array.flags.c_contiguous
    small = memory.empty_like(np.ones((3, 4), np.float32).T)
    assert small.shape == (4, 3)
    assert small.flags.c_contiguous


@pytest.mark.parametrize("layers", [4, 400])
def test_a_net_however_deep_finds_its_memory_again(
    layers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    plain = memory._view

    def counted(block: Block, dtype: np.dtype[np.float32]) -> Whole:
        nonlocal looks
        looks += 1
        return plain(block, dtype)

    def forward_and_backward() -> None:
        activations = [memory.empty(SHAPE, FLOAT32) for _ in range(layers)]
        while activations:
            memory.empty_like(activations.pop())

    for _ in range(3):
        forward_and_backward()
    bytes_held = memory.held()
    monkeypatch.setattr(memory, "_view", counted)
    for _ in range(10):
        forward_and_backward()
    assert memory.held() == bytes_held
    assert looks < 10 * 2 * layers * memory.NEAR


@attrs.define
class Interruption:
    """A trace function that acts like a signal handler, before one instruction of the module.

    Args:
        left: how many instructions there are to come until then, that one included.
        functions: those whose instructions count.
        act: what happens there.
    """

    left: int
    functions: frozenset[str]
    act: Callable[[], None]

    def __call__(self, frame: FrameType, event: str, argument: object) -> Self | None:
        code = frame.f_code
        if code.co_filename != memory.__file__ or code.co_name not in self.functions:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.left -= 1
            if self.left == 0:
                self.act()
        return self

    @property
    def happened(self) -> bool:
        return self.left <= 0


@contextmanager
def tracing(interruption: Interruption) -> Iterator[None]:
    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 wants it before tracing starts
    sys.settrace(interruption)
    try:
        yield
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("idle", [0, 1, 2, 20])
def test_an_interruption_at_any_instruction_changes_nothing(idle: int) -> None:
    when, reached = 0, True
    while reached:
        when += 1
        blocks = [filled(0.0) for _ in range(idle)]
        kept = [filled(-1.0)]
        del blocks

        def act(kept: list[Whole] = kept) -> None:
            filled(-2.0)
            kept += [filled(-3.0), filled(-4.0)]

        interruption = Interruption(when, INSIDE | {"empty"}, act)
        with tracing(interruption):
            array = memory.empty(SHAPE, FLOAT32)
        reached = interruption.happened
        array[...] = 5.0
        expected = [-1.0, -3.0, -4.0] if reached else [-1.0]
        assert [(float(other.min()), float(other.max())) for other in kept] == [
            (value, value) for value in expected
        ]
    assert when > 30


def test_an_exception_at_any_instruction_leaves_the_accounts_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "LIMIT", 8 * memory.SMALL)

    def stop() -> None:
        raise KeyboardInterrupt

    when, reached = 0, True
    while reached:
        when += 1
        interruption = Interruption(when, INSIDE, stop)
        with suppress(KeyboardInterrupt), tracing(interruption):
            memory.empty((memory.SMALL + when,), BYTE)
        reached = interruption.happened
        assert not memory._threads.pool.busy
        assert pooled() <= memory.held() <= memory.LIMIT
    assert when > 30


def test_accounts_that_an_exception_left_too_high_are_put_in_order() -> None:
    memory._threads.pool.bytes = memory.LIMIT
    memory.empty(SHAPE, FLOAT32)
    assert pooled() == memory.held() == 64 * 256 * 4
