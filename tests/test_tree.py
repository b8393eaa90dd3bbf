"""Trees: taken apart, built again, mapped, named and compared, however deep."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import pytest
from contracts import bits, copies, dtypes
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from properties import given
from states import Point

from purenn import Empty, Frozen, Key, Node, linear, matching, relu, tree
from purenn.arrays import Array, FloatDtype
from purenn.errors import TreeError
from purenn.layers import BatchNorm, batch_norm, block
from purenn.tree import compose, decompose, leaf_names, leaves, map_leaves, paths, rebuild
from purenn.vectors import ravel, unravel


@attrs.frozen(eq=False)
class Pair(Node):
    left: object
    right: object


def array(size: int) -> Array:
    return np.full((size, 2), float(size), np.float32)


def nodes(children: SearchStrategy[object]) -> SearchStrategy[object]:
    pairs = st.builds(Pair, children, children) | st.builds(Point, children, children)
    return st.lists(children, max_size=4).map(tuple) | pairs | st.builds(Frozen, children)


plain: SearchStrategy[object] = st.integers(0, 5).map(array) | st.just(Empty())
trees: SearchStrategy[object] = st.recursive(plain, nodes, max_leaves=12)


@given(trees)
def test_what_was_taken_apart_is_built_again(drawn: object) -> None:
    for again in (
        compose(*decompose(drawn, np.ndarray)[::-1]),
        compose(*decompose(drawn, (np.ndarray, Frozen))[::-1]),
        map_leaves(lambda leaf: leaf, drawn),
    ):
        assert decompose(again, np.ndarray)[1] == decompose(drawn, np.ndarray)[1]
        assert bits(again) == bits(drawn)
        matching.require_same(drawn, again, "These")
    new = tuple([np.full(3, float(n)) for n in range(len(leaves(drawn)))])
    assert bits(built := rebuild(drawn, new)) == bits(new)
    assert not any(leaf.flags.writeable for leaf in leaves(built))


@given(trees)
def test_every_leaf_has_a_name_of_its_own(drawn: object) -> None:
    names = paths(drawn)
    assert len(set(names)) == len(names) == len(leaves(drawn))
    parts = tree.walk(drawn, (np.ndarray, Frozen))
    moving = tuple([path for path, part in parts if not isinstance(part, Frozen)])
    named = leaf_names(decompose(drawn, np.ndarray)[1])
    assert tuple(path for path, is_frozen in named if not is_frozen) == moving


@given(trees)
def test_a_vector_has_the_numbers_that_move(drawn: object) -> None:
    vector = ravel(drawn)
    assert vector.tolist() == [x for leaf in tree.moving_leaves(drawn) for x in leaf.flat]
    doubled = unravel(drawn, 2.0 * vector.astype(np.float64))
    matching.require_same(drawn, doubled, "These")
    assert bits(doubled) == bits(tree.map_pairs(np.add, drawn, drawn))
    assert not any(leaf.flags.writeable for leaf in (vector, *tree.moving_leaves(doubled)))
    with np.errstate(all="raise"):
        unravel(drawn, np.full(len(vector), 1e-50))


@given(trees, trees)
def test_trees_are_the_same_if_structures_shapes_and_dtypes_are(one: object, other: object) -> None:
    (found, structure), (others, another) = (decompose(t, np.ndarray) for t in (one, other))
    same = [leaf.shape for leaf in found] == [leaf.shape for leaf in others]
    try:
        matching.require_same(one, other, "These")
    except TreeError:
        assert not (same and structure == another)
    else:
        assert same
        assert structure == another


def test_names_are_positions_and_fields() -> None:
    nested = (Pair(array(1), (array(2), Empty())), Empty(), Point(array(3), Frozen(array(4))))
    assert paths(nested) == ("0.left", "0.right.0", "2.0", "2.1.value")
    assert [leaf.shape[0] for leaf in leaves(nested)] == [1, 2, 3, 4]
    assert paths(array(1)) == ("",)
    assert map_leaves(lambda leaf: leaf + 1, array(2)).tolist() == [[3, 3], [3, 3]]
    for nothing in ((), Empty(), ((), (Empty(),))):
        assert leaves(nothing) == paths(nothing) == ()
        assert rebuild(nothing, ()) == nothing


def paired(child: object) -> Pair:
    return Pair(child, array(1))


@pytest.mark.parametrize("around", [Frozen, lambda child: (child,), paired])
def test_trees_nest_as_deep_as_one_likes(around: Callable[[object], object]) -> None:
    deep: object = array(2)
    for _ in range(5000):
        deep = around(deep)
    assert len(paths(deep)) == len(leaves(deep))
    assert leaves(map_leaves(lambda leaf: leaf + 1.0, deep))[0].tolist() == [[3, 3], [3, 3]]


@dtypes
def test_to_dtype_converts_every_leaf(dtype: FloatDtype) -> None:
    params = (linear(3) >> relu() >> linear(1)).init(Key(0), np.ones((1, 2)))
    converted = tree.to_dtype((params, Frozen(array(1))), dtype)
    assert {leaf.dtype for leaf in leaves(converted)} == {dtype}
    assert bits(converted[0][0].weight) == bits(params[0].weight.astype(dtype))
    assert not any(leaf.flags.writeable for leaf in leaves(converted))


def test_copies_of_nodes_are_read_only_and_leave_the_original_alone() -> None:
    mine, nested = array(1), array(2)
    params = (linear(2) >> block(batch_norm())).init(Key(0), np.ones((2, 2)))
    for again in copies(Pair(mine, Point(nested, params))):
        assert bits(again) == bits((mine, nested, *params))
        assert not any(leaf.flags.writeable for leaf in leaves(again))
    assert mine.flags.writeable
    assert nested.flags.writeable


def test_leaves_that_are_mapped_or_given_stay_as_they_are() -> None:
    mean = np.zeros(3, np.float32)
    given = BatchNorm(mean + 1, mean, Frozen(mean), Frozen(mean + 1))
    mean[0] = 50.0
    assert not given.mean.value.any()
    assert not any(leaf.flags.writeable for leaf in leaves(map_leaves(lambda leaf: -leaf, given)))


def test_pickles_know_fields_by_name_and_read_those_without_names() -> None:
    moved = attrs.make_class("Moved", ["right", "left"], (Node,), frozen=True, eq=False)
    assert repr(tree._restored(moved, (1, 2), "left right")) == "Moved(right=2, left=1)"
    assert repr(tree._restored(moved, (1, 2))) == "Moved(right=1, left=2)"
    assert Pair(1, 2).__reduce__()[1] == (Pair, (1, 2), "left right")
