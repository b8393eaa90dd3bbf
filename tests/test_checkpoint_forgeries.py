"""Files made to look like checkpoints: their digests are right, their contents are not."""

from __future__ import annotations

import numpy as np
import pytest
from forging import (
    CONTENT,
    MEMBERS,
    STATE,
    Header,
    refused,
    with_header,
    with_leaf,
    with_members,
    zipped,
)

from purenn import checkpoint
from purenn.checkpoints import npy
from purenn.errors import CheckpointError


def test_the_forger_can_do_it_right() -> None:
    assert with_members() == CONTENT
    back = checkpoint.decode(zipped(lambda member: None), STATE, "a model", "file")
    assert checkpoint.encode(back, "a model") == CONTENT


class TestVersions:
    def test_newer(self) -> None:
        refused(
            with_header(lambda header: header.update(version=2, novelty=[])),
            "file: header.json comes from a newer purenn: update purenn. "
            "Its format is version 2, and this purenn reads 1.",
        )

    @pytest.mark.parametrize("version", [0, None, "1", 1.5])
    def test_unknown(self, version: object) -> None:
        refused(
            with_header(lambda header: header.update(version=version)),
            "file: header.json is of no known version. "
            f"Its format is version {version!r}, and this purenn reads 1.",
        )

    def test_another_format(self) -> None:
        refused(
            with_header(lambda header: header.update(format="something else")),
            "file: header.json is no checkpoint of purenn.",
        )


class TestHeaders:
    def test_none(self) -> None:
        refused(
            with_members(**{"header.json": None}),
            "file: header.json holds no JSON: Expecting value: line 1 column 1 (char 0).",
        )

    def test_no_json(self) -> None:
        refused(
            with_members(**{"header.json": b"{"}),
            "file: header.json holds no JSON: Expecting property name enclosed in double quotes: "
            "line 1 column 2 (char 1).",
        )

    def test_no_text(self) -> None:
        with pytest.raises(
            CheckpointError, match=r"^file: header\.json holds no JSON: 'utf-8' codec"
        ):
            checkpoint.decode(with_members(**{"header.json": b"\xff"}), STATE, "", "file")

    def test_too_deep(self) -> None:
        with pytest.raises(
            CheckpointError, match=r"^file: header\.json holds no JSON: .*recursion"
        ):
            checkpoint.decode(with_members(**{"header.json": b"[" * 10**5}), STATE, "", "file")

    def test_too_long(self) -> None:
        refused(
            with_members(**{"header.json": b" " * (2**24 + 1)}),
            "file: its header has 16,777,217 bytes, which is too much.",
        )

    @pytest.mark.parametrize("name", ["model", "structure", "leaves"])
    def test_incomplete(self, name: str) -> None:
        refused(
            with_header(lambda header: header.pop(name)),
            "file: header.json: its header lacks the model, the structure or the leaves.",
        )

    def test_twice_the_same(self) -> None:
        refused(
            with_members(**{"header.json": b'{"format": "a", "format": "b"}'}),
            "file: header.json says 'format' twice.",
        )

    def test_odd_nodes(self) -> None:
        refused(
            with_header(lambda header: header.update(structure=[["tuple", "many"]])),
            "file: header.json: its header describes the node ['tuple', 'many'], which is none.",
        )

    @pytest.mark.parametrize(
        "leaf", ["weight", {}, {"path": "0", "dtype": "object", "shape": []},
                 {"path": "0", "dtype": "float64", "shape": [-1]},
                 {"path": "0", "dtype": "float64", "shape": [1.5]}]
    )  # fmt: skip
    def test_odd_leaves(self, leaf: object) -> None:
        refused(
            with_header(lambda header: header.update(leaves=[leaf])),
            f"file: header.json: its header describes the leaf {leaf!r}, which is none.",
        )

    def test_another_order(self) -> None:
        def swap(header: Header) -> None:
            leaves = header["leaves"]
            assert isinstance(leaves, list)
            header["leaves"] = leaves[::-1]

        refused(
            with_header(swap),
            "file holds another state: the same leaves lie in nodes of other classes.",
        )

    def test_huge_shapes_allocate_nothing(self) -> None:
        refused(
            with_leaf(0, shape=[2**40, 2**40]),
            "file holds another state:\n"
            "  0: expected float64 (4,), got float64 (1099511627776, 1099511627776)",
        )

    @pytest.mark.parametrize("value", ["7", True, 7.5, None])
    def test_values_of_another_type(self, value: object) -> None:
        refused(with_leaf(2, value=value), f"file: 2 is {value!r}, which is no int.")

    @pytest.mark.parametrize("value", [0.5, "half", "0.50", " 0.5", "1_0.0"])
    def test_floats_in_another_form(self, value: object) -> None:
        refused(with_leaf(3, value=value), f"file: 3 is {value!r}, which is no float.")


class TestMembers:
    def test_nan(self) -> None:
        refused(
            with_members(**{"0.npy": npy.encode(np.array([0.0, np.nan, 1.0, np.inf]))}),
            "file: 0 holds NaN or infinity in 2 of 4 entries. Nothing can be continued from there.",
        )

    def test_missing(self) -> None:
        refused(
            with_members(**{"0.npy": None, "1.npy": None}),
            "file lacks members that its header names: '0.npy', '1.npy'.",
        )

    @pytest.mark.parametrize(
        "name", ["2.npy", "/etc/passwd", "../0.npy", "0.npy/", "a\\b", "\u202e"]
    )
    def test_odd_names(self, name: str) -> None:
        refused(with_members(**{name: b""}), f"file has members that are no leaves: {name!r}.")

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            MEMBERS["0.npy"][:-1],
            MEMBERS["0.npy"] + b"\0",
            npy.encode(np.arange(4)),
            npy.encode(np.zeros((2, 2))),
            MEMBERS["0.npy"].replace(b"<f8", b"|O8"),
            MEMBERS["0.npy"].replace(b"False", b"True "),
            MEMBERS["0.npy"].replace(b"\x93NUMPY\x01", b"\x93NUMPY\x02"),
        ],
        ids=["empty", "short", "long", "ints", "matrix", "objects", "fortran", "version"],
    )
    def test_other_arrays(self, raw: bytes) -> None:
        refused(
            with_members(**{"0.npy": raw}),
            "file: its member '0.npy' is not float64 (4,) as promised.",
        )
