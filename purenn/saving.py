"""Trees of parameters in safetensors files: saved whole, and loaded as they were or not at all.

Arrays are named by their paths. Leaves may also be plain values: bool, int, float, str and `Key`.
Equal trees give equal bytes. Nothing in a file is ever run, and only classes of purenn's own are
looked up by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import overload

import attrs
import numpy as np

from purenn import files, jsons, safetensors
from purenn.arrays import AnyArray, T
from purenn.errors import FormatError, TreeError
from purenn.keys import Key
from purenn.matching import kinds, mismatches, named
from purenn.tree import LEAF_TYPES, Node, compose, compose_like, decompose

VERSION = "2"
CURE = "Pass like=, a tree of the same structure."

# How plain values are read from their text.
READERS: dict[str, Callable[[str], object]] = {
    "bool": {"True": True, "False": False}.__getitem__,
    "int": int,
    "float": float,
    "str": str,
    "Key": lambda text: Key(int(text)),
}

# One entry for each node in writing order: a class and its number of children, or None for a leaf.
Nodes = tuple[tuple[str, int] | None, ...]


@attrs.frozen
class Saved:
    """What a file holds: leaves by path, and nodes unless another library wrote it."""

    where: str
    leaves: dict[str, object]
    nodes: Nodes | None

    def fitted(self, like: T) -> T:
        """The tree, in the classes of a tree of the same structure, shapes and dtypes."""
        expected, nodes = named(like), _nodes(like)
        found = mismatches(kinds(expected), kinds(self.leaves))
        if not found and _names(self.nodes or nodes) != _names(nodes):
            found = ("the same leaves lie in nodes of other classes",)
        if found:
            raise TreeError(f"{self.where} holds another tree:\n  " + "\n  ".join(found))
        structure = decompose(like, LEAF_TYPES)[1]
        return compose_like(like, structure, [self.leaves[path] for path in expected])

    def built(self) -> object:
        """The tree, whose classes are all purenn's own."""
        if self.nodes is None:
            raise TreeError(f"{self.where} holds arrays, but not the structure of a tree. {CURE}")
        structure = [node and (_own_class(node[0], self.where), node[1]) for node in self.nodes]
        try:
            return compose(tuple(structure), self.leaves.values())
        except Exception as error:  # whatever a class has against these values
            raise FormatError(f"{self.where}: its leaves do not fit its nodes: {error}") from error


def save(path: files.AnyPath, params: object) -> None:
    """Save a tree in a safetensors file, atomically: a crash leaves the old file or the new one.

    The file keeps its permissions. A symbolic link is replaced, and not followed. Leaves are
    arrays of booleans, integers, float32 or float64, or a bool, int, float, str or `Key`.

    Raises:
        TreeError, DtypeError: the parameters are not a tree of such leaves.
        UnavailableError: the file cannot be written.
    """
    files.write(path, encode(params))


@overload
def load(path: files.AnyPath, *, like: T) -> T: ...
@overload
def load(path: files.AnyPath) -> object: ...
def load(path: files.AnyPath, *, like: object = None) -> object:
    """Load the tree in a file that `save` wrote, with read-only arrays.

    `like`, a tree of the same structure, shapes and dtypes, gives it its type. It may be left out
    if all classes of nodes are purenn's own. With it, files of other libraries load as well, if
    names are paths and axes are in the same order. Transpose PyTorch's weights before saving
    (square ones would load untransposed), with `np.ascontiguousarray(weight.T)`: safetensors writes
    a view's memory as it lies. Or make `Linear(weight.T, bias)`.

    Raises:
        TreeError: the file holds another tree than `like`, or classes that are not purenn's own.
        FormatError: the file is truncated, corrupt or of another format.
        UnavailableError: the file cannot be found or read.
    """
    saved = decode(files.read(path, b"{", safetensors.LENGTH), str(path))
    return saved.built() if like is None else saved.fitted(like)


