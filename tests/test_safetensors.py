"""The safetensors format: agreement with the official package, and files that are malformed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy as official
from contracts import bits, little
from counting import memory_of

from purenn import safetensors
from purenn.arrays import AnyArray
from purenn.errors import FormatError

ROWS = np.arange(12.0).reshape(3, 4)
ARRAYS: dict[str, AnyArray] = {
    "flags": np.array([True, False, True]),
    "transposed": ROWS.T,
    "fortran": np.asfortranarray(ROWS),
    "sliced": ROWS[::2, 1::2],
    "backwards": ROWS[::-1],
    "broadcast": np.broadcast_to(np.float32(2.0), (2, 3)),
    "big-endian": ROWS.astype(">f4"),
    "scalar": np.array(1.5, np.float32),
    "empty": np.zeros((0, 3)),
    "ünïcode": np.array([np.nan, -0.0, np.inf]),
    **{f"i{size}": np.arange(-2, 2).astype(f"i{size}") for size in (1, 2, 4, 8)},
    **{f"u{size}": np.arange(4).astype(f"u{size}") for size in (1, 2, 4, 8)},
}
CONTENT = safetensors.encode(ARRAYS, {"a": "1", "b": '"purenn.sha256":"'})
Header = dict[str, object]


def check_same(found: Mapping[str, AnyArray]) -> None:
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert bits(found[name]) == bits(array.astype(array.dtype.newbyteorder("="))), name


def file(header: Header | bytes, data: bytes = b"") -> bytes:
    """A file with that header, as another library may write it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def refused(raw: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        safetensors.decode(raw, "file")
    assert type(caught.value) is FormatError


def test_what_is_written_is_read_here_and_by_the_official_package(tmp_path: Path) -> None:
    arrays, facts = safetensors.decode(CONTENT, "file")
    assert CONTENT.index(little(ROWS)) % 8 == 0  # arrays are aligned in the file, too
    assert facts == {"a": "1", "b": '"purenn.sha256":"', "sha256": facts["sha256"]}
    check_same(arrays)
    for array in arrays.values():
        assert not array.flags.writeable
        assert array.flags.aligned
        assert array.flags.c_contiguous
    (tmp_path / "file").write_bytes(CONTENT)
    check_same(official.load_file(tmp_path / "file"))


def test_no_array_is_copied_but_into_the_file_or_out_of_it() -> None:
    large, facts = {"x": np.ones((2**9, 2**9), "<f8"), "y": np.ones(2**18, "<f8")}, {"a": "1"}
    raw = safetensors.encode(large, facts)
    assert memory_of(lambda: safetensors.encode(large, facts)) < 1.1 * len(raw)
    assert memory_of(lambda: safetensors.decode(raw, "file")) < 1.1 * len(raw)


class TestDamage:
    SMALL = safetensors.encode({"x": np.arange(3.0), "y": np.ones(2, np.bool)}, {"tree": "[]"})

    def test_every_flipped_bit_is_noticed(self) -> None:
        for place in range(8 * len(self.SMALL)):
            changed = bytearray(self.SMALL)
            changed[place // 8] ^= 1 << (place % 8)
            refused(bytes(changed), "^file")

    def test_every_cut_and_every_excess_is_noticed(self) -> None:
        for size in range(len(self.SMALL)):
            refused(self.SMALL[:size], "^file")
        refused(self.SMALL + b"\0", "^file is corrupt: its SHA-256 does not match")


F64 = {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}
LATER = {**F64, "data_offsets": [16, 24]}


def f64(**changes: object) -> Header:
    return {"x": {**F64, **changes}}


HUGE: list[tuple[bytes, str]] = [
    (b"\xff" * 8 + b"{}", "expected a safetensors file, got "),
    (file(f64(shape=[2**62, 2**62]), bytes(8)), r"'x' has the data_offsets \[0, 8\]: expec"),
    (file(f64(shape=[2**62] * 1000), bytes(8)), "'x' is not described by a dtype, shape and data"),
    (file(f64(shape=[0, 2**62, 2**62], data_offsets=[0, 0])), "'x' cannot be an array"),
]


@pytest.mark.parametrize(("raw", "problem"), HUGE)
def test_files_of_huge_sizes_are_refused_without_allocating(raw: bytes, problem: str) -> None:
    assert memory_of(lambda: refused(raw, f"^file: .*{problem}")) < 20 * len(raw) + 200_000


def test_mutations_of_foreign_files_are_refused_or_harmless() -> None:
    raw = file({"x": F64, "y": {**F64, "data_offsets": [8, 16]}}, bytes(16))
    assert safetensors.decode(raw, "file")[0]["y"].tolist() == [0.0]
    rng = np.random.Generator(np.random.PCG64(0))
    for _ in range(3000):
        changed = bytearray(raw)
        for place in rng.integers(0, len(raw), rng.integers(1, 4)):
            changed[place] = rng.integers(0, 256)
        try:
            arrays, _ = safetensors.decode(bytes(changed), "file")
        except FormatError:
            continue
        assert sum(array.nbytes for array in arrays.values()) == 16
