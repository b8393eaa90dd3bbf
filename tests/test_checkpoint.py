from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import attrs
import numpy as np
import pytest
from hypothesis import strategies as st
from properties import given

import purenn as nn
from purenn import checkpoint
from purenn.arrays import Whole
from purenn.checkpoints import npy
from purenn.checkpoints.entries import entries
from purenn.errors import CheckpointError, TreeError

MODEL = nn.linear(3) >> nn.tanh() >> nn.linear(1)
OPTIMIZER = nn.Optimizer(
    nn.clip_by_global_norm(1.0) >> nn.skip_nonfinite(2, nn.momentum(0.9) >> nn.learning_rate(0.1))
)


State = nn.OptimizerState[
    tuple[nn.Linear, nn.Empty, nn.Linear],
    tuple[nn.Norm, nn.Skipping[tuple[nn.Velocity, nn.Empty]]],
]


def trained(steps: int) -> State:
    x = nn.Key(1).generator().normal(size=(8, 2)).astype(np.float32)
    data = nn.dataset(x, x[:, :1] * x[:, 1:])
    params, _ = MODEL.init(nn.Key(2), (2,))
    step = nn.training_step(MODEL, nn.mean_squared_error(), OPTIMIZER)
    batches = [batch for e in range(steps) for batch in nn.shuffled_batches(data, 8, nn.Key(3), e)]
    state, _ = nn.fold(step, OPTIMIZER.init(params), batches)
    return state


STATE = trained(3)
CONTENT = checkpoint.encode(STATE, "a model")


@attrs.frozen(eq=False)
class Pair:
    left: object
    right: object


def leaves_as_text(tree: object) -> list[str]:
    """All that there is to see of a tree's leaves."""
    found = entries(tree)
    return [
        f"{entry} {leaf.tobytes().hex() if isinstance(leaf, np.ndarray) else repr(leaf)}"
        for entry, leaf in found
    ]


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


class TestFilesThatAreNone:
    def refused(self, path: Path, message: str) -> None:
        with pytest.raises(CheckpointError) as caught:
            checkpoint.load(path, like=STATE)
        assert str(caught.value) == f"{path}{message}"

    def test_none(self, tmp_path: Path) -> None:
        self.refused(tmp_path / "x.npz", " cannot be read: No such file or directory.")

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "x.npz").touch()
        self.refused(
            tmp_path / "x.npz",
            " is empty: a checkpoint was expected. Take another copy of it, or start anew.",
        )

    def test_a_directory(self, tmp_path: Path) -> None:
        self.refused(tmp_path, " is a directory, and a file was expected.")

    def test_a_device(self) -> None:
        self.refused(Path("/dev/zero"), " is a device or pipe, and a file was expected.")

    def test_a_loop_of_links(self, tmp_path: Path) -> None:
        (tmp_path / "x.npz").symlink_to(tmp_path / "x.npz")
        self.refused(tmp_path / "x.npz", " cannot be read: Too many levels of symbolic links.")

    def test_somebody_elses(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbidden(path: Path) -> bytes:
            raise PermissionError(13, "Permission denied", str(path))

        checkpoint.save(tmp_path / "x.npz", STATE)
        monkeypatch.setattr(Path, "read_bytes", forbidden)
        self.refused(tmp_path / "x.npz", " cannot be read: Permission denied.")

    def test_too_large(self, tmp_path: Path) -> None:
        with (tmp_path / "x.npz").open("wb") as stream:
            stream.truncate(2**40)
        self.refused(
            tmp_path / "x.npz",
            " has 1,099,511,627,776 bytes, and at most 33,554,640 make sense.",
        )

    def test_text(self, tmp_path: Path) -> None:
        (tmp_path / "x.npz").write_text("not at all\n" * 20)
        self.refused(tmp_path / "x.npz", " is no checkpoint of purenn.")

    def test_arrays_of_somebody_else(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "x.npz", weight=np.zeros(3))
        self.refused(tmp_path / "x.npz", " is an archive, but no checkpoint of purenn.")

    def test_a_pickle(self, tmp_path: Path) -> None:
        np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
        self.refused(tmp_path / "x.npy", " is no checkpoint of purenn.")


class TestOtherStates:
    def refused(self, state: object, like: object, message: str) -> None:
        with pytest.raises(CheckpointError) as caught:
            checkpoint.decode(checkpoint.encode(state, "linear(3)"), like, "linear(3)", "file")
        assert str(caught.value) == message

    def test_another_model(self) -> None:
        with pytest.raises(CheckpointError) as caught:
            checkpoint.decode(CONTENT, STATE, "linear(9)", "file")
        assert str(caught.value) == (
            "file belongs to another model.\n  It is of   a model\n  and not of linear(9)"
        )

    def test_a_model_that_is_not_given_is_not_compared(self) -> None:
        back = checkpoint.decode(CONTENT, STATE, "", "file")
        assert leaves_as_text(back) == leaves_as_text(STATE)

    def test_all_that_differs_is_named(self) -> None:
        state = Pair((np.zeros(3), np.zeros(2), 1.5), np.zeros((2, 2), np.float32))
        like = Pair((np.zeros(3), np.zeros(4), 2), (np.zeros((2, 2)), nn.Key(0)))
        self.refused(
            state,
            like,
            "file holds another state:\n"
            "  right.0: float64 (2, 2) is missing\n"
            "  right.1: a value of type Key is missing\n"
            "  right: float32 (2, 2) is too much\n"
            "  left.1: expected float64 (4,), got float64 (2,)\n"
            "  left.2: expected a value of type int, got a value of type float",
        )

    def test_another_dtype(self) -> None:
        self.refused(
            (np.zeros(3, np.float32),),
            (np.zeros(3),),
            "file holds another state:\n  0: expected float64 (3,), got float32 (3,)",
        )

    def test_true_is_not_one(self) -> None:
        self.refused(
            (True,),
            (1,),
            "file holds another state:\n"
            "  0: expected a value of type int, got a value of type bool",
        )

    def test_nodes_of_another_class(self) -> None:
        self.refused(
            nn.Velocity((np.zeros(3),)),
            nn.Linear(np.zeros((1, 1)), np.zeros(1)),
            "file holds another state:\n"
            "  weight: float64 (1, 1) is missing\n"
            "  bias: float64 (1,) is missing\n"
            "  leaves.0: float64 (3,) is too much",
        )
        self.refused(
            (Pair(1, 2), nn.Empty()),
            (Pair(1, 2), ()),
            "file holds another state: the same leaves lie in nodes of other classes.",
        )


class TestWhatCannotBeSaved:
    def refused(self, state: object, message: str) -> None:
        with pytest.raises(CheckpointError) as caught:
            checkpoint.encode(state)
        assert str(caught.value) == message

    def test_not_finite(self) -> None:
        self.refused(
            (np.zeros(2), np.array([1.0, np.nan, -np.inf])),
            "1 cannot be saved: it holds NaN or infinity in 2 of 3 entries. "
            "Nothing can be continued from there.",
        )

    def test_a_scalar_of_numpy(self) -> None:
        self.refused(
            (np.float64(1.0),),
            "0 is a float64: checkpoints hold arrays, and plain values of Python's bool, int, "
            "float and str. Convert it with float(...) or int(...).",
        )

    def test_objects(self) -> None:
        self.refused(
            (np.array([None]),),
            "0 is an array of object: checkpoints hold bool, float32, float64, int8, int16, int32, "
            "int64, uint8, uint16, uint32, uint64.",
        )

    def test_no_tree(self) -> None:
        with pytest.raises(TreeError, match=r"^A dict is no tree"):
            checkpoint.encode(({},))
