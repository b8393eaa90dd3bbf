"""Saved trees: what comes back, with and without a template, and what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import assert_type

import numpy as np
import pytest
import safetensors.numpy as official
from counting import memory_of
from hypothesis import strategies as st
from properties import given
from refusals import refused
from states import Pair, Point, leaves_as_text

import purenn as nn
from purenn import safetensors
from purenn.arrays import AnyArray
from purenn.errors import FormatError, TreeError
from purenn.layers import BatchNorm
from purenn.saving import decode, digest, encode, load, save
from purenn.tree import leaves, paths

MODEL = nn.linear(4) >> nn.batch_norm() >> nn.relu() >> nn.linear(1)
PARAMS = MODEL.init(nn.Key(0), np.zeros((1, 3), np.float32))
STATE = nn.adam(0.01).init(PARAMS)
Params = tuple[nn.Linear, BatchNorm, nn.Empty, nn.Linear]


@st.composite
def arrays(draw: st.DrawFn) -> AnyArray:
    dtype = safetensors.DTYPES[draw(st.sampled_from(sorted(safetensors.DTYPES)))]
    shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    numbers = draw(st.lists(st.integers(0, 100), min_size=64, max_size=64))
    return np.resize(np.array(numbers), shape).astype(dtype)


keys = st.builds(nn.Key, st.integers(0, 2**128 - 1))
plain = st.one_of(st.booleans(), st.integers(), st.floats(), st.text(), keys)
trees = st.recursive(
    st.one_of(arrays(), plain),
    lambda inner: st.one_of(
        st.lists(inner).map(tuple),
        st.builds(Pair, inner, inner),
        st.builds(Point, inner, inner),
        st.builds(nn.Frozen, inner),
    ),
    max_leaves=6,
)


@given(trees)
def test_any_tree_comes_back_to_the_last_bit(tree: object) -> None:
    content = encode(tree)
    back = decode(content, "file").fitted(tree)
    assert leaves_as_text(back) == leaves_as_text(tree)
    assert encode(back) == content


class TestWhatComesBack:
    @pytest.mark.parametrize("tree", [PARAMS, STATE, np.ones(3), (), nn.Frozen(7)])
    def test_purenns_own_classes_without_a_template(self, tree: object, tmp_path: Path) -> None:
        save(str(tmp_path / "file"), tree)
        back = assert_type(load(str(tmp_path / "file")), object)
        assert type(back) is type(tree)
        assert leaves_as_text(back) == leaves_as_text(tree)
        assert encode(back) == encode(tree)

    def test_files_of_the_official_package(self, tmp_path: Path) -> None:
        named = dict(zip(paths(PARAMS), leaves(PARAMS), strict=True))
        official.save_file(named, tmp_path / "file", {"format": "np"})
        other = MODEL.init(nn.Key(1), np.zeros((1, 3), np.float32))
        back = assert_type(load(tmp_path / "file", like=other), Params)
        assert leaves_as_text(back) == leaves_as_text(PARAMS)
        assert not any(leaf.flags.writeable for leaf in leaves(back))
        with pytest.raises(TreeError, match=r"not the structure of a tree\. Pass like="):
            load(tmp_path / "file")


def forged(tree: object, **facts: str) -> bytes:
    """A file with two arrays that says what it likes of its tree."""
    arrays: dict[str, AnyArray] = {"0": np.ones(2), "1": np.zeros(3)}
    return safetensors.encode(arrays, {"version": "2", "tree": json.dumps(tree), **facts})


def test_classes_may_have_moved_within_their_package_and_with_a_template_anywhere() -> None:
    tree = [["builtins:tuple", 2], ["purenn.layers.prelu:PRelu", 1], "0", "1"]
    assert paths(decode(forged(tree), "file").built()) == ("0.slope", "1")
    saved = decode(forged([["elsewhere:Point", 2], "0", "1"]), "file")
    assert isinstance(saved.fitted(Point(np.ones(2), np.zeros(3))), Point)


class TestRefusals:
    LABELS = (
        *("states:Pair", "os:system", "purennx.tree:Frozen", "", "purenn.tree:Nothing"),
        *("purenn..tree:Frozen", "purenn.optimizers:Point", "purenn.tree:np", "purenn.a\0:F"),
    )

    @pytest.mark.parametrize("label", LABELS)
    def test_other_nodes_than_ours(self, label: str, monkeypatch: pytest.MonkeyPatch) -> None:
        class Trap(ModuleType):
            def __getattribute__(self, name: str) -> object:
                raise AssertionError(f"looked up {name}")

        for name in ("os", "states"):
            monkeypatch.setitem(sys.modules, name, Trap(name))
        saved = decode(forged([[label, 2], "0", "1"]), "file")
        with pytest.raises(TreeError, match=r"which is not one of purenn's classes\. Pass like="):
            saved.built()

    def test_large_files_of_other_formats_are_not_read(self, tmp_path: Path) -> None:
        file = tmp_path / "data.npy"
        np.save(file, np.zeros(10**6))

        def refuse() -> None:
            with refused(FormatError, "got bytes that are truncated or of another format."):
                load(file)

        assert memory_of(refuse) < 10**6


def test_digests_see_paths_shapes_dtypes_and_bits() -> None:
    tree = (np.array([[1.0, 2.0]]), (np.array([3.0], np.float32),))
    others: list[object] = [
        (np.array([[1.0, 2.0]]), np.array([3.0], np.float32)),
        (np.array([[1.0], [2.0]]), (np.array([3.0], np.float32),)),
        (np.array([[1.0, 2.0]]), (np.array([3.0]),)),
        (np.array([[1.0, np.nextafter(2.0, 3.0)]]), (np.array([3.0], np.float32),)),
        (np.array([[1.0, 2.0]]), (np.array([-3.0], np.float32),)),
    ]
    assert digest(tree) not in [digest(other) for other in others]
