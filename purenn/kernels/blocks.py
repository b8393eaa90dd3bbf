"""Big arrays block by block; and rules over leaves, through all of which each block goes in turn.

So a block stays in the cache. What rules write to is made by `fresh`, with many small leaves in one
piece of memory, so that a rule is called once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from purenn.arrays import Array, FloatDtype, Leaves, Packed, Span, Vector, read_only
from purenn.kernels.memory import empty, recycled

# Elements of each array that takes part, which fit into the second cache together.
BLOCK = 2**15
# Leaves of at most `SMALL` elements are put together, each at a multiple of `ALIGNED` elements:
# sums in BLAS may depend on alignment.
SMALL, ALIGNED = 2**12, 16

# `(x, out, old, new) -> y` on blocks of equal size: x comes in, y goes on to the next rule and is x
# itself, `out`, or one of `new`. Blocks of `old` and `new` may be the same memory.
Rule = Callable[[Array, Array, Leaves, Leaves], Array]
Slots = tuple[Leaves, ...]


def spans(length: int, step: int) -> list[Span]:
    """The indices below a length, `step` at a time."""
    return [slice(start, start + step) for start in range(0, length, step)]


def even_step(length: int, most: int) -> int:
    """The least step that takes no more steps to the length than `most` does."""
    return -(-length // max(1, -(-length // most))) or 1


def cut(step: int, *arrays: Array) -> Iterable[Sequence[Array]]:
    """`step` entries of each array at a time, along the first axis."""
    if 0 < len(arrays[0]) <= step:
        return (arrays,)
    return ([array[span] for array in arrays] for span in spans(len(arrays[0]), step))


class Stage(NamedTuple):
    """One rule for all leaves, or one for each, with the leaves that it reads and writes."""

    rules: tuple[Rule, ...]
    old: Slots
    new: Slots


class _Piece(NamedTuple):
    """The leaves that lie together in a piece of memory, the gap after each, and where it starts.

    The last start is the size of all.
    """

    leaves: tuple[int, ...]
    gaps: tuple[int, ...]
    starts: tuple[int, ...]


@lru_cache(maxsize=64)
def _pieces(sizes: tuple[int, ...], dtypes: tuple[FloatDtype, ...]) -> tuple[_Piece, ...]:
    small = tuple(leaf for leaf, size in enumerate(sizes) if size <= SMALL)
    together = small if len(small) > 1 and len(set(dtypes)) == 1 else ()
    alone = set(range(len(sizes))).difference(together)
    pieces = [_Piece((k,), (0,), (0, sizes[k])) for k in sorted(alone)]
    if together:
        gaps = tuple(-sizes[leaf] % ALIGNED for leaf in together)
        steps = (sizes[leaf] + gap for leaf, gap in zip(together, gaps, strict=True))
        pieces.append(_Piece(together, gaps, tuple(accumulate(steps, initial=0))))
    return tuple(pieces)


def _pieces_of(leaves: Leaves) -> tuple[_Piece, ...]:
    return _pieces(tuple([x.size for x in leaves]), tuple([x.dtype for x in leaves]))


@lru_cache(maxsize=4)
def _ones(dtype: FloatDtype) -> Vector:
    return read_only(np.ones(ALIGNED, dtype))  # a rule may divide by them


def fresh(leaves: Leaves) -> Packed:
    """Memory to be written to, for leaves like these."""
    made, flats = list(leaves), []
    for piece in _pieces_of(leaves):
        dtype, total = leaves[piece.leaves[0]].dtype, piece.starts[-1]
        memory = recycled(total * dtype.itemsize)
        flats.append(np.ndarray((total,), dtype, memory, memory.start))
        for leaf, start in zip(piece.leaves, piece.starts, strict=False):
            place = memory.start + start * dtype.itemsize
            made[leaf] = read_only(np.ndarray(leaves[leaf].shape, dtype, memory, place))
    packed = Packed(made)
    packed.flats, packed.columns = flats, [(flat,) for flat in flats]
    return packed


def _flats(leaves: Leaves) -> list[Vector]:
    """The leaves as vectors, the small ones together in one, as in `fresh`."""
    if isinstance(leaves, Packed):
        return leaves.flats
    flats = []
    for piece in _pieces_of(leaves):
        parts = []
        for leaf, gap in zip(piece.leaves, piece.gaps, strict=True):
            parts.append(leaves[leaf].reshape(-1))
            if gap:
                parts.append(_ones(leaves[leaf].dtype)[:gap])
        flats.append(np.concatenate(parts) if len(parts) > 1 else parts[0])
    return flats


class Updates(NamedTuple):
    """Leaves, and the rules that they still go through: together, when what comes out is needed."""

    leaves: Leaves
    stages: tuple[Stage, ...] = ()

    def then(self, *rules: Rule, old: Slots = (), new: Slots = ()) -> Updates:
        """The updates after one more rule, or one for each leaf, that reads old and writes new."""
        return Updates(self.leaves, (*self.stages, Stage(rules, old, new)))

    def run(self) -> None:
        """Put the leaves through all rules, for what these write."""
        (leaves, stages), flats = self, _flats(self.leaves)
        count = len(flats)
        work = [(rules, _columns(old, count), _columns(new, count)) for rules, old, new in stages]
        for index, flat in enumerate(flats):
            spare = empty((2 * min(BLOCK, flat.size),), flat.dtype)
            for start in range(0, flat.size, BLOCK):
                x = flat[start : start + BLOCK]
                out, other = spare[: x.size], spare[x.size : 2 * x.size]
                for rules, old, new in work:
                    rule = _rule(rules, leaves, index, start)
                    x = rule(x, out, _cut(old[index], start), _cut(new[index], start))
                    if x is out:
                        out, other = other, out

    def result(self) -> Leaves:
        """What comes out of all rules."""
        if not self.stages:
            return self.leaves
        found = fresh(self.leaves)
        self.then(_store, new=(found,)).run()
        return found


def _cut(vectors: Leaves, start: int) -> Leaves:
    """The block of each vector that starts there."""
    if not vectors or vectors[0].size <= BLOCK:
        return vectors
    return tuple([x[start : start + BLOCK] for x in vectors])


def _columns(slots: Slots, count: int) -> Sequence[Leaves]:
    """For each piece of memory the vectors of all slots."""
    if not slots:
        return [()] * count
    if len(slots) == 1 and isinstance(slots[0], Packed):
        return slots[0].columns
    return list(zip(*map(_flats, slots), strict=True))


def _rule(rules: tuple[Rule, ...], leaves: Leaves, index: int, start: int) -> Rule:
    """The rule of a block of a piece of memory; where leaves lie together, that of each leaf."""
    if len(rules) == 1:
        return rules[0]
    piece = _pieces_of(leaves)[index]
    if len(piece.leaves) == 1:
        return rules[piece.leaves[0]]
    ends = [min(max(end - start, 0), BLOCK) for end in piece.starts]
    spans = map(slice, ends, ends[1:])
    parts = [
        (rules[leaf], span)
        for leaf, span in zip(piece.leaves, spans, strict=True)
        if span.start < span.stop
    ]

    def each(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
        for rule, span in parts:
            to = out[span]
            y = rule(x[span], to, tuple([a[span] for a in old]), tuple([a[span] for a in new]))
            if y is not to:
                np.copyto(to, y)
        return out

    return each


def _store(x: Array, out: Array, old: Leaves, new: Leaves) -> Array:
    np.copyto(new[0], x)
    return x