def digest(params: object) -> str:
    """SHA-256 of a safetensors file of the arrays of a tree, named by their paths."""
    return hashlib.sha256(safetensors.encode(_arrays(named(params)), {})).hexdigest()


def encode(tree: object) -> bytes:
    """The bytes of the file that `save` writes."""
    leaves = named(tree)
    rest = iter(leaves.items())
    entries: list[jsons.Json] = [
        list(node) if node else _entry(*next(rest)) for node in _nodes(tree)
    ]
    facts = {"version": VERSION, "tree": jsons.dump(entries).decode().strip()}
    return safetensors.encode(_arrays(leaves), facts)


def decode(raw: bytes, where: str) -> Saved:
    """The content of a file; errors call it `where`."""
    arrays, facts = safetensors.decode(raw, where)
    if not facts:
        return Saved(where, {**arrays}, None)
    if (version := facts.get("version")) != VERSION:
        raise FormatError(f"{where} is of version {version}: expected {VERSION}. Update purenn.")
    entries = jsons.parse(facts.get("tree", "").encode(errors="surrogatepass"), where)
    leaves: dict[str, object] = {}
    nodes: list[tuple[str, int] | None] = []
    missing = 1  # nodes that must follow
    for entry in entries if isinstance(entries, list) else []:
        before = len(leaves)
        match entry:
            case [str(label), int(count)] if count >= 0 and missing:
                nodes.append((label, count))
                missing += count - 1
                continue
            case str(path) if path in arrays and path not in leaves:
                leaves[path] = arrays.pop(path)
            case [str(path), str(kind), str(text)] if path not in leaves:
                with suppress(KeyError, ValueError):
                    leaves[path] = READERS[kind](text)
        if len(leaves) == before or not missing:
            raise FormatError(f"{where}: its tree has the invalid entry {entry!r}.")
        nodes.append(None)
        missing -= 1
    if missing or arrays:
        raise FormatError(f"{where}: its tree and its arrays do not match.")
    return Saved(where, leaves, tuple(nodes))


def _entry(path: str, leaf: object) -> jsons.Json:
    if isinstance(leaf, np.ndarray):
        return path
    kind = type(leaf).__name__
    if type(leaf) not in LEAF_TYPES:
        plain = next(one.__name__ for one in LEAF_TYPES if isinstance(leaf, one))
        expected = "expected an array or a plain bool, int, float, str or Key"
        raise TreeError(f"{path}: {expected}, got {kind}. Convert it with {plain}(x).")
    try:
        return [path, kind, str(leaf.seed if isinstance(leaf, Key) else leaf)]
    except ValueError:  # of more digits than Python reads or writes
        raise TreeError(f"{path}: expected an integer of at most 4300 digits.") from None


def _arrays(leaves: dict[str, object]) -> dict[str, AnyArray]:
    return {path: leaf for path, leaf in leaves.items() if isinstance(leaf, np.ndarray)}


def _nodes(tree: object) -> Nodes:
    structure = decompose(tree, LEAF_TYPES)[1]
    return tuple(x and (f"{x[0].__module__}:{x[0].__qualname__}", x[1]) for x in structure)


def _names(nodes: Nodes) -> list[tuple[str, int] | None]:
    return [node and (node[0].rpartition(":")[2], node[1]) for node in nodes]  # modules may move


def _own_class(label: str, where: str) -> type:
    module, _, name = label.partition(":")
    if label == "builtins:tuple":
        return tuple
    if module.partition(".")[0] == "purenn" and module.replace(".", "").isidentifier():
        for home in (module, module.rpartition(".")[0] or module):  # packages name what has moved
            with suppress(ImportError):
                kind: object = vars(import_module(home)).get(name)
                if isinstance(kind, type) and issubclass(kind, Node):
                    return kind
    raise TreeError(f"{where} has nodes of {label!r}, which is not one of purenn's classes. {CURE}")
