"""Keys: equal keys give equal numbers, all others different ones, and nothing else has a say."""

from __future__ import annotations

import hashlib
import pickle
import random
import sys
from itertools import product
from types import ModuleType

import numpy as np
import pytest
from contracts import copies
from hypothesis import strategies as st
from properties import given

from purenn import Key, dataset, linear, relu, shuffled_batches
from purenn.arrays import Shape
from purenn.initializers import Initializer
from purenn.keys import INDEX_LIMIT, SEED_LIMIT

seeds = st.integers(0, SEED_LIMIT - 1)
labels = st.text("ab\0α", max_size=3)
paths = st.lists(st.tuples(labels, st.integers(0, INDEX_LIMIT - 1)), max_size=3)


def numbers(key: Key) -> list[int]:
    return [int(number) for number in key.generator().integers(0, 2**63, 4)]


def descendant(seed: int, path: list[tuple[str, int]]) -> Key:
    key = Key(seed)
    for label, index in path:
        key = key.child(label, index)
    return key


@given(seeds, paths, seeds, paths)
def test_keys_are_equal_exactly_if_they_are_made_alike(
    seed: int, path: list[tuple[str, int]], other_seed: int, other_path: list[tuple[str, int]]
) -> None:
    key, other = descendant(seed, path), descendant(other_seed, other_path)
    alike = (seed, path) == (other_seed, other_path)
    assert (key == other) is alike
    assert (numbers(key) == numbers(other)) is alike
    assert hash(key) == hash(descendant(seed, path))
    assert numbers(key) == numbers(key)


def test_a_childs_seed_is_the_digest_of_its_parents_seed_its_index_and_its_label() -> None:
    for seed, index, label in product((5, 2**100), (0, 3, 2**63), ("", "α", "a\0", "\0a")):
        content = seed.to_bytes(16, "little") + index.to_bytes(8, "little") + label.encode()
        digest = hashlib.blake2b(content, digest_size=16).digest()
        assert Key(seed).child(label, index) == Key(int.from_bytes(digest, "little"))
    assert Key(5).child("α") == Key(5).child("α", 0)
    state = random.getstate()
    expected = np.random.Generator(np.random.PCG64(np.random.SeedSequence(2**100))).random(5)
    np.testing.assert_array_equal(Key(2**100).generator().random(5), expected)
    assert random.getstate() == state


def test_a_seed_may_be_computed_by_several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    key, expected = Key(5).child("a"), Key(5).child("a").seed

    class Interrupting(ModuleType):
        def __getattr__(self, name: str) -> object:
            monkeypatch.undo()
            assert key.seed == expected  # in another thread, say
            return hashlib.blake2b

    monkeypatch.setitem(sys.modules, "hashlib", Interrupting("hashlib"))
    assert key.seed == expected


def test_splits_in_a_row_stay_of_one_size_and_take_no_time() -> None:
    assert Key(5).split(3) == tuple(Key(5).child("share", n) for n in range(3))
    assert Key(5).child("split") not in Key(5).split(3)  # that of `data.split`
    assert Key(5).split(0) == ()
    key = Key(0)
    for _ in range(10_000):
        key, _ = key.split(2)
    assert key.seed < SEED_LIMIT
    assert len(pickle.dumps(key)) < 200


def test_one_key_for_init_and_for_batches_shares_no_stream() -> None:
    key, log = Key(3), list[Key]()

    def draw(rng: np.random.Generator, shape: Shape) -> np.ndarray[Shape, np.dtype[np.float64]]:
        log.append(Key(int(rng.integers(0, 2**63))))
        return np.ones(shape)

    weight = Initializer(draw)
    model = linear(8, weight=weight) >> relu() >> linear(4, weight=weight, bias=weight)
    model.init(key, np.zeros((1, 2), np.float32))
    data = dataset(np.zeros((64, 2), np.float32), np.arange(64))
    for epoch in range(3):
        batches = shuffled_batches(data, 8, key, epoch)
        log += [Key(numbers(batch.key)[0]) for batch in batches]
        order = np.concatenate([batch.targets for batch in batches]).tolist()
        streams = [key, key.child("layer", epoch), key.child("layer", epoch).child("weight")]
        assert order not in [one.generator().permutation(64).tolist() for one in streams]
    assert len(set(log)) == len(log) == 3 + 3 * 8


def test_keys_are_values() -> None:
    key = Key(5).child("a")
    assert [numbers(other) for other in copies(key)] == [numbers(key)] * 3
    assert repr(key) == f"Key({key.seed})"
    assert key != key.seed
    with pytest.raises(AttributeError, match="can't set attribute"):
        setattr(key, "seed", 6)  # noqa: B010 - mypy knows that it cannot

    number: int = np.array([2**32 - 1], np.uint64)[0]
    assert Key(number).child("a", number) == Key(int(number)).child("a", int(number))
    assert type(Key(number).seed) is int
