"""Named byte strings in one zip file that ends with the SHA-256 of all that comes before.

Members are stored as they are, under a fixed date, so that equal members give equal bytes. The
digest is the archive's comment: zip tools and `numpy.load` read the file, and no bit of it can
change unnoticed.
"""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import zipfile
from collections.abc import Iterable

from purenn.errors import CheckpointError

LABEL = b"sha256:"
DIGITS = 64
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that the format knows
UNIX = 3
MAGIC = b"PK\x03\x04"
LOCAL_HEADER = 30  # bytes before the first member's name

# What the zip module raises on archives that are damaged or made to damage.
UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    struct.error,
    ArithmeticError,
    EOFError,
    RuntimeError,  # with NotImplementedError: encrypted members, unknown methods
    ValueError,
)


def pack(members: Iterable[tuple[str, bytes]]) -> bytes:
    """The bytes of an archive with these members, in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members:
            archive.writestr(_member(name), content)
        archive.comment = LABEL + bytes(DIGITS)
    body = buffer.getvalue()[:-DIGITS]
    return body + _digest(body)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, EPOCH)
    member.create_system = UNIX
    member.external_attr = (stat.S_IFREG | 0o644) << 16
    return member


def _digest(body: bytes | memoryview) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()


def unpack(raw: bytes, first: str, where: str) -> dict[str, bytes]:
    """The members of an archive, in their order.

    Nothing is parsed before the digest is found right, and nothing is allocated that the file
    does not have bytes for.

    Args:
        raw: the whole file.
        first: the name of the first member.
        where: what errors call the file.

    Raises:
        CheckpointError: it is no such archive, is truncated or changed, or has odd members.
    """
    _require_digest(raw, first, where)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            _require_plain(archive.infolist(), len(raw), where)
            return {member.filename: archive.read(member) for member in archive.infolist()}
    except CheckpointError:
        raise
    except UNREADABLE as error:
        raise CheckpointError(f"{where} is corrupt: {error}. {REMEDY}") from None


REMEDY = "Take another copy of it, or start anew."


def _require_digest(raw: bytes, first: str, where: str) -> None:
    if not raw:
        raise CheckpointError(f"{where} is empty: a checkpoint was expected. {REMEDY}")
    label = raw[-DIGITS - len(LABEL) : -DIGITS]
    if label != LABEL and not raw.startswith(MAGIC[: len(raw)]):
        raise CheckpointError(f"{where} is no checkpoint of purenn.")
    if label != LABEL:
        start = raw[LOCAL_HEADER : LOCAL_HEADER + len(first)]
        if not first.encode().startswith(start):
            raise CheckpointError(f"{where} is an archive, but no checkpoint of purenn.")
        raise CheckpointError(
            f"{where} is truncated, or damaged at its end, where its digest should be. {REMEDY}"
        )
    if _digest(memoryview(raw)[:-DIGITS]) != raw[-DIGITS:]:
        raise CheckpointError(f"{where} is corrupt: its content does not have its digest. {REMEDY}")


def _require_plain(members: list[zipfile.ZipInfo], size: int, where: str) -> None:
    names = [member.filename for member in members]
    if len(set(names)) < len(names):
        raise CheckpointError(f"{where} is no checkpoint of purenn: it has a member twice.")
    for member in members:
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind != stat.S_IFREG:
            oddity = "a symbolic link" if kind == stat.S_IFLNK else "no regular file"
            raise CheckpointError(f"{where}: its member {member.filename!r} is {oddity}.")
        if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
            raise CheckpointError(
                f"{where}: its member {member.filename!r} is compressed. purenn compresses "
                "nothing, so this may be a zip bomb."
            )
    if sum(member.file_size for member in members) > size:
        raise CheckpointError(
            f"{where}: its members claim more bytes than the file has. This may be a zip bomb."
        )
