"""The safetensors format: named arrays in one file, without pickle.

A file is a header's length in eight little-endian bytes, the header in JSON, and the elements of
all arrays, C-contiguous and little-endian: https://github.com/huggingface/safetensors. Equal
arrays give equal bytes. Among the strings in `__metadata__` is a SHA-256 over all the rest, so
that no bit of a file that purenn wrote can change unnoticed; files from elsewhere have none.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping

import attrs
import numpy as np

from purenn import jsons
from purenn.arrays import AnyArray, Element, Shape, read_only, require_array
from purenn.errors import DtypeError, FormatError
from purenn.jsons import Json

METADATA = "__metadata__"
OWN = "purenn."  # how the names of purenn's own metadata begin
MARK = f'"{OWN}sha256":"'.encode()
BLANK = b"0" * 64  # in the place of the digest while it is computed

LENGTH = 8  # bytes of the header's length
HEADER_LIMIT = 100_000_000  # bytes, as in the official package
RANK_LIMIT = 64  # as in NumPy

Dtype = np.dtype[Element]


def _label(dtype: Dtype) -> str:
    return "BOOL" if dtype.kind == "b" else f"{dtype.kind.upper()}{8 * dtype.itemsize}"


_KINDS = (
    *(np.bool, np.float32, np.float64),
    *(np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64),
)
DTYPES: dict[str, Dtype] = {_label(np.dtype(kind)): np.dtype(kind) for kind in _KINDS}


@attrs.frozen
class Slot:
    """What an array in a file is, and where its bytes begin and end."""

    name: str
    dtype: Dtype
    shape: Shape
    offsets: tuple[int, int]


def encode(arrays: Mapping[str, AnyArray], facts: Mapping[str, str]) -> bytes:
    """The bytes of a file with these arrays, and purenn's own facts in `__metadata__`.

    Raises:
        DtypeError: one is not a plain array of booleans, integers, float32 or float64.
        FormatError: one is named `__metadata__`.
    """
    if METADATA in arrays:
        raise FormatError(f"{METADATA} cannot be the name of an array. Rename that field.")
    own: dict[str, Json] = {f"{OWN}{name}": fact for name, fact in facts.items()}
    header: dict[str, Json] = {METADATA: {**own, f"{OWN}sha256": BLANK.decode()}}
    parts: list[bytes] = []
    end = 0
    # Large elements first, so that every array is aligned in the file.
    for name, array in sorted(arrays.items(), key=lambda item: -item[1].itemsize):
        require_array(name, array)
        label, kind = _label(array.dtype), array.dtype.newbyteorder("=")
        if DTYPES.get(label) != kind:
            raise DtypeError(name, f"expected booleans, integers, float32 or float64, got {kind}.")
        parts.append(array.astype(kind.newbyteorder("<"), copy=False).tobytes())
        start, end = end, end + len(parts[-1])
        header[name] = {"dtype": label, "shape": list(array.shape), "data_offsets": [start, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % LENGTH)
    content = b"".join([len(text).to_bytes(LENGTH, "little"), text, *parts])
    place = content.index(MARK) + len(MARK)
    return content[:place] + _digest(content, place) + content[place + len(BLANK) :]


def _digest(content: bytes, place: int) -> bytes:
    view = memoryview(content)
    total = hashlib.sha256(view[:place])
    total.update(BLANK)
    total.update(view[place + len(BLANK) :])
    return total.hexdigest().encode()


def decode(raw: bytes, where: str) -> tuple[dict[str, AnyArray], dict[str, str]]:
    """The arrays of a file, read-only, and purenn's own facts; none if it is from elsewhere.

    Nothing is allocated that the file does not have bytes for. Errors call the file `where`.

    Raises:
        FormatError: it is truncated, corrupt, of another format, or has arrays of other dtypes.
    """
    header, start = _header(raw, where)
    facts = _facts(header.pop(METADATA, {}), where)
    if facts:
        place = raw.find(MARK, 0, start) + len(MARK)
        if _digest(raw, place) != raw[place : place + len(BLANK)]:
            raise FormatError(
                f"{where} is corrupt: its SHA-256 does not match. Restore it from a copy."
            )
    slots = [_slot(name, entry, where) for name, entry in header.items()]
    end = 0
    for slot in sorted(slots, key=lambda slot: slot.offsets):
        offsets = end, end + math.prod(slot.shape) * slot.dtype.itemsize
        if slot.offsets != offsets:
            raise FormatError(
                f"{where}: {slot.name!r} has the data_offsets {list(slot.offsets)}: expected "
                f"{list(offsets)}."
            )
        end = offsets[1]
    if start + end != len(raw):
        raise FormatError(f"{where}: expected {end:,} bytes of arrays, got {len(raw) - start:,}.")
    data = memoryview(raw)[start:]
    return {slot.name: _array(data, slot, where) for slot in slots}, facts


def _header(raw: bytes, where: str) -> tuple[dict[str, Json], int]:
    size = int.from_bytes(raw[:LENGTH], "little")
    start = LENGTH + size
    if start > len(raw) or size > HEADER_LIMIT or raw[LENGTH : LENGTH + 1] != b"{":
        raise FormatError(
            f"{where}: expected a safetensors file, got {len(raw):,} bytes that are truncated or "
            "of another format."
        )
    found = jsons.parse(raw[LENGTH:start], where)
    return found if isinstance(found, dict) else {}, start


def _facts(metadata: Json, where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, fact in metadata.items() if isinstance(metadata, dict) else [("", None)]:
        if not isinstance(fact, str):
            raise FormatError(f"{where}: expected names and strings in {METADATA}.")
        if name.startswith(OWN):
            found[name.removeprefix(OWN)] = fact
    return found


def _slot(name: str, entry: Json, where: str) -> Slot:
    match entry:
        case {"dtype": str(label), "shape": list(shape), "data_offsets": [start, end], **rest}:
            if label not in DTYPES:
                raise FormatError(
                    f"{where}: {name!r} has the dtype {label}: expected one of {', '.join(DTYPES)}."
                )
            numbers = [n for n in (*shape, start, end) if type(n) is int and 0 <= n < 2**63]
            if len(numbers) == len(shape) + 2 <= RANK_LIMIT + 2 and not rest:
                *sizes, first, last = numbers
                return Slot(name, DTYPES[label], tuple(sizes), (first, last))
    raise FormatError(f"{where}: {name!r} is not described by a dtype, shape and data_offsets.")


def _array(data: memoryview, slot: Slot, where: str) -> AnyArray:
    start, end = slot.offsets
    elements: AnyArray = np.frombuffer(data[start:end], slot.dtype.newbyteorder("<"))
    if slot.dtype == np.bool and (elements.view(np.uint8) > 1).any():
        raise FormatError(f"{where}: {slot.name!r} has booleans that are neither 0 nor 1.")
    try:
        return read_only(elements.reshape(slot.shape).astype(slot.dtype))
    except ValueError as error:  # shapes beyond NumPy's, of arrays without elements
        raise FormatError(f"{where}: {slot.name!r} cannot be an array: {error}.") from None
