from __future__ import annotations

import gzip
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from properties import given

from purenn.datasets import idx
from purenn.errors import DtypeError, FormatError, ShapeError, UnavailableError

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
CONTENT = idx.encode(ARRAY)


@st.composite
def arrays(draw: st.DrawFn) -> idx.Bytes:
    shape = tuple(draw(st.lists(st.integers(0, 5), min_size=1, max_size=4)))
    size = int(np.prod(shape))
    entries = draw(st.binary(min_size=size, max_size=size))
    return np.frombuffer(entries, np.uint8).reshape(shape)


@given(arrays(), st.sampled_from(["array", "array.gz"]))
def test_what_is_written_is_read(array: idx.Bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        idx.write(path, array)
        assert path.read_bytes().startswith(idx.GZIP_MAGIC) == (name == "array.gz")
        back = idx.read(path)
    assert back.shape == array.shape
    assert back.dtype == np.uint8
    assert back.tobytes() == array.tobytes()
    assert not back.flags.writeable


@given(arrays(), st.integers(0, 10**6))
def test_every_truncation_is_noticed(array: idx.Bytes, place: int) -> None:
    content = idx.encode(array)
    with pytest.raises(FormatError, match=r"^cut is (truncated|empty|no IDX file)"):
        idx.parse(content[: place % len(content)], "cut")


@given(arrays(), st.binary(min_size=1, max_size=20))
def test_every_excess_is_noticed(array: idx.Bytes, excess: bytes) -> None:
    with pytest.raises(FormatError, match=r"^long goes on after its end"):
        idx.parse(idx.encode(array) + excess, "long")


@given(st.integers(0, len(CONTENT) - 1), st.integers(1, 255))
def test_no_change_of_the_header_is_taken_for_the_same_array(place: int, change: int) -> None:
    changed = bytearray(CONTENT)
    changed[place] ^= change
    header = len(CONTENT) - ARRAY.size
    if place < header:
        with pytest.raises(FormatError, match=r"^changed "):
            idx.parse(bytes(changed), "changed")
    else:
        assert idx.parse(bytes(changed), "changed").reshape(-1)[place - header] == changed[place]


def outcome(read: Callable[[], idx.Bytes]) -> idx.Bytes | FormatError:
    try:
        return read()
    except FormatError as error:
        return error


@given(st.binary(max_size=64))
def test_bytes_are_an_array_or_a_format_error(content: bytes) -> None:
    result = outcome(lambda: idx.parse(content, "bytes"))
    if isinstance(result, FormatError):
        assert str(result).startswith("bytes ")
    else:
        assert idx.encode(result) == content


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_archive_is_the_same_array_or_a_format_error(place: int, change: int) -> None:
    archive = bytearray(gzip.compress(CONTENT, mtime=0))
    archive[place % len(archive)] ^= change
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "array.gz"
        path.write_bytes(archive)
        result = outcome(lambda: idx.read(path))
    if isinstance(result, FormatError):
        assert str(path) in str(result)
    else:  # the byte was the time stamp or the like
        assert result.tobytes() == ARRAY.tobytes()


ARCHIVE = gzip.compress(CONTENT, mtime=0)


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("a", b"", "is empty: an IDX file was expected."),
        ("a", b"\0\0\x08", "is no IDX file: it starts with 00 00 08, and two zero bytes"),
        ("a", b"<html>", "is no IDX file: it starts with 3c 68 74 6d"),
        ("a", b"\0\0\x0d\x01\0\0\0\0", r"holds dtype code 0x0d: only uint8 \(0x08\) is read."),
        ("a", b"\0\0\x08\0\x05", "announces rank 0: ranks from 1 to 32 are read."),
        ("a", b"\0\0\x08\x21" + bytes(200), "announces rank 33: ranks from 1 to 32 are read."),
        ("a", CONTENT[:10], "is truncated: it ends within its header."),
        (
            "a",
            CONTENT[:-1],
            r"is truncated: its header announces shape \(2, 3, 4\), so 40 bytes, and 39 bytes came",
        ),
        ("a", CONTENT + b"x", "goes on after its end: .* 40 bytes, and more than 40 bytes came"),
        ("a", b"\0\0\x08\x01\xff\xff\xff\xff", r"announces shape \(4294967295,\): more than"),
        ("a", b"\0\0\x08\x03" + b"\xff" * 12, r"announces shape \(4294967295, 4294967295, 429"),
        ("a", b"\0\0\x08\x03" + b"\xff" * 8 + bytes(4), "bytes are not read. Its header is prob"),
        ("a.gz", CONTENT, "is not gzipped, as its name promises. Fetch the file again."),
        ("a.gz", ARCHIVE[:-9], "is truncated: its gzip data has no end. Fetch the file again."),
        ("a.gz", ARCHIVE[:15], "is truncated: its gzip data has no end."),
        ("a.gz", ARCHIVE[:-8] + bytes(8), r"is corrupt: its gzip data cannot be unpacked \(CRC"),
        ("a.gz", ARCHIVE[:10] + b"\xff" * 20, "is corrupt: its gzip data cannot be unpacked"),
        ("a.gz", ARCHIVE + b"more", "is corrupt: its gzip data cannot be unpacked"),
        ("a.gz", gzip.compress(CONTENT + bytes(10**7)), "goes on after its end: .* than 40 bytes"),
    ],
)
def test_a_malformed_file_is_named(tmp_path: Path, name: str, raw: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(FormatError, match=message) as caught:
        idx.read(path)
    assert str(caught.value).startswith(str(path))


def test_a_file_of_absurd_size_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as stream:
        stream.truncate(2**30 + 1)  # a hole, which takes no space
    with pytest.raises(FormatError, match="huge has 1073741825 bytes: up to 1073741824 are read"):
        idx.read(path)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="nothing cannot be read: No such file or dir"):
        idx.read(tmp_path / "nothing")
    with pytest.raises(UnavailableError, match="is a directory: an IDX file was expected"):
        idx.read(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnavailableError, match="pipe is a device or pipe"):
        idx.read(tmp_path / "pipe")


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="array cannot be written: No such file or dir"):
        idx.write(tmp_path / "nowhere" / "array", ARRAY)


def test_arrays_that_idx_cannot_hold_are_refused() -> None:
    numbers: idx.Bytes = np.zeros(3, "float64")
    with pytest.raises(DtypeError, match=r"^idx.encode takes arrays of uint8 and got float64\.$"):
        idx.encode(numbers)
    with pytest.raises(ShapeError, match=r"^idx.encode takes ranks from 1 to 32 and got 0\.$"):
        idx.encode(np.asarray(5, dtype=np.uint8))


def test_any_order_in_memory_is_written_in_c_order() -> None:
    for array in (np.asfortranarray(ARRAY), ARRAY[::-1], ARRAY[:, ::2], ARRAY.T):
        assert np.array_equal(idx.parse(idx.encode(array), "array"), array)
