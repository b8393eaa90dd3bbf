"""What a checkpoint says about itself in JSON: its version, its model, its structure and leaves."""

from __future__ import annotations

import attrs

from purenn import jsons
from purenn.checkpoints.entries import Entry, described, read_entry
from purenn.errors import CheckpointError, PurennError
from purenn.jsons import Json
from purenn.tree import Structure

FORMAT = "purenn checkpoint"
VERSION = 1

Nodes = tuple[tuple[str, int] | None, ...]


@attrs.frozen
class Header:
    """All that there is to know of a checkpoint but the arrays' elements."""

    model: str
    structure: Nodes
    entries: tuple[Entry, ...]


def nodes(structure: Structure) -> Nodes:
    """A tree's structure with the names of its classes in place of the classes."""
    return tuple(None if node is None else (node[0].__qualname__, node[1]) for node in structure)


def encode(header: Header) -> bytes:
    """The header as JSON."""
    return jsons.line(
        {
            "format": FORMAT,
            "version": VERSION,
            "model": header.model,
            "structure": [None if node is None else list(node) for node in header.structure],
            "leaves": [described(entry) for entry in header.entries],
        }
    )


def decode(raw: bytes, where: str) -> Header:
    """The header that a JSON text stands for.

    Raises:
        CheckpointError: it stands for none, or for one of another version.
    """
    try:
        found = jsons.parse(raw, where)
    except PurennError as error:
        raise CheckpointError(f"{error}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise CheckpointError(f"{where} is no checkpoint of purenn.")
    _require_version(found.get("version"), where)
    model, structure, leaves = (found.get(name) for name in ("model", "structure", "leaves"))
    if (
        not isinstance(model, str)
        or not isinstance(structure, list)
        or not isinstance(leaves, list)
    ):
        raise CheckpointError(f"{where}: its header lacks the model, the structure or the leaves.")
    return Header(
        model,
        tuple(_read_node(node, where) for node in structure),
        tuple(read_entry(leaf, where) for leaf in leaves),
    )


def _require_version(version: Json, where: str) -> None:
    if version == VERSION:
        return
    newer = isinstance(version, int) and version > VERSION
    advice = "comes from a newer purenn: update purenn" if newer else "is of no known version"
    raise CheckpointError(
        f"{where} {advice}. Its format is version {version!r}, and this purenn reads {VERSION}."
    )


def _read_node(node: Json, where: str) -> tuple[str, int] | None:
    match node:
        case None:
            return None
        case [str(name), int(count)]:
            return name, count
    raise CheckpointError(f"{where}: its header describes the node {node!r}, which is none.")
