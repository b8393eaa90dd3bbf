"""What holds of every transform, without exception.

The same arguments give the same bits; arguments and earlier states are neither changed nor frozen;
updates are read-only, like the gradients in shapes and dtypes, and stay as they were.
"""

from __future__ import annotations

import numpy as np
import pytest
from contracts import FLOATS, all_bits, frozen, noise, require_fresh, state_bits, writable
from transform_cases import TRANSFORMS, TransformCase

from purenn.arrays import FloatDtype, Leaves
from purenn.tree import walk

dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=str)
each_transform = pytest.mark.parametrize("case", TRANSFORMS, ids=lambda case: case.name)


LEAF_SHAPES = ((3, 4), (4,), (4, 1), (1,))


def some_leaves(seed: int, dtype: FloatDtype) -> Leaves:
    return tuple([frozen(noise(seed + n, shape), dtype) for n, shape in enumerate(LEAF_SHAPES)])


@dtypes
@each_transform
def test_transforms_are_pure(case: TransformCase, dtype: FloatDtype) -> None:
    params = some_leaves(0, dtype)
    before = all_bits(params)
    position = case.start(params)
    assert state_bits(position.state) == state_bits(case.start(writable(params)).state)
    for step in range(4):
        grads = some_leaves(10 * step + 5, dtype)
        given, state = all_bits(grads), state_bits(position.state)
        after, updates = position.update(grads, params, step)
        first = all_bits(updates), state_bits(after.state)
        require_fresh(updates, dtype)
        assert [leaf.shape for leaf in updates] == [leaf.shape for leaf in params]
        copies = writable(grads)
        again, updates_again = position.update(copies, params, step)
        assert (all_bits(updates_again), state_bits(again.state)) == first
        assert (all_bits(updates), state_bits(after.state)) == first
        assert state_bits(position.state) == state
        assert all_bits(grads) == all_bits(copies) == given
        assert all(copy.flags.writeable for copy in copies)
        position = after
    assert all_bits(params) == before


@each_transform
def test_the_arrays_of_a_state_are_read_only(case: TransformCase) -> None:
    params = some_leaves(0, FLOATS[0])
    first = case.start(params)
    later, _ = first.update(some_leaves(5, FLOATS[0]), params, 0)
    for state in (first.state, later.state):
        arrays = [part for _, part in walk(state, (np.ndarray, float, int))]
        assert not any(a.flags.writeable for a in arrays if isinstance(a, np.ndarray))


@dtypes
@each_transform
def test_descending_adds_the_updates_to_the_parameters(
    case: TransformCase, dtype: FloatDtype
) -> None:
    params = some_leaves(0, dtype)
    position = case.start(params)
    for step in range(4):
        grads = some_leaves(10 * step + 5, dtype)
        after, updates = position.update(grads, params, step)
        also_after, new = position.descend(grads, params, step)
        require_fresh(new, dtype)
        assert all_bits(new) == all_bits(tuple(map(np.add, params, updates)))
        assert state_bits(also_after.state) == state_bits(after.state)
        position, params = after, new


@each_transform
def test_a_state_keeps_nothing_that_its_caller_can_write_to(case: TransformCase) -> None:
    params, grads = writable(some_leaves(0, FLOATS[0])), writable(some_leaves(5, FLOATS[0]))
    position = case.start(params)
    after, _ = position.update(grads, params, 0)
    before = state_bits(position.state), state_bits(after.state)
    for array in (*params, *grads):
        array[...] = 99.0
    assert (state_bits(position.state), state_bits(after.state)) == before
