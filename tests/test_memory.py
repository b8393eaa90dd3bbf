"""Nobody can tell recycled memory from fresh memory."""

from __future__ import annotations

import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import attrs
import numpy as np
import pytest
from holders import CONTIGUOUS_VIEWS, EXPORTS, VIEWS, Read
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from machines import invariant, step

from purenn.arrays import FLOAT32, FLOAT64, Element, Whole
from purenn.kernels import memory

# Few, so that memory is recycled often; the last is too small for that.
KINDS: tuple[tuple[tuple[int, ...], np.dtype[Element]], ...] = (
    ((64, 128), FLOAT32),
    ((8192,), FLOAT32),
    ((64, 64), FLOAT64),
    ((4, 8, 8, 32), FLOAT32),
    ((32768,), np.dtype(np.uint8)),
    ((10, 10), FLOAT32),
)


@attrs.frozen(eq=False)
class Held:
    """Something that keeps memory, what has to stay in it, and an array if it is one."""

    read: Read
    expected: bytes
    array: Whole | None

    def check(self) -> None:
        unchanged = self.read() == self.expected  # alone: in CI, pytest explains bytes for an hour
        assert unchanged


def hold(array: Whole) -> Held:
    return Held(array.tobytes, array.tobytes(), array)


class Memory(RuleBasedStateMachine):
    """Arrays are made, kept in many ways and dropped; what is kept never changes."""

    def __init__(self) -> None:
        super().__init__()
        memory.release()
        self.held: list[Held] = []
        self.made = 0
        self.thread = ThreadPoolExecutor(1)

    def teardown(self) -> None:
        self.thread.shutdown()

    def make(self, kind: int) -> Whole:
        """A new array with a content of its own; every other one is read-only."""
        shape, dtype = KINDS[kind % len(KINDS)]
        array: Whole = memory.empty(shape, dtype)
        assert (array.shape, array.dtype) == (shape, dtype)
        assert array.flags.writeable
        assert array.flags.c_contiguous
        self.made += 1
        np.copyto(array, np.resize(np.arange(self.made, self.made + 97) % 127, shape), "unsafe")
        array.setflags(write=self.made % 2 == 0)
        return array

    def pick(self, which: int) -> Whole | None:
        arrays = [held.array for held in self.held if held.array is not None]
        return arrays[which % len(arrays)] if arrays else None

    @step
    def allocate(self, which: int, kind: int) -> None:
        self.held.append(hold(self.make(kind)))

    @step
    def allocate_and_drop(self, which: int, kind: int) -> None:
        for _ in range(3):
            self.make(kind)

    @step
    def drop(self, which: int, kind: int) -> None:
        if self.held:
            del self.held[which % len(self.held)]

    @step
    def view(self, which: int, kind: int) -> None:
        array = self.pick(which)
        if array is not None and array.ndim < 6 and min(array.shape) > 2:
            views = CONTIGUOUS_VIEWS if array.flags.c_contiguous else VIEWS
            self.held.append(hold(views[kind % len(views)](array)))

    @step
    def export(self, which: int, kind: int) -> None:
        array = self.pick(which)
        if array is not None and array.flags.c_contiguous:
            read = EXPORTS[kind % len(EXPORTS)](array)
            self.held.append(Held(read, read(), None))

    @step
    def allocate_when_it_dies(self, which: int, kind: int) -> None:
        array = self.pick(which)
        if array is not None:
            last = weakref.finalize(array, lambda: self.held.append(hold(self.make(kind))))
            last.atexit = False

    @step
    def allocate_elsewhere(self, which: int, kind: int) -> None:
        """In another thread, which goes on, or ends and leaves its array behind."""
        if which % 4:
            self.held.append(hold(self.thread.submit(self.make, kind).result()))
        else:
            thread = Thread(target=lambda: self.held.append(hold(self.make(kind))))
            thread.start()
            thread.join()

    @step
    def read_elsewhere(self, which: int, kind: int) -> None:
        """While this thread allocates."""
        check = self.thread.submit(self.unchanged)
        for number in range(8):
            self.make(kind + number)
        check.result()

    @invariant
    def unchanged(self) -> None:
        for held in tuple(self.held):
            held.check()


def test_no_array_ever_changes() -> None:
    run_state_machine_as_test(Memory, settings=settings(max_examples=200, stateful_step_count=40))


def test_the_machine_notices_when_memory_in_use_is_handed_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "_IDLE", memory._IDLE + 1)
    briefly = settings(max_examples=100, phases=[Phase.generate], database=None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Memory, settings=briefly)
