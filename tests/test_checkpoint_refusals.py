"""Files that are no checkpoints, checkpoints of other states, and states that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from states import Pair, leaves_as_text, trained

import purenn as nn
from purenn import checkpoint
from purenn.errors import CheckpointError, TreeError

STATE = trained(3)
CONTENT = checkpoint.encode(STATE, "a model")


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
