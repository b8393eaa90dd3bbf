"""Archives with the right digest and the wrong content."""

from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Callable

import numpy as np
import pytest

from purenn import checkpoint
from purenn.checkpoints import archive
from purenn.errors import CheckpointError

STATE = (np.arange(4.0), np.ones((2, 2), np.float32), 7, 0.5)
CONTENT = checkpoint.encode(STATE, "a model")
MEMBERS = archive.unpack(CONTENT, checkpoint.HEADER, "file")
Header = dict[str, object]


def refused(content: bytes, message: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        checkpoint.decode(content, STATE, "a model", "file")
    assert str(caught.value) == message


def with_members(**changes: bytes | None) -> bytes:
    """The checkpoint with some members changed, added or taken out."""
    members = {**MEMBERS, **changes}
    return archive.pack((name, raw) for name, raw in members.items() if raw is not None)


def with_header(change: Callable[[Header], object]) -> bytes:
    """The checkpoint with something changed in its header."""
    header: Header = json.loads(MEMBERS["header.json"])
    change(header)
    return with_members(**{"header.json": json.dumps(header).encode()})


def with_leaf(index: int, **changes: object) -> bytes:
    """The checkpoint with a leaf described otherwise."""

    def change(header: Header) -> None:
        leaves = header["leaves"]
        assert isinstance(leaves, list)
        leaves[index].update(changes)

    return with_header(change)


def zipped(edit: Callable[[zipfile.ZipInfo], None], kind: int = zipfile.ZIP_STORED) -> bytes:
    """The checkpoint, zipped in another way, with the right digest."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in MEMBERS.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            member.compress_type = kind
            edit(member)
            file.writestr(member, content)
        file.comment = archive.LABEL + bytes(64)
    return sealed(buffer.getvalue())


def sealed(raw: bytes) -> bytes:
    """An archive with the right digest at its end."""
    body = raw[: -archive.DIGITS]
    return body + hashlib.sha256(body).hexdigest().encode()
