"""The leaves of a tree as a checkpoint's header describes them.

Arrays are described and lie in members of their own. Plain values (numbers, strings, keys) are
written down: floats in the shortest decimal form that reads back as the same float.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from purenn.arrays import Shape, Whole
from purenn.checkpoints.npy import DTYPES
from purenn.errors import CheckpointError, PurennError
from purenn.jsons import Json
from purenn.keys import Key
from purenn.tree import walk

Plain = bool | int | float | str | Key
Leaf = Whole | Plain
# The nodes at which a tree ends. A Key is one: its path has no fixed length.
LEAF_TYPES = (np.ndarray, bool, int, float, str, Key)


@attrs.frozen
class ArrayEntry:
    """An array: its path in the tree, the name of its dtype, and its shape."""

    path: str
    dtype: str
    shape: Shape

    def __str__(self) -> str:
        return f"{self.dtype} {self.shape}"


@attrs.frozen
class PlainEntry:
    """A value: its path in the tree, the name of its type, and itself as JSON."""

    path: str
    type: str
    value: Json

    def __str__(self) -> str:
        return f"a value of type {self.type}"


Entry = ArrayEntry | PlainEntry


def entries(tree: object) -> Iterator[tuple[Entry, Leaf]]:
    """The leaves with what a header says of them, in writing order.

    Raises:
        CheckpointError: a leaf is of a type that checkpoints do not hold.
        TreeError: some node is neither a leaf, a tuple nor a frozen attrs class.
    """
    for path, leaf in walk(tree, LEAF_TYPES):
        if isinstance(leaf, np.ndarray):
            name = leaf.dtype.newbyteorder("=").name
            if name not in DTYPES:
                raise CheckpointError(
                    f"{path} is an array of {leaf.dtype}: checkpoints hold {', '.join(DTYPES)}."
                )
            yield ArrayEntry(path, name, leaf.shape), leaf
            continue
        if type(leaf) not in LEAF_TYPES or not isinstance(leaf, Plain):
            raise CheckpointError(
                f"{path} is a {type(leaf).__name__}: checkpoints hold arrays, and plain values of "
                "Python's bool, int, float and str. Convert it with float(...) or int(...)."
            )
        yield PlainEntry(path, type(leaf).__name__, _written(leaf)), leaf


def _written(value: Plain) -> Json:
    if isinstance(value, Key):
        return {"seed": value.seed, "path": list(value.path)}
    if isinstance(value, float):
        return repr(value)  # NaN and infinity have no form as numbers of JSON
    return value


def value_of(entry: PlainEntry, where: str) -> Plain:
    """The value that an entry stands for.

    Raises:
        CheckpointError: it stands for none.
    """
    value = _read(entry.type, entry.value)
    if value is None:
        raise CheckpointError(
            f"{where}: {entry.path} is {entry.value!r}, which is no {entry.type}."
        )
    return value


def _read(kind: str, value: Json) -> Plain | None:
    if kind == "Key":
        return _read_key(value)
    if kind == "float":
        return _read_float(value)
    if kind == "int":
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if kind == "bool":
        return value if isinstance(value, bool) else None
    return value if kind == "str" and isinstance(value, str) else None


def _read_float(value: Json) -> float | None:
    if not isinstance(value, str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if repr(number) == value else None


def _read_key(value: Json) -> Key | None:
    if not isinstance(value, dict) or set(value) != {"seed", "path"}:
        return None
    seed, path = value["seed"], value["path"]
    if not isinstance(seed, int) or not isinstance(path, list):
        return None
    indices = [index for index in path if isinstance(index, int)]
    try:
        return Key(seed, tuple(indices)) if len(indices) == len(path) else None
    except PurennError:
        return None


def described(entry: Entry) -> Json:
    """The entry as JSON."""
    if isinstance(entry, ArrayEntry):
        return {"path": entry.path, "dtype": entry.dtype, "shape": list(entry.shape)}
    return {"path": entry.path, "type": entry.type, "value": entry.value}


def read_entry(leaf: Json, where: str) -> Entry:
    """The entry that a JSON value describes.

    Raises:
        CheckpointError: it describes none.
    """
    match leaf:
        case {"path": str(path), "dtype": str(dtype), "shape": list(sizes)} if dtype in DTYPES:
            shape = tuple(size for size in sizes if isinstance(size, int) and size >= 0)
            if len(shape) == len(sizes):
                return ArrayEntry(path, dtype, shape)
        case {"path": str(path), "type": str(kind), "value": value}:
            return PlainEntry(path, kind, value)
    raise CheckpointError(f"{where}: its header describes the leaf {leaf!r}, which is none.")
