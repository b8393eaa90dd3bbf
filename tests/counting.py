"""What a piece of code asks of NumPy, counted: for tests of how much work is done, not how fast."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import BuiltinMethodType, FrameType

import attrs
import numpy as np
import pytest

from purenn.arrays import Block, Element
from purenn.kernels import memory

Shape = tuple[int, ...]

PRODUCTS = frozenset({"dot", "matmul"})
# What looks at no element.
IDLE = frozenset({"empty", "empty_like", "reshape", "setflags", "transpose", "view"})


@attrs.frozen
class Call:
    """One call of a function of NumPy, or of a method of an array.

    Args:
        name: of the function, such as `add` or `add.reduce`.
        shapes: of the arrays that went in or came out.
        fresh: how many bytes came out in memory that was not there before.
    """

    name: str
    shapes: tuple[Shape, ...]
    fresh: int


@attrs.define
class Work:
    """All that was asked of NumPy.

    Args:
        calls: of its functions, and of the methods of its arrays.
        blocks: the sizes of the blocks of memory that had to be made.
        within: whether NumPy itself is at work.
    """

    calls: list[Call] = attrs.field(factory=list)
    blocks: list[int] = attrs.field(factory=list)
    within: bool = False

    @property
    def products(self) -> int:
        """How many matrices were multiplied."""
        return sum(call.name in PRODUCTS and _of_matrices(call) for call in self.calls)

    def passes(self, shape: Shape) -> list[str]:
        """The calls that went over an array of that shape, products left out."""
        free = PRODUCTS | IDLE
        return [call.name for call in self.calls if shape in call.shapes and call.name not in free]

    @property
    def fresh(self) -> list[Call]:
        """The calls that gave big arrays in fresh memory."""
        return [call for call in self.calls if call.fresh >= memory.SMALL]

    def note(self, name: str, given: tuple[object, ...], result: object) -> None:
        """Take note of a call."""
        arrays = [value for value in (*given, result) if isinstance(value, np.ndarray)]
        shapes = tuple(array.shape for array in arrays)
        is_new = not any(result is value for value in given)
        is_fresh = isinstance(result, np.ndarray) and result.flags.owndata and is_new
        self.calls.append(Call(name, shapes, arrays[-1].nbytes if is_fresh else 0))

    def note_method(self, frame: FrameType, event: str, argument: object) -> None:
        """Take note of a call of an array's method: a profile function."""
        if event == "c_call" and isinstance(argument, BuiltinMethodType) and not self.within:
            owner: object = argument.__self__
            if isinstance(owner, np.ndarray):
                self.note(argument.__name__, (owner,), None)

    def note_block(
        self, pool: memory._Pool, shape: Shape, dtype: np.dtype[Element], size: int
    ) -> Block:
        """Take note of memory that is not recycled: in place of `memory._allocate`."""
        self.blocks.append(size)
        return _allocate(pool, shape, dtype, size)


_allocate = memory._allocate


def _of_matrices(call: Call) -> bool:
    return all(len(shape) == 2 for shape in call.shapes)


@attrs.frozen
class Counted:
    """A function of NumPy that takes note of its calls, and those of its methods."""

    name: str
    function: object
    work: Work

    def __call__(self, *args: object, **options: object) -> object:
        assert callable(self.function)
        self.work.within = True
        result: object = self.function(*args, **options)
        self.work.within = False
        self.work.note(self.name, (*args, *options.values()), result)
        return result

    def __getattr__(self, name: str) -> Counted:
        method: object = getattr(self.function, name)
        return Counted(f"{self.name}.{name}", method, self.work)


@attrs.frozen
class Numpy:
    """NumPy, whose functions take note of their calls."""

    work: Work

    def __getattr__(self, name: str) -> object:
        found: object = getattr(np, name)
        is_function = callable(found) and not isinstance(found, type)
        return Counted(name, found, self.work) if is_function else found


def work_of(task: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> Work:
    """What a task asks of NumPy, by way of the modules of purenn that are loaded."""
    work = Work()
    with monkeypatch.context() as patch:
        patch.setattr(memory, "_allocate", work.note_block)
        for name, module in tuple(sys.modules.items()):
            if name.startswith("purenn.") and vars(module).get("np") is np:
                patch.setattr(module, "np", Numpy(work))
        before = sys.getprofile()
        sys.setprofile(work.note_method)
        try:
            task()
        finally:
            sys.setprofile(before)
    return work
