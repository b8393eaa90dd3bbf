"""Memory that is recycled once nobody refers to it.

A pure step allocates its results afresh, and fresh pages fault. `empty` hands out a view of a block
that it allocated earlier, once the block's reference count says that no view is left. Any export
of an array holds a reference, so nobody can see a block change: `empty` is `numpy.empty`, only
faster where glibc would give the pages back to the system each time.

One pool of at most `LIMIT` bytes serves the process; the oldest shapes are dropped first. Whoever
finds it busy (a thread, a signal handler, a finalizer) gets plain memory, and so does everybody
where reference counts do not tell.
"""

from __future__ import annotations

import sys
from math import prod
from sys import getrefcount
from threading import Lock
from typing import TypeVar
from weakref import getweakrefcount

import numpy as np

from purenn.arrays import FLOAT32, Block, Element, N, Shape, typed_like

SMALL = 32 * 1024
LIMIT = 512 * 1024 * 1024
NEAR = 8

Scalar = TypeVar("Scalar", bound=Element)
Sizes = TypeVar("Sizes", bound=Shape)


class _Pool:
    """Blocks by shape and dtype, and how many bytes they take."""

    def __init__(self) -> None:
        self.blocks: dict[tuple[Shape, np.dtype[Element]], list[Block]] = {}
        self.bytes = 0
        self.lock = Lock()


def _find(blocks: list[Block], idle: int) -> Block | None:
    """A block that nobody refers to: one used lately, or close to where the search last ended."""
    for index in range(len(blocks)):
        if getrefcount(blocks[index]) == idle and not getweakrefcount(blocks[index]):
            block = blocks[index]
            if index >= NEAR:
                blocks[:] = blocks[index:] + blocks[:index]
            return block
    return None


def _idle_count() -> int:
    """The count at which `_find` may take a block, or 0, which no block shows, if none is safe.

    That is so without CPython's global lock, and with a JIT, whose traces may count otherwise.
    """
    if sys.implementation.name != "cpython":
        return 0
    if sys.version_info >= (3, 13) and not sys._is_gil_enabled():
        return 0
    if sys.version_info >= (3, 14) and sys._jit.is_enabled():
        return 0
    blocks = [Block((1,), FLOAT32)]
    # The list and the argument make two references, or one where the interpreter borrows. More
    # come from a debugger, and would mislead once it is gone.
    count = next((n for n in range(1, 3) if _find(blocks, n) is not None), 0)
    held = blocks[0].view(np.ndarray)
    return 0 if _find(blocks, count) is not None or held.size != 1 else count


_pool = _Pool()
_IDLE = _idle_count()


def counts_tell() -> bool:
    """Whether reference counts say here who else has an array."""
    return _IDLE > 0


def block(shape: Shape, dtype: np.dtype[Element]) -> Block:
    """A writable block of unspecified content; one that was used before if it is large."""
    size, lock = prod(shape) * dtype.itemsize, _pool.lock
    if size < SMALL or not _IDLE or not lock.acquire(blocking=False):
        return Block(shape, dtype)
    try:
        found = _find(_pool.blocks.get((shape, dtype), []), _IDLE)
        return _allocated(shape, dtype, size) if found is None else found
    finally:
        lock.release()


def empty(shape: Sizes, dtype: np.dtype[Scalar]) -> np.ndarray[Sizes, np.dtype[Scalar]]:
    """A writable C-contiguous array of unspecified content, like `numpy.empty`."""
    if prod(shape) * dtype.itemsize < SMALL:
        return np.ndarray(shape, dtype)
    view: np.ndarray[Sizes, np.dtype[Scalar]] = block(shape, dtype).view(np.ndarray)
    return view


def empty_like(array: N) -> N:
    """An array of unspecified content with the shape and dtype of `array`, C-contiguous."""
    if array.nbytes < SMALL:
        return np.empty_like(array, order="C")
    return typed_like(empty(array.shape, array.dtype), array)


def _allocated(shape: Shape, dtype: np.dtype[Element], size: int) -> Block:
    """A new block, which the pool keeps as well if it can."""
    block = Block(shape, dtype)
    if size > LIMIT:
        return block
    while _pool.blocks and _pool.bytes + size > LIMIT:
        dropped = _pool.blocks.pop(next(iter(_pool.blocks)))
        _pool.bytes -= sum(old.nbytes for old in dropped)
    _pool.bytes += size
    _pool.blocks.setdefault((shape, dtype), []).append(block)
    return block


def held() -> int:
    """How many bytes the blocks take, whether in use or idle; at most `LIMIT`."""
    return _pool.bytes


def release() -> None:
    """Forget all blocks: those in use live on until they are dropped."""
    _pool.lock, _pool.blocks, _pool.bytes = Lock(), {}, 0
