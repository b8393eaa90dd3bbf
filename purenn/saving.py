"""Trees of parameters in files: saved whole, and loaded as they were or not at all.

>>> import tempfile
>>> from pathlib import Path
>>> import numpy as np
>>> from purenn.tree import Frozen
>>> folder = tempfile.TemporaryDirectory()
>>> path = Path(folder.name) / "params.safetensors"
>>> save(path, (np.ones((2, 3)), Frozen(np.zeros(3, np.float32))))
>>> load(path)
(array([[1., 1., 1.],
       [1., 1., 1.]]), Frozen(value=array([0., 0., 0.], dtype=float32)))
>>> folder.cleanup()

Files are of the safetensors format, which most of the field reads; the arrays in them are named by
their paths. Leaves may also be plain values: bool, int, float, str and `Key`. Equal trees give
equal bytes. Nothing in a file is ever run, and only classes of purenn's own are looked up by name.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from importlib import import_module
from typing import TypeVar, overload

import attrs
import numpy as np

from purenn import files, jsons, safetensors
from purenn.errors import FormatError, TreeError
from purenn.files import AnyPath
from purenn.jsons import Json
from purenn.keys import Key
from purenn.tree import Node, Structure, compose, compose_like, decompose, mismatches, walk

T = TypeVar("T")

# The nodes at which a tree ends.
LEAF_TYPES = (np.ndarray, bool, int, float, str, Key)

VERSION = "2"
CURE = "Pass like=, a tree of the same structure."

# One entry for each node in writing order: a class and its number of children, or None for a leaf.
Nodes = tuple[tuple[str, int] | None, ...]


@attrs.frozen
class Saved:
    """The content of a file: leaves by path, and nodes unless another library wrote it."""

    where: str
    leaves: dict[str, object]
    nodes: Nodes | None

    def fitted(self, like: T) -> T:
        """The tree, in the classes of a tree of the same structure, shapes and dtypes."""
        structure = decompose(like, LEAF_TYPES)[1]
        expected = _leaves(like)
        found = mismatches(_described(expected), _described(self.leaves))
        nodes = _nodes(structure)
        if not found and _unplaced(self.nodes or nodes) != _unplaced(nodes):
            found = ("the same leaves lie in nodes of other classes",)
        if found:
            raise TreeError(f"{self.where} holds another tree:\n  " + "\n  ".join(found))
        return compose_like(like, structure, [self.leaves[path] for path in expected])

    def built(self) -> object:
        """The tree, whose classes are all purenn's own."""
        if self.nodes is None:
            raise TreeError(f"{self.where} holds arrays, but not the structure of a tree. {CURE}")
        structure = [node and (_own_class(*node, self.where), node[1]) for node in self.nodes]
        try:
            return compose(tuple(structure), self.leaves.values())
        except Exception as error:  # whatever a class has against these values
            raise FormatError(f"{self.where}: its leaves do not fit its nodes: {error}") from error


def save(path: AnyPath, params: object) -> None:
    """Write a tree to a file in one step: after a crash the old file or the new one is there.

    Raises:
        TreeError, DtypeError: it is not a tree, or has leaves of other types.
        UnavailableError: the file cannot be written.
    """
    files.write(path, encode(params))


@overload
def load(path: AnyPath, *, like: T) -> T: ...
@overload
def load(path: AnyPath) -> object: ...
def load(path: AnyPath, *, like: object = None) -> object:
    """The tree in a file that `save` wrote, with read-only arrays.

    Args:
        path: the file. With `like` it may also be one that another library wrote, whose names are
            the paths of the leaves.
        like: a tree of the same structure, shapes and dtypes. It may be left out if all classes of
            nodes are purenn's own.

    Raises:
        FormatError: the file is truncated, corrupt or of another format.
        TreeError: it holds another tree than `like`, or one that needs `like`.
        UnavailableError: it cannot be read.
    """
    saved = decode(files.read(path), str(path))
    return saved.built() if like is None else saved.fitted(like)


def digest(params: object) -> str:
    """SHA-256 over the arrays of a tree with their paths, shapes and dtypes.

    It is that of a safetensors file which holds them, named by their paths, and nothing else.
    """
    arrays = {path: leaf for path, leaf in _leaves(params).items() if isinstance(leaf, np.ndarray)}
    return hashlib.sha256(safetensors.encode(arrays, {})).hexdigest()


