from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st
from properties import given
from states import Pair, leaves_as_text, trained

import purenn as nn
from purenn import checkpoint
from purenn.arrays import Whole
from purenn.checkpoints import npy
from purenn.errors import CheckpointError

STATE = trained(3)
CONTENT = checkpoint.encode(STATE, "a model")


@st.composite
def arrays(draw: st.DrawFn) -> Whole:
    dtype = npy.DTYPES[draw(st.sampled_from(sorted(npy.DTYPES)))]
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    numbers = draw(st.lists(st.integers(0, 100), min_size=64, max_size=64))
    return np.resize(np.array(numbers), shape).astype(dtype)


keys = st.builds(nn.Key, st.integers(0, 2**128 - 1), st.lists(st.integers(0, 2**32 - 1)).map(tuple))
plain = st.one_of(st.booleans(), st.integers(), st.floats(), st.text(), keys)
trees = st.recursive(
    st.one_of(arrays(), plain),
    lambda inner: st.one_of(st.lists(inner).map(tuple), st.builds(Pair, inner, inner)),
    max_leaves=6,
)


@given(trees, st.text())
def test_what_is_written_is_read_exactly(tree: object, model: str) -> None:
    content = checkpoint.encode(tree, model)
    back = checkpoint.decode(content, tree, model, "file")
    assert leaves_as_text(back) == leaves_as_text(tree)
    assert checkpoint.encode(back, model) == content


def test_a_state_comes_back_with_its_types_and_frozen(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "checkpoint.npz", STATE)
    back = checkpoint.load(tmp_path / "checkpoint.npz", like=trained(0))
    assert leaves_as_text(back) == leaves_as_text(STATE)
    assert back.step == 3
    assert not any(leaf.flags.writeable for leaf in nn.leaves(back.params))


def test_numpy_opens_the_file(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "checkpoint.npz", STATE, "a model")
    with np.load(tmp_path / "checkpoint.npz") as archive:
        header = json.loads(archive["header.json"])
        assert archive["params.0.weight"].shape == (2, 3)
    assert header["format"] == "purenn checkpoint"
    assert header["version"] == 1
    assert header["model"] == "a model"
    assert {"path": "step", "type": "int", "value": 3} in header["leaves"]
    assert {"path": "params.0.weight", "dtype": "float32", "shape": [2, 3]} in header["leaves"]
    assert header["structure"][0] == ["OptimizerState", 3]


def test_equal_states_give_equal_bytes() -> None:
    assert checkpoint.encode(trained(3), "a model") == CONTENT
    assert checkpoint.encode(trained(4), "a model") != CONTENT


def test_memory_layout_and_byte_order_do_not_show() -> None:
    array = np.arange(6, dtype=np.float64).reshape(2, 3)
    same = [np.asfortranarray(array), array.astype(">f8"), np.repeat(array, 2, axis=1)[:, ::2]]
    assert {checkpoint.encode(other) for other in same} == {checkpoint.encode(array)}


@pytest.mark.parametrize(
    "value", [0.1, -0.0, 5e-324, math.pi * 1e300, math.inf, -math.inf, math.nan]
)
def test_floats_come_back_to_the_last_bit(value: float) -> None:
    back = checkpoint.decode(checkpoint.encode((value,)), (0.0,), "", "file")
    assert struct.pack("<d", back[0]) == struct.pack("<d", value)


def test_every_flipped_bit_is_noticed() -> None:
    for place in range(len(CONTENT)):
        changed = bytearray(CONTENT)
        changed[place] ^= 1 << (place % 8)
        with pytest.raises(
            CheckpointError, match=r"^run/checkpoint\.npz is (corrupt|truncated|no)"
        ):
            checkpoint.decode(bytes(changed), STATE, "a model", "run/checkpoint.npz")


def test_every_truncation_and_every_excess_is_noticed() -> None:
    for size in range(len(CONTENT)):
        with pytest.raises(CheckpointError, match=r"^file is (empty|truncated|no checkpoint)"):
            checkpoint.decode(CONTENT[:size], STATE, "a model", "file")
    with pytest.raises(CheckpointError, match=r"^file is truncated, or damaged at its end"):
        checkpoint.decode(CONTENT + b"\n", STATE, "a model", "file")
