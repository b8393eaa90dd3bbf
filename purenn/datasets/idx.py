"""The IDX format of the MNIST family: arrays of bytes behind a header of sizes, gzipped or not.

A file starts with two zero bytes, the code of the dtype (8 is uint8, the only one read here) and
the rank, followed by the size of each axis as a big-endian 32-bit number, and then the entries in
C order. Source: http://yann.lecun.com/exdb/mnist/ ("The IDX file format").

>>> encode(np.array([[1, 2, 3]], np.uint8)).hex(" ")
'00 00 08 02 00 00 00 01 00 00 00 03 01 02 03'
>>> parse(bytes.fromhex("00 00 08 01 00 00 00 02 07 09"), "two labels").tolist()
[7, 9]
"""

from __future__ import annotations

import gzip
import io
import math
import stat
import zlib
from pathlib import Path

import numpy as np

from purenn.errors import DtypeError, FormatError, ShapeError, UnavailableError

Bytes = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]

UINT8 = 8
MAX_RANK = 32
LONGEST_HEADER = 4 + 4 * MAX_RANK
MAX_BYTES = 2**30  # twenty times Fashion-MNIST's largest file; more is a corrupt header
GZIP_MAGIC = b"\x1f\x8b"


def read(path: Path) -> Bytes:
    """The array in a file, read-only. A name that ends in `.gz` promises a gzipped file.

    Raises:
        UnavailableError: the file is not there or cannot be read.
        FormatError: it is no IDX file of uint8, is truncated, or goes on after its end.
    """
    raw = read_raw(path)
    start = decompress(raw, str(path), LONGEST_HEADER)
    size = file_size(_header(start, str(path)))
    return parse(decompress(raw, str(path), size + 1), str(path))


def write(path: Path, array: Bytes) -> None:
    """Write an array to a file, gzipped if its name ends in `.gz`; equal arrays give equal bytes.

    Raises:
        DtypeError: the array is not of uint8.
        ShapeError: its rank is 0 or above 32.
        UnavailableError: the file cannot be written.
    """
    content = encode(array)
    try:
        path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    except OSError as error:
        raise UnavailableError(f"{path} cannot be written: {error.strerror}.") from error


def encode(array: Bytes) -> bytes:
    """The bytes of an IDX file that holds the array.

    Raises:
        DtypeError: the array is not of uint8.
        ShapeError: its rank is 0 or above 32.
    """
    if array.dtype != np.uint8:
        raise DtypeError("idx.encode", f"takes arrays of uint8 and got {array.dtype}.")
    if not 1 <= array.ndim <= MAX_RANK:
        raise ShapeError("idx.encode", f"takes ranks from 1 to {MAX_RANK} and got {array.ndim}.")
    header = bytes((0, 0, UINT8, array.ndim))
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return header + sizes + array.tobytes()


def parse(content: bytes, where: str) -> Bytes:
    """The array in the bytes of an IDX file: a read-only view of them, not a copy.

    Args:
        content: the whole file, decompressed.
        where: what errors call it, such as its path.

    Raises:
        FormatError: it is no IDX file of uint8, is truncated, or goes on after its end.
    """
    shape = _header(content, where)
    expected = file_size(shape)
    if len(content) != expected:
        fault = "is truncated" if len(content) < expected else "goes on after its end"
        raise FormatError(
            f"{where} {fault}: its header announces shape {shape}, so {expected} bytes, and "
            f"{_amount(len(content), expected)} came. Fetch the file again."
        )
    entries: Bytes = np.frombuffer(content, np.uint8, offset=expected - math.prod(shape))
    return entries.reshape(shape)


def file_size(shape: tuple[int, ...]) -> int:
    """The bytes of an IDX file of that shape, decompressed."""
    return 4 + 4 * len(shape) + math.prod(shape)


def read_raw(path: Path) -> bytes:
    """The bytes of a file as they are on disk.

    Raises:
        UnavailableError: the file is not there or cannot be read.
        FormatError: it is larger than any data set here, or named `.gz` and not gzipped.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(status.st_mode):
        kind = "directory" if path.is_dir() else "device or pipe"
        raise UnavailableError(f"{path} is a {kind}: an IDX file was expected.")
    if status.st_size > MAX_BYTES:
        raise FormatError(f"{path} has {status.st_size} bytes: up to {MAX_BYTES} are read.")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if path.suffix == ".gz" and not raw.startswith(GZIP_MAGIC):
        raise FormatError(f"{path} is not gzipped, as its name promises. Fetch the file again.")
    return raw


def decompress(raw: bytes, where: str, limit: int) -> bytes:
    """The content, or its first `limit` bytes: what is not gzipped is content already.

    Raises:
        FormatError: the gzip data is truncated or corrupt.
    """
    if not raw.startswith(GZIP_MAGIC):
        return raw[:limit]
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            return stream.read(limit)
    except EOFError as error:
        raise FormatError(
            f"{where} is truncated: its gzip data has no end. Fetch the file again."
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(
            f"{where} is corrupt: its gzip data cannot be unpacked ({error}). Fetch the file again."
        ) from error


def _unreadable(path: Path, error: OSError) -> UnavailableError:
    return UnavailableError(f"{path} cannot be read: {error.strerror}.")


def _amount(size: int, expected: int) -> str:
    return f"{size} bytes" if size <= expected else f"more than {expected} bytes"


def _header(content: bytes, where: str) -> tuple[int, ...]:
    """The sizes that the header announces."""
    if not content:
        raise FormatError(f"{where} is empty: an IDX file was expected.")
    start = content[:4]
    if len(start) < 4 or start[:2] != b"\0\0":
        raise FormatError(
            f"{where} is no IDX file: it starts with {start.hex(' ')}, and two zero bytes, a "
            "dtype code and a rank were expected."
        )
    code, rank = start[2], start[3]
    if code != UINT8:
        raise FormatError(f"{where} holds dtype code {code:#04x}: only uint8 (0x08) is read.")
    if not 1 <= rank <= MAX_RANK:
        raise FormatError(f"{where} announces rank {rank}: ranks from 1 to {MAX_RANK} are read.")
    sizes = content[4 : 4 + 4 * rank]
    if len(sizes) < 4 * rank:
        raise FormatError(f"{where} is truncated: it ends within its header. Fetch the file again.")
    shape = tuple(int.from_bytes(sizes[i : i + 4], "big") for i in range(0, 4 * rank, 4))
    # Zeros are left out, for NumPy refuses the rest of such a shape if it overflows.
    if math.prod(size for size in shape if size) > MAX_BYTES:
        raise FormatError(
            f"{where} announces shape {shape}: more than {MAX_BYTES} bytes are not read. Its "
            "header is probably corrupt."
        )
    return shape
