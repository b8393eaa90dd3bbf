"""What is no tree, and how trees that differ are told apart."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from properties import given
from trees import Box, Pair, Point, array, trees

import purenn as nn
from purenn.arrays import Array
from purenn.tree import differences, matching_leaves, require_same


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


def test_gradients_in_other_nodes_than_the_parameters_are_refused() -> None:
    with pytest.raises(nn.TreeError, match="These do not match: the same leaves lie in nodes"):
        matching_leaves((array(1), array(2)), Point(array(1), array(2)), "These")
    with pytest.raises(nn.TreeError, match=r"inside: float32 \(1, 2\) is missing"):
        matching_leaves(Box(array(1)), (array(1),), "These")


def test_a_tree_that_would_turn_into_another_class_is_refused() -> None:
    masked = np.ma.masked_array(np.ones(2), mask=True)
    with pytest.raises(nn.TreeError, match="The tree turned from a MaskedArray into ndarray"):
        nn.rebuild(masked, (np.ones(2),))


def test_a_lone_leaf_is_named_in_words() -> None:
    found = differences(array(1), array(2))
    assert found == ("the tree itself: expected float32 (1, 2), got float32 (2, 2)",)