def encode(tree: object) -> bytes:
    """The bytes of the file that `save` writes."""
    leaves = _leaves(tree)
    arrays = {path: leaf for path, leaf in leaves.items() if isinstance(leaf, np.ndarray)}
    rest = iter(leaves.items())
    nodes = _nodes(decompose(tree, LEAF_TYPES)[1])
    entries: list[Json] = [list(node) if node else _entry(*next(rest)) for node in nodes]
    facts = {"version": VERSION, "tree": jsons.dump(entries).decode().strip()}
    return safetensors.encode(arrays, facts)


def decode(raw: bytes, where: str) -> Saved:
    """The content of a file, which errors call `where`.

    Raises:
        FormatError: see `load`.
    """
    arrays, facts = safetensors.decode(raw, where)
    if not facts:
        return Saved(where, {**arrays}, None)
    if facts.get("version") != VERSION:
        raise FormatError(
            f"{where} is of version {facts.get('version')}: expected {VERSION}. Update purenn."
        )
    entries = jsons.parse(facts.get("tree", "").encode(), where)
    leaves: dict[str, object] = {}
    nodes: list[tuple[str, int] | None] = []
    missing = 1  # nodes that must follow
    for entry in entries if isinstance(entries, list) else []:
        match entry:
            case [str(label), int(count)] if count >= 0 and missing:
                nodes.append((label, count))
                missing += count - 1
                continue
            case str(path) if path in arrays and path not in leaves:
                leaves[path] = arrays.pop(path)
            case [str(path), str(kind), value] if path not in leaves:
                leaves[path] = _read(kind, value, where)
            case _:
                raise FormatError(f"{where}: its tree has the invalid entry {entry!r}.")
        nodes.append(None)
        missing -= 1
    if missing or arrays:
        raise FormatError(f"{where}: its tree and its arrays do not match.")
    return Saved(where, leaves, tuple(nodes))


def _leaves(tree: object) -> dict[str, object]:
    return {path or "tree": leaf for path, leaf in walk(tree, LEAF_TYPES)}


def _nodes(structure: Structure) -> Nodes:
    return tuple(
        node and (f"{node[0].__module__}:{node[0].__qualname__}", node[1]) for node in structure
    )


def _unplaced(nodes: Nodes) -> list[tuple[str, int] | None]:
    return [node and (node[0].rpartition(":")[2], node[1]) for node in nodes]  # modules may move


def _described(leaves: dict[str, object]) -> dict[str, str]:
    return {
        path: f"{x.dtype.name} {x.shape}" if isinstance(x, np.ndarray) else type(x).__name__
        for path, x in leaves.items()
    }


def _own_class(label: str, count: int, where: str) -> type:
    module, _, name = label.partition(":")
    if label == "builtins:tuple":
        return tuple
    if module.partition(".")[0] == "purenn" and module.replace(".", "").isidentifier():
        with suppress(ImportError):
            kind: object = vars(import_module(module)).get(name)
            if isinstance(kind, type) and issubclass(kind, Node) and _arity(kind) == count:
                return kind
    raise TreeError(f"{where} has nodes of {label!r}, which is not one of purenn's classes. {CURE}")


def _arity(kind: type) -> int | None:
    return len(attrs.fields(kind)) if attrs.has(kind) else None


def _entry(path: str, leaf: object) -> Json:
    if isinstance(leaf, np.ndarray):
        return path
    kind = type(leaf)
    if kind not in LEAF_TYPES:
        raise TreeError(
            f"{path}: expected an array or a plain bool, int, float, str or Key, got "
            f"{kind.__name__}. Convert it with float(x) or int(x)."
        )
    if isinstance(leaf, bool | int | str):
        return [path, kind.__name__, leaf]
    # NaN and infinity are not numbers of JSON.
    return [path, kind.__name__, leaf.seed if isinstance(leaf, Key) else repr(leaf)]


def _read(kind: str, value: Json, where: str) -> bool | int | float | str | Key:
    with suppress(ValueError):  # a text that is not a float, a seed out of range
        match kind, value:
            case ("bool", bool(found)) | ("str", str(found)):
                return found
            case "int", int(found) if not isinstance(found, bool):
                return found
            case "float", str(text):
                return float(text)
            case "Key", int(seed):
                return Key(seed)
    raise FormatError(f"{where}: its tree has the invalid {kind} {value!r}.")
