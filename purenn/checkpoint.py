"""Checkpoints: a tree in one file, which is read back exactly as it was or not at all.

A tree here is what `purenn.tree` says, whose leaves may also be plain values: bool, int, float,
str and `Key`. So an optimizer's state, with its step and slots, is one:

>>> import tempfile
>>> from pathlib import Path
>>> import purenn as nn
>>> params, _ = nn.linear(2).init(nn.Key(0), (3,))
>>> state = nn.sgd(0.1).init(params)
>>> folder = tempfile.TemporaryDirectory()
>>> path = Path(folder.name) / "checkpoint.npz"
>>> save(path, (state, nn.Key(7)), model="linear(2)")
>>> (again, key) = load(path, like=(state, nn.Key(0)), model="linear(2)")
>>> key, nn.paths(again.params) == nn.paths(params)
(Key(seed=7, path=()), True)
>>> folder.cleanup()

The file is a `.npz` that `numpy.load` opens: `header.json`, then an array for each leaf that is
one, named by its path. Equal states give equal bytes. No part of it is ever run or unpickled.
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np

from purenn import durable
from purenn.arrays import Whole
from purenn.checkpoints import archive, npy
from purenn.checkpoints import header as headers
from purenn.checkpoints.entries import LEAF_TYPES, ArrayEntry, Entry, entries, value_of
from purenn.checkpoints.header import Header, nodes
from purenn.errors import CheckpointError, UnavailableError
from purenn.kernels.finiteness import nonfinite
from purenn.tree import flatten, mismatches, unflatten

T = TypeVar("T")

HEADER = "header.json"
HEADER_LIMIT = 2**24  # bytes: some 100,000 leaves


def save(path: Path, state: object, model: str = "") -> None:
    """Write a tree to a file, in one step: whenever that is interrupted, the old file stands.

    Args:
        path: the file. Its folder has to be there.
        state: the tree.
        model: what the tree belongs to: `repr(model)`.

    Raises:
        CheckpointError: the file cannot be written, or an array holds NaN or infinity: from such
            a state nothing can be continued.
        TreeError: some node is neither a leaf, a tuple nor a frozen attrs class.
    """
    try:
        durable.write(path, encode(state, model))
    except UnavailableError as error:
        raise CheckpointError(f"{error} The checkpoint before, if there is one, stands.") from error


def load(path: Path, like: T, model: str = "") -> T:
    """The tree in a file.

    Args:
        path: the file.
        like: a tree of the same structure, shapes and dtypes, such as the state to begin with.
        model: what the tree belongs to: `repr(model)`; not compared if either is empty.

    Raises:
        CheckpointError: the file cannot be read; is no checkpoint, or of a newer version; is
            truncated or changed; or holds another tree. All leaves that differ are named.
    """
    size = sum(leaf.nbytes for _, leaf in entries(like) if isinstance(leaf, np.ndarray))
    try:
        raw = durable.read(path, 2 * size + 2 * HEADER_LIMIT)
    except UnavailableError as error:
        raise CheckpointError(f"{error}") from error
    return decode(raw, like, model, str(path))


def encode(state: object, model: str = "") -> bytes:
    """The bytes of the file that `save` writes.

    Raises:
        CheckpointError, TreeError: see `save`.
    """
    pairs = tuple(entries(state))
    structure = nodes(flatten(state, LEAF_TYPES)[1])
    header = headers.encode(Header(model, structure, tuple(entry for entry, _ in pairs)))
    members = [(HEADER, header)]
    for entry, leaf in pairs:
        if isinstance(leaf, np.ndarray):
            _require_finite(leaf, f"{entry.path} cannot be saved: it")
            members.append((_member(entry), npy.encode(leaf)))
    return archive.pack(members)


def decode(raw: bytes, like: T, model: str, where: str) -> T:
    """The tree in the bytes of a file: the inverse of `encode`.

    Args:
        raw: the whole file.
        like: a tree of the same structure, shapes and dtypes.
        model: what the tree belongs to; not compared if either is empty.
        where: what errors call the file, such as its path.

    Raises:
        CheckpointError: see `load`.
    """
    members = archive.unpack(raw, HEADER, where)
    content = members.pop(HEADER, b"")
    if len(content) > HEADER_LIMIT:
        raise CheckpointError(f"{where}: its header has {len(content):,} bytes, which is too much.")
    header = headers.decode(content, f"{where}: {HEADER}")
    _require_same(header, like, model, where)
    _require_members(header, members, where)
    leaves = [_leaf(entry, members, where) for entry in header.entries]
    tree = unflatten(flatten(like, LEAF_TYPES)[1], leaves)
    if not isinstance(tree, type(like)):
        raise CheckpointError(f"{where} holds a {type(tree).__name__}: that is another tree.")
    return tree


def _member(entry: Entry) -> str:
    return f"{entry.path or 'array'}.npy"


def _leaf(entry: Entry, members: dict[str, bytes], where: str) -> object:
    if not isinstance(entry, ArrayEntry):
        return value_of(entry, where)
    array = npy.decode(members[_member(entry)], npy.DTYPES[entry.dtype], entry.shape)
    if array is None:
        raise CheckpointError(f"{where}: its member {_member(entry)!r} is not {entry} as promised.")
    _require_finite(array, f"{where}: {entry.path}")
    return array


def _require_finite(array: Whole, subject: str) -> None:
    count = nonfinite(array)
    if count:
        raise CheckpointError(
            f"{subject} holds NaN or infinity in {count:,} of {array.size:,} entries. "
            "Nothing can be continued from there."
        )


def _require_members(header: Header, members: dict[str, bytes], where: str) -> None:
    expected = [_member(entry) for entry in header.entries if isinstance(entry, ArrayEntry)]
    odd = [repr(name) for name in members if name not in expected]
    lost = [repr(name) for name in expected if name not in members]
    if odd:
        raise CheckpointError(f"{where} has members that are no leaves: {', '.join(odd)}.")
    if lost:
        raise CheckpointError(f"{where} lacks members that its header names: {', '.join(lost)}.")


def _require_same(header: Header, like: object, model: str, where: str) -> None:
    if header.model and model and header.model != model:
        raise CheckpointError(
            f"{where} belongs to another model.\n  It is of   {header.model}\n  and not of {model}"
        )
    expected = tuple(entry for entry, _ in entries(like))
    found = _differences(expected, header.entries)
    if found:
        raise CheckpointError(f"{where} holds another state:\n  " + "\n  ".join(found))
    same_order = [entry.path for entry in expected] == [entry.path for entry in header.entries]
    if not same_order or header.structure != nodes(flatten(like, LEAF_TYPES)[1]):
        raise CheckpointError(
            f"{where} holds another state: the same leaves lie in nodes of other classes."
        )


def _differences(expected: tuple[Entry, ...], actual: tuple[Entry, ...]) -> tuple[str, ...]:
    """One sentence for every leaf in which two trees differ by path, shape, dtype or type."""
    want = {entry.path: str(entry) for entry in expected}
    return mismatches(want, {entry.path: str(entry) for entry in actual})
