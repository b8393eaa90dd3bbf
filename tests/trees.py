"""Trees of all kinds, for Hypothesis to draw from."""

from __future__ import annotations

from typing import NamedTuple

import attrs
import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import purenn as nn
from purenn.arrays import Array


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
