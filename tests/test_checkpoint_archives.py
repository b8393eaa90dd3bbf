"""Archives that are odd as archives: zip bombs, links, members that are there twice."""

from __future__ import annotations

import stat
import zipfile

import pytest
from forging import CONTENT, MEMBERS, STATE, refused, sealed, zipped

from purenn import checkpoint
from purenn.checkpoints import archive
from purenn.errors import CheckpointError


class TestArchives:
    def test_compressed(self) -> None:
        refused(
            zipped(lambda member: None, zipfile.ZIP_DEFLATED),
            "file: its member 'header.json' is compressed. purenn compresses nothing, so this may "
            "be a zip bomb.",
        )

    def test_symbolic_links(self) -> None:
        def link(member: zipfile.ZipInfo) -> None:
            member.external_attr = (stat.S_IFLNK | 0o777) << 16

        refused(zipped(link), "file: its member 'header.json' is a symbolic link.")

    def test_devices(self) -> None:
        def device(member: zipfile.ZipInfo) -> None:
            member.external_attr = (stat.S_IFCHR | 0o666) << 16

        refused(zipped(device), "file: its member 'header.json' is no regular file.")

    def test_the_same_member_twice(self) -> None:
        with pytest.warns(UserWarning, match="Duplicate name"):
            forged = archive.pack([*MEMBERS.items(), ("0.npy", b"")])
        refused(forged, "file is no checkpoint of purenn: it has a member twice.")

    def test_more_bytes_than_there_are(self) -> None:
        size = len(MEMBERS["0.npy"]).to_bytes(4, "little")
        start = CONTENT.rindex(b"PK\x01\x02", 0, CONTENT.rindex(b"0.npy"))
        entry = CONTENT[start : start + 46]
        forged = CONTENT.replace(entry, entry.replace(size + size, b"\xff\xff\xff\x7f" * 2))
        assert forged != CONTENT
        refused(
            sealed(forged),
            "file: its members claim more bytes than the file has. This may be a zip bomb.",
        )

    def test_whatever_else_is_wrong_is_refused_or_makes_no_difference(self) -> None:
        for place in range(CONTENT.index(b"PK\x01\x02"), len(CONTENT) - archive.DIGITS):
            for value in (0x00, 0x01, 0x7F, 0x80, 0xFF):
                changed = bytearray(CONTENT)
                changed[place] = value
                assert outcome(sealed(bytes(changed))) in ("refused", "the same")


def outcome(content: bytes) -> str:
    try:
        back = checkpoint.decode(content, STATE, "a model", "file")
    except CheckpointError:
        return "refused"
    return "the same" if checkpoint.encode(back, "a model") == CONTENT else "another"
