"""Trees: taken apart, built again, mapped, named and compared, however deep."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from contracts import FLOATS, all_bits
from properties import given
from trees import Box, Pair, Point, array, trees

import purenn as nn
from purenn.tree import differences


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
