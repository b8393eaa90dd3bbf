"""Memory that is recycled once nobody refers to it.

A pure step allocates its results afresh, and fresh pages fault. `empty` is `numpy.empty`, but hands
out a view of a block that it allocated earlier, once the block's reference count says that no view
is left. Whatever exports an array holds a reference, so nobody can see a block change.

One pool of at most `LIMIT` bytes serves the process; the oldest sizes are dropped first. Whoever
finds it busy (a thread, a signal handler), or counts that do not tell, gets plain memory.
"""

from __future__ import annotations

import sys
from math import prod
from sys import getrefcount
from typing import TypeVar
from weakref import getweakrefcount

import numpy as np

from purenn.arrays import Element, N, Recycled, Shape, typed_like
from purenn.kernels.threads import forkable_lock

SMALL, LIMIT, NEAR = 2**15, 2**29, 8
# Bytes of a cache line, where blocks begin: elsewhere the sum of two arrays takes twice as long.
LINE = 64

Scalar = TypeVar("Scalar", bound=Element)
Sizes = TypeVar("Sizes", bound=Shape)


def _find(blocks: list[Recycled], idle: int) -> Recycled | None:
    """A block that nobody refers to: one used lately, or close to where the search last ended."""
    for index in range(len(blocks)):
        if getrefcount(blocks[index]) == idle and not getweakrefcount(blocks[index]):
            block = blocks[index]
            if index >= NEAR:
                blocks[:] = blocks[index:] + blocks[:index]
            return block
    return None


def _new_block(size: int) -> Recycled:
    try:
        made = Recycled((size + LINE,), np.uint8)
    except MemoryError:
        release()  # what lies idle may be enough
        made = Recycled((size + LINE,), np.uint8)
    made.start = -made.ctypes.data % LINE
    return made


def _idle_count() -> int:
    """The count at which `_find` may take a block, or 0, which no block shows, if none is safe.

    That is so in builds of CPython without the global lock (even if it is on: imports of extensions
    turn it on for a moment), and with a JIT, whose traces may count otherwise.
    """
    if sys.implementation.name != "cpython" or "free-threading" in sys.version:
        return 0
    if sys.version_info >= (3, 14) and sys._jit.is_enabled():
        return 0
    blocks = [_new_block(1)]
    # The list and the argument make two references, or one where the interpreter borrows. More
    # come from a debugger, and would mislead once it is gone.
    count = next((n for n in range(1, 3) if _find(blocks, n) is not None), 0)
    held = blocks[0].view(np.ndarray)
    return 0 if _find(blocks, count) is not None or not held.size else count


_IDLE = _idle_count()
_blocks: dict[int, list[Recycled]] = {}  # by size
_lock = forkable_lock()


def counts_tell() -> bool:
    """Whether reference counts say here who else has an array."""
    return _IDLE > 0


def recycled(size: int) -> Recycled:
    """A writable block of `size` bytes; a recycled one if it is neither small nor huge."""
    if not SMALL <= size <= LIMIT - LIMIT // 8 or not _IDLE or _lock.locked():
        return _new_block(size)
    with _lock:  # which Ctrl-C leaves open, unlike a call of `acquire` (but CPython's gh-148874)
        # Up to the next of four sizes to the octave, so that batches of many sizes share blocks.
        size += -size % (1 << size.bit_length() - 3)
        found = _find(_blocks.get(size, []), _IDLE)
        if found is None:
            while _blocks and held() + size + LINE > LIMIT:
                _blocks.pop(next(iter(_blocks), 0), None)  # another thread may have released them
            found = _new_block(size)
            _blocks.setdefault(size, []).append(found)
        return found


def empty(shape: Sizes, dtype: np.dtype[Scalar]) -> np.ndarray[Sizes, np.dtype[Scalar]]:
    """A writable C-contiguous array of unspecified content, like `numpy.empty`."""
    size = prod(shape) * dtype.itemsize
    if size < SMALL:
        return np.ndarray(shape, dtype)
    memory = recycled(size)
    return np.ndarray(shape, dtype, memory, memory.start)


def empty_like(array: N) -> N:
    """An array of unspecified content with the shape and dtype of `array`, C-contiguous."""
    if array.nbytes < SMALL:
        return np.empty_like(array, order="C")
    return typed_like(empty(array.shape, array.dtype), array)


def held() -> int:
    """How many bytes the blocks take, whether in use or idle; at most `LIMIT`."""
    return sum((size + LINE) * len(blocks) for size, blocks in tuple(_blocks.items()))


def release() -> None:
    """Forget all blocks: those in use live on until they are dropped."""
    _blocks.clear()
