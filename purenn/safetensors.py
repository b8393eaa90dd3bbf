"""The safetensors format: named arrays in one file, without pickle.

A file is a header's length in eight little-endian bytes, the header in JSON, and the elements of
all arrays, C-contiguous and little-endian: https://github.com/huggingface/safetensors. Equal
arrays in the same order give equal bytes. Among the strings in `__metadata__` is a SHA-256 over all
the rest, so that no bit of a file that purenn wrote can change unnoticed; files from elsewhere have
none.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping

import numpy as np

from purenn import jsons
from purenn.array_checks import require_array
from purenn.arrays import AnyArray, Element, Shape, read_only
from purenn.errors import DtypeError, FormatError

METADATA = "__metadata__"
OWN = "purenn."  # how the names of purenn's own metadata begin
SUM = "sha256"
BLANK = "0" * 64  # in the place of the sum while it is computed
LENGTH = 8  # bytes of the header's length
AXES = 64  # at most, as in NumPy

Dtype = np.dtype[Element]
# What an array in a file is: where its bytes begin and end, its name, dtype and shape.
Slot = tuple[int, int, str, Dtype, Shape]

_INTEGERS = {f"{kind}{8 * size}": f"{kind}{size}" for kind in "IU" for size in (1, 2, 4, 8)}
_CODES = {"BOOL": "?", "F32": "f4", "F64": "f8", **_INTEGERS}
DTYPES: dict[str, Dtype] = {label: np.dtype(code.lower()) for label, code in _CODES.items()}
LABELS = {dtype: label for label, dtype in DTYPES.items()}


def encode(arrays: Mapping[str, AnyArray], facts: Mapping[str, str]) -> bytes:
    """The bytes of a file with these arrays, and purenn's own facts in `__metadata__`."""
    if METADATA in arrays:
        raise FormatError(f"{METADATA} cannot be the name of an array. Rename that field.")
    own = {f"{OWN}{name}": fact for name, fact in {SUM: BLANK, **facts}.items()}
    header: dict[str, jsons.Json] = {METADATA: {**own}}
    parts: list[memoryview] = []
    end = 0
    # Large elements first, so that every array is aligned in the file.
    for name, array in sorted(arrays.items(), key=lambda item: -item[1].itemsize):
        require_array(name, array)
        kind = array.dtype.newbyteorder("=")
        if kind not in LABELS:
            raise DtypeError(name, f"expected booleans, integers, float32 or float64, got {kind}.")
        parts.append(array.astype(kind.newbyteorder("<"), copy=False).ravel().data)
        start, end = end, end + parts[-1].nbytes
        place: list[jsons.Json] = [start, end]
        header[name] = {"dtype": LABELS[kind], "shape": [*array.shape], "data_offsets": place}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % LENGTH)
    length = len(text).to_bytes(LENGTH, "little")
    text = text.replace(BLANK.encode(), _sum(length, text, *parts), 1)
    return b"".join([length, text, *parts])


def decode(raw: bytes, where: str) -> tuple[dict[str, AnyArray], dict[str, str]]:
    """The arrays of a file, read-only, and purenn's own facts; none if it is from elsewhere.

    Nothing is allocated that the file does not have bytes for. Errors call the file `where`.
    """
    first = LENGTH + int.from_bytes(raw[:LENGTH], "little")
    if first > len(raw) or raw[LENGTH : LENGTH + 1] != b"{":
        got = "bytes that are truncated or of another format"
        raise FormatError(f"{where}: expected a safetensors file, got {got}.")
    header, view = jsons.parse(raw[LENGTH:first], where), memoryview(raw)
    entries = header if isinstance(header, dict) else {}
    facts = _facts(entries.pop(METADATA, {}), where)
    known = facts.get(SUM, "").encode(errors="surrogatepass")
    place, data = raw.find(known), view[first:]
    if facts and _sum(view[:place], BLANK.encode(), view[place + len(known) :]) != known:
        cure = "Restore it from a copy."
        raise FormatError(f"{where} is corrupt: its SHA-256 does not match. {cure}")
    slots = sorted(_slot(name, entry, where) for name, entry in entries.items())
    size = 0
    for start, end, name, dtype, shape in slots:
        want = [size, size := size + math.prod(shape) * dtype.itemsize]
        if [start, end] != want:
            got = f"the data_offsets {[start, end]}"
            raise FormatError(f"{where}: {name!r} has {got}: expected {want}.")
    if size != len(data):
        raise FormatError(f"{where}: expected {size:,} bytes of arrays, got {len(data):,}.")
    return {slot[2]: _array(data, slot, where) for slot in slots}, facts


def _sum(*parts: bytes | memoryview) -> bytes:
    found = hashlib.sha256()
    for part in parts:
        found.update(part)
    return found.hexdigest().encode()


def _facts(metadata: jsons.Json, where: str) -> dict[str, str]:
    pairs = metadata.items() if isinstance(metadata, dict) else ()
    found = {name: fact for name, fact in pairs if isinstance(fact, str)}
    if found != metadata:
        raise FormatError(f"{where}: expected names and strings in {METADATA}.")
    return {name.removeprefix(OWN): found[name] for name in found if name.startswith(OWN)}


def _slot(name: str, entry: jsons.Json, where: str) -> Slot:
    match entry:
        case {"dtype": str(label), "shape": list(shape), "data_offsets": [start, end], **rest}:
            if label not in DTYPES:
                expected = f"expected one of {', '.join(DTYPES)}. Convert it before it is saved"
                raise FormatError(f"{where}: {name!r} has the dtype {label}: {expected}.")
            numbers = [n for n in (*shape, start, end) if type(n) is int and 0 <= n < 2**63]
            if len(numbers) == len(shape) + 2 <= AXES + 2 and not rest:
                *sizes, first, last = numbers
                return first, last, name, DTYPES[label], tuple(sizes)
    raise FormatError(f"{where}: {name!r} is not described by a dtype, shape and data_offsets.")


def _array(data: memoryview, slot: Slot, where: str) -> AnyArray:
    start, end, name, dtype, shape = slot
    elements: AnyArray = np.frombuffer(data[start:end], dtype.newbyteorder("<"))
    if dtype == np.bool and (elements.view(np.uint8) > 1).any():
        raise FormatError(f"{where}: {name!r} has booleans that are neither 0 nor 1.")
    try:
        return read_only(elements.reshape(shape).astype(dtype))
    except ValueError as error:  # shapes beyond NumPy's, of arrays without elements
        raise FormatError(f"{where}: {name!r} cannot be an array: {error}.") from None
