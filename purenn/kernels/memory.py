"""Memory that is recycled once nobody refers to it.

A pure step allocates all its results afresh, and fresh pages fault: a third of a step's time goes
there. `empty` instead hands out a view of a block that it allocated earlier, once the reference
count of the block says that no view of it is left. A view, a slice, a memoryview or any other
export of the array holds a reference, so nobody can see a block change: to its callers, `empty`
is `numpy.empty`, only faster.

- Each thread has blocks of its own, at most `LIMIT` bytes of them and `MOST` of one shape; the
  oldest shapes are dropped first. Dropped memory stays valid for those who hold it and is freed
  after them.
- The count that an idle block shows is measured at import. Where counts do not tell (interpreters
  other than CPython, and those without the global lock or with a JIT), every array is plain.
- Arrays below `SMALL` bytes are plain: malloc keeps their pages anyway. So are those that a signal
  handler or a finalizer asks for while it interrupts `empty` itself.
"""

from __future__ import annotations

import sys
import threading
from math import prod
from sys import getrefcount
from typing import TypeVar, overload

import numpy as np

from purenn.arrays import FLOAT32, N, Block, Element, typed_like

SMALL = 32 * 1024
LIMIT = 512 * 1024 * 1024
MOST = 1024
NEAR = 8

Scalar = TypeVar("Scalar", bound=Element)
Blocks = list[Block]


class _Pool:
    """Blocks by shape and dtype, how many bytes they take, and whether `empty` is at work."""

    __slots__ = ("blocks", "busy", "bytes")

    def __init__(self) -> None:
        self.blocks: dict[tuple[tuple[int, ...], np.dtype[Element]], Blocks] = {}
        self.bytes = 0
        self.busy = False


class _Threads(threading.local):
    """The pool of each thread."""

    def __init__(self) -> None:
        self.pool = _Pool()


def _find(blocks: Blocks, idle: int) -> Block | None:
    """A block that nobody refers to.

    The search starts where an idle block was last found, or less than `NEAR` blocks before: so few
    blocks serve again and again, warm in the cache, and a deep net, which uses hundreds of one
    shape at once, does not go through all of them each time.
    """
    for index in range(len(blocks)):
        if getrefcount(blocks[index]) == idle:
            block = blocks[index]
            if index >= NEAR:
                blocks[:] = blocks[index:] + blocks[:index]
            return block
    return None


def _view(block: Block, dtype: np.dtype[Scalar]) -> np.ndarray[tuple[int, ...], np.dtype[Scalar]]:
    """A plain array over a block of that dtype. Its base is the block itself; see `freeze`."""
    view: np.ndarray[tuple[int, ...], np.dtype[Scalar]] = block.view(np.ndarray)
    return view


def _idle_count() -> int:
    """The count at which `_find` may take a block, or 0, which no block shows, if none is safe."""
    if sys.implementation.name != "cpython":
        return 0
    if sys.version_info >= (3, 13) and not sys._is_gil_enabled():
        return 0
    if sys.version_info >= (3, 14) and sys._jit.is_enabled():
        return 0  # compiled traces may keep fewer references than interpreted code
    blocks = [Block((1,), FLOAT32)]
    # The list and the argument make two references, or one where the interpreter borrows. More
    # come from a debugger, and would mislead once it is gone.
    count = next((n for n in range(1, 3) if _find(blocks, n) is not None), 0)
    held = _view(blocks[0], FLOAT32)[:1]
    return 0 if _find(blocks, count) is not None or held.size != 1 else count


_threads = _Threads()
_IDLE = _idle_count()


@overload
def empty(
    shape: tuple[int], dtype: np.dtype[Scalar]
) -> np.ndarray[tuple[int], np.dtype[Scalar]]: ...
@overload
def empty(
    shape: tuple[int, int], dtype: np.dtype[Scalar]
) -> np.ndarray[tuple[int, int], np.dtype[Scalar]]: ...
@overload
def empty(
    shape: tuple[int, int, int, int], dtype: np.dtype[Scalar]
) -> np.ndarray[tuple[int, int, int, int], np.dtype[Scalar]]: ...
@overload
def empty(
    shape: tuple[int, ...], dtype: np.dtype[Scalar]
) -> np.ndarray[tuple[int, ...], np.dtype[Scalar]]: ...
def empty(
    shape: tuple[int, ...], dtype: np.dtype[Scalar]
) -> np.ndarray[tuple[int, ...], np.dtype[Scalar]]:
    """A writable C-contiguous array of unspecified content, like `numpy.empty`."""
    size = prod(shape) * dtype.itemsize
    if size < SMALL or not _IDLE:
        return np.empty(shape, dtype)
    pool = _threads.pool
    if pool.busy:
        return np.empty(shape, dtype)
    try:
        pool.busy = True
        blocks = pool.blocks.get((shape, dtype))
        found = None if blocks is None else _find(blocks, _IDLE)
        return _view(_allocate(pool, shape, dtype, size) if found is None else found, dtype)
    finally:
        pool.busy = False


def empty_like(array: N) -> N:
    """An array of unspecified content with the shape and dtype of `array`, C-contiguous."""
    if array.nbytes < SMALL:
        return np.empty_like(array, order="C")
    return typed_like(empty(array.shape, array.dtype), array)


def _allocate(pool: _Pool, shape: tuple[int, ...], dtype: np.dtype[Element], size: int) -> Block:
    """A new block, which the pool keeps as well if it can."""
    block = Block(shape, dtype)
    if size > LIMIT:
        return block
    while pool.blocks and pool.bytes + size > LIMIT:
        dropped = pool.blocks.pop(next(iter(pool.blocks)))
        pool.bytes -= sum(old.nbytes for old in dropped)
    if not pool.blocks:
        pool.bytes = 0  # after an exception, such as KeyboardInterrupt, it may have been too much
    blocks = pool.blocks.setdefault((shape, dtype), [])
    if len(blocks) == MOST:
        del blocks[0]
        pool.bytes -= size
    pool.bytes += size
    blocks.append(block)
    return block


def held() -> int:
    """How many bytes the blocks of this thread take, whether in use or idle; at most `LIMIT`."""
    return _threads.pool.bytes


def release() -> None:
    """Forget the blocks of this thread: those in use live on until they are dropped."""
    _threads.pool = _Pool()
