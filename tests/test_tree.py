"""Trees: taken apart, built again, mapped, named and compared, however deep."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import attrs
import numpy as np
import pytest
from contracts import FLOATS, all_bits
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from properties import given

import purenn as nn
from purenn.arrays import Array
from purenn.tree import differences, matching_leaves, require_same


@attrs.frozen(eq=False)
class Pair:
    """A node with names."""

    left: object
    right: object


@attrs.frozen(eq=False)
class Box:
    """A node with one child."""

    inside: object


class Point(NamedTuple):
    """A tuple with names."""

    x: object
    y: object


def array(size: int) -> Array:
    return np.full((size, 2), float(size), np.float32)


def tuples(children: SearchStrategy[object]) -> SearchStrategy[object]:
    return st.lists(children, max_size=4).map(tuple)


def nodes(children: SearchStrategy[object]) -> SearchStrategy[object]:
    pairs = st.builds(Pair, children, children)
    return (
        tuples(children) | pairs | st.builds(Box, children) | st.builds(Point, children, children)
    )


arrays: SearchStrategy[object] = st.integers(0, 5).map(array)
leafless: SearchStrategy[object] = st.just(nn.EMPTY)
trees: SearchStrategy[object] = st.recursive(arrays | leafless, nodes, max_leaves=12)


def same(first: object, second: object) -> bool:
    """Whether two trees are equal in everything, classes and values included."""
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return bool(np.array_equal(first, second)) and first.dtype == second.dtype
    if type(first) is not type(second):
        return False
    if isinstance(first, tuple) and isinstance(second, tuple):
        return len(first) == len(second) and all(map(same, first, second))
    names = [name for name in ("left", "right", "inside") if hasattr(first, name)]
    return all(same(getattr(first, name), getattr(second, name)) for name in names)


# --- leaves and rebuild --------------------------------------------------------------------------


@given(trees)
def test_rebuilding_from_its_leaves_gives_the_tree(tree: object) -> None:
    again = nn.rebuild(tree, nn.leaves(tree))
    assert same(again, tree)
    assert differences(tree, again) == ()


@given(trees)
def test_mapping_twice_is_mapping_once(tree: object) -> None:
    fused = nn.map_leaves(lambda leaf: np.abs(leaf + 1.0), tree)
    in_turn = nn.map_leaves(np.abs, nn.map_leaves(lambda leaf: leaf + 1.0, tree))
    assert same(fused, in_turn)
    assert same(nn.map_leaves(lambda leaf: leaf, tree), tree)


@given(trees)
def test_leaves_come_out_in_the_order_in_which_they_go_in(tree: object) -> None:
    count = len(nn.leaves(tree))
    new = tuple([np.full(3, float(n)) for n in range(count)])
    assert all_bits(nn.leaves(nn.rebuild(tree, new))) == all_bits(new)


@given(trees)
def test_every_leaf_has_a_name_of_its_own(tree: object) -> None:
    assert len(set(nn.paths(tree))) == len(nn.paths(tree)) == len(nn.leaves(tree))


def test_names_are_positions_and_fields() -> None:
    tree = (Pair(array(1), (array(2), Box(array(3)))), nn.EMPTY, Point(array(4), array(5)))
    assert nn.paths(tree) == ("0.left", "0.right.0", "0.right.1.inside", "2.0", "2.1")
    assert [leaf.shape[0] for leaf in nn.leaves(tree)] == [1, 2, 3, 4, 5]


def test_parameters_of_a_model_are_named_by_layer_and_field() -> None:
    model = nn.linear(3) >> nn.relu() >> (nn.linear(2) >> nn.softmax())
    params, _ = model.init(nn.Key(0), (4,))
    assert nn.paths(params) == ("0.weight", "0.bias", "2.0.weight", "2.0.bias")


def test_a_leaf_alone_is_a_tree_and_its_name_is_empty() -> None:
    leaf = array(2)
    assert nn.paths(leaf) == ("",)
    assert nn.leaves(leaf) == (leaf,)
    assert nn.map_leaves(lambda leaf: leaf + 1, leaf).tolist() == [[3, 3], [3, 3]]


def test_nothing_has_no_leaves() -> None:
    for nothing in ((), nn.EMPTY, ((), (nn.EMPTY,))):
        assert nn.leaves(nothing) == nn.paths(nothing) == ()
        assert nn.rebuild(nothing, ()) == nothing


DEPTH = 5000


def wrapped(child: object) -> object:
    return (child,)


def paired(child: object) -> object:
    return Pair(child, array(1))


@pytest.mark.parametrize("node", [Box, wrapped, paired])
def test_trees_nest_as_deep_as_one_likes(node: Callable[[object], object]) -> None:
    tree: object = array(2)
    for _ in range(DEPTH):
        tree = node(tree)
    found = nn.leaves(tree)
    assert found[0].shape == (2, 2)
    assert len(nn.paths(tree)) == len(found)
    again = nn.map_leaves(lambda leaf: leaf + 1.0, tree)
    assert nn.leaves(again)[0].tolist() == [[3, 3], [3, 3]]
    assert differences(tree, again) == ()


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
def test_to_dtype_converts_every_leaf(dtype: np.dtype[np.float32 | np.float64]) -> None:
    params, _ = (nn.linear(3) >> nn.linear(1)).init(nn.Key(0), (2,))
    converted = nn.to_dtype(params, dtype)
    assert {leaf.dtype for leaf in nn.leaves(converted)} == {dtype}
    np.testing.assert_array_equal(converted[0].weight, params[0].weight)
    assert not any(leaf.flags.writeable for leaf in nn.leaves(converted))


# --- what is no tree -----------------------------------------------------------------------------


@attrs.define(eq=False)
class Changeable:
    """A class whose instances can be changed."""

    weight: Array


@attrs.frozen(eq=False, kw_only=True)
class Named:
    """A class that is not built from its fields by position."""

    weight: Array


@attrs.frozen(eq=False)
class Computed:
    """A class with a field that its constructor does not take."""

    weight: Array
    total: float = attrs.field(init=False, default=0.0)


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (
            [array(1)],
            "A list is no tree: trees are made of arrays, tuples and frozen attrs classes",
        ),
        ({"w": array(1)}, "A dict is no tree: .* Decorate the class with @attrs.frozen"),
        (None, "A NoneType is no tree"),
        (1.0, "A float is no tree"),
        (np.float32(1.0), "A float32 is no tree"),
        (Changeable(array(1)), r"Changeable can be changed. Decorate it with @attrs.frozen"),
        (Named(weight=array(1)), "Named.weight is not set by position in its constructor"),
        (Computed(array(1)), "Computed.total is not set by position .* Make it a plain field"),
    ],
)
def test_what_is_no_tree_is_refused(node: object, message: str) -> None:
    for tree in (node, (array(1), Box(node))):
        with pytest.raises(nn.TreeError, match=message):
            nn.leaves(tree)
        with pytest.raises(nn.TreeError, match=message):
            nn.paths(tree)
        with pytest.raises(nn.TreeError, match=message):
            nn.rebuild(tree, (array(1),))


def test_too_few_and_too_many_leaves_are_refused() -> None:
    for count in (0, 1, 3):
        with pytest.raises(nn.TreeError, match=f"has 2 leaves and {count} new ones came"):
            nn.rebuild((array(1), array(2)), (array(1),) * count)


# --- trees that differ ---------------------------------------------------------------------------


@given(trees, trees)
def test_trees_match_if_and_only_if_no_leaf_differs(first: object, second: object) -> None:
    found = differences(first, second)
    described = [
        dict(zip(nn.paths(tree), nn.leaves(tree), strict=True)) for tree in (first, second)
    ]
    want, have = ({path: leaf.shape for path, leaf in tree.items()} for tree in described)
    wrong = [path for path in {**want, **have} if want.get(path) != have.get(path)]
    assert len(found) == len(wrong)
    for path in wrong:
        assert any(line.startswith(f"{path or 'the tree itself'}: ") for line in found)


def test_a_mismatch_lists_every_leaf_that_differs() -> None:
    expected = (Pair(array(1), array(2)), array(3), array(4))
    actual = (Pair(array(1), array(5)), array(3).astype(np.float64), nn.EMPTY, array(6))
    with pytest.raises(nn.TreeError) as caught:
        matching_leaves(expected, actual, "The gradients and the parameters")
    assert str(caught.value).splitlines() == [
        "The gradients and the parameters do not match:",
        "  2: float32 (4, 2) is missing",
        "  3: float32 (6, 2) is too much",
        "  0.right: expected float32 (2, 2), got float32 (5, 2)",
        "  1: expected float32 (3, 2), got float64 (3, 2)",
    ]


def test_the_same_leaves_in_other_nodes_do_not_match() -> None:
    with pytest.raises(nn.TreeError, match="the same leaves lie in nodes of other classes"):
        require_same((array(1), array(2)), Point(array(1), array(2)), "These")
    with pytest.raises(nn.TreeError, match="the same leaves lie in nodes of other classes"):
        require_same((array(1), nn.EMPTY), (array(1),), "These")


def test_a_lone_leaf_is_named_in_words() -> None:
    found = differences(array(1), array(2))
    assert found == ("the tree itself: expected float32 (1, 2), got float32 (2, 2)",)
