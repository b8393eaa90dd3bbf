"""Nodes to make trees of, and all that there is to see of a tree or of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import attrs
import numpy as np

from purenn.tree import LEAF_TYPES, walk


@attrs.frozen(eq=False)
class Pair:
    """A node that is not purenn's."""

    left: object
    right: object


class Point(NamedTuple):
    """A tuple with names."""

    x: object
    y: object


def leaves_as_text(tree: object) -> list[str]:
    """The leaves with their paths, types and bits."""
    return [
        f"{path} {leaf.dtype} {leaf.shape} {leaf.tobytes().hex()}"
        if isinstance(leaf, np.ndarray)
        else f"{path} {type(leaf).__name__} {leaf!r}"
        for path, leaf in walk(tree, LEAF_TYPES)
    ]


@contextmanager
def untouched(folder: Path) -> Iterator[None]:
    """Check that the block changes no file in a folder."""
    before = contents(folder)
    yield
    assert contents(folder) == before


def contents(folder: Path) -> dict[str, bytes]:
    """The files in a folder, if it is one."""
    paths = folder.iterdir() if folder.is_dir() else ()
    return {path.name: path.read_bytes() for path in paths if path.is_file()}
