"""What a piece of code asks of NumPy, counted: for tests of how much work is done, not how fast."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType

import attrs
import numpy as np
import pytest

from purenn.arrays import Shape

PRODUCTS = frozenset({"dot", "matmul"})
# What looks at no element.
IDLE = frozenset({"empty", "empty_like", "ndarray", "reshape", "setflags", "transpose", "view"})


@attrs.define
class Work:
    """The calls of NumPy's functions and of its arrays' methods, and of Python's functions."""

    calls: list[tuple[str, list[Shape]]] = attrs.field(factory=list)
    within: bool = False  # whether NumPy itself is at work
    python: int = 0

    @property
    def products(self) -> int:
        """How many matrices were multiplied."""
        return sum(name in PRODUCTS and {*map(len, shapes)} == {2} for name, shapes in self.calls)

    def passes(self, shape: Shape) -> list[str]:
        """The calls that went over an array of that shape, products left out."""
        return [name for name, shapes in self.calls if shape in shapes and name not in PRODUCTS]

    def note(self, name: str, values: tuple[object, ...]) -> None:
        """Take note of a call with these arguments and results."""
        if name not in IDLE:
            self.calls.append((name, [v.shape for v in values if isinstance(v, np.ndarray)]))

    def look(self, frame: FrameType, event: str, argument: object) -> None:
        """Take note of what is not called through a module's `np`: a profile function."""
        self.python += event == "call"
        owner: object = getattr(argument, "__self__", None)
        if event == "c_call" and isinstance(owner, np.ndarray) and not self.within:
            self.note(getattr(argument, "__name__", ""), (owner,))


@attrs.frozen
class Counted:
    """NumPy, or a function of it, that takes note of calls."""

    name: str
    found: object
    work: Work

    def __call__(self, *args: object, **options: object) -> object:
        assert callable(self.found)
        self.work.within = True
        result: object = self.found(*args, **options)
        self.work.within = False
        self.work.note(self.name, (*args, *options.values(), result))
        return result

    def __getattr__(self, name: str) -> object:
        found: object = getattr(self.found, name)
        is_function = callable(found) and not isinstance(found, type)
        return Counted(f"{self.name}.{name}".strip("."), found, self.work) if is_function else found


def work_of(task: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> Work:
    """What a task asks of NumPy, by way of the modules of purenn that are loaded."""
    work = Work()
    with monkeypatch.context() as patch:
        for name, module in tuple(sys.modules.items()):
            if name.startswith("purenn.") and vars(module).get("np") is np:
                patch.setattr(module, "np", Counted("", np, work))
        before = sys.getprofile()
        sys.setprofile(work.look)
        task()
        sys.setprofile(before)
    return work


def memory_of(task: Callable[[], object]) -> int:
    """How many bytes a task needs at most that were not there before."""
    tracemalloc.start()
    task()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
