"""Keys: equal keys give equal numbers, all others different ones, and nothing else has a say."""

from __future__ import annotations

import copy
import random

import attrs
import numpy as np
import pytest
from hypothesis import strategies as st
from properties import given

import purenn as nn
from purenn.keys import INDEX_LIMIT, SEED_LIMIT

seeds = st.integers(0, SEED_LIMIT - 1)
paths = st.lists(st.integers(0, INDEX_LIMIT - 1), max_size=4).map(tuple)


def numbers(key: nn.Key) -> list[int]:
    return [int(number) for number in key.generator().integers(0, 2**63, 4)]


def folded(seed: int, path: tuple[int, ...]) -> nn.Key:
    key = nn.Key(seed)
    for index in path:
        key = key.fold_in(index)
    return key


@given(seeds, paths)
def test_equal_keys_give_equal_numbers(seed: int, path: tuple[int, ...]) -> None:
    key, same = nn.Key(seed, path), folded(seed, path)
    assert key == same
    assert hash(key) == hash(same)
    assert numbers(key) == numbers(same) == numbers(key)


@given(seeds, paths, seeds, paths)
def test_different_keys_give_different_numbers(
    seed: int, path: tuple[int, ...], other_seed: int, other_path: tuple[int, ...]
) -> None:
    key, other = nn.Key(seed, path), nn.Key(other_seed, other_path)
    assert (numbers(key) == numbers(other)) == (key == other)


# Where words could be spelled in two ways: zeros at the end, and seeds of more than one word.
TRICKY = [
    *[nn.Key(seed) for seed in (0, 1, 2**32, 2**64, 2**96, SEED_LIMIT - 1)],
    *[nn.Key(0, path) for path in ((0,), (0, 0), (0, 0, 0), (1,), (0, 1), (1, 0))],
    *[nn.Key(2**32), nn.Key(0, (0, 0, 0, 0)), nn.Key(0, (0, 0, 0, 0, 1)), nn.Key(2**32, (0,))],
    *[nn.Key(0, (INDEX_LIMIT - 1,)), nn.Key(INDEX_LIMIT - 1), nn.Key(1, (0,)), nn.Key(1, (1,))],
]


def test_no_two_keys_that_could_be_confused_are() -> None:
    keys = set(TRICKY)
    assert len({tuple(numbers(key)) for key in keys}) == len(keys) == len(TRICKY) - 1


def test_children_do_not_depend_on_the_order_in_which_they_are_made() -> None:
    forwards = [numbers(nn.Key(5).fold_in(index)) for index in range(10)]
    backwards = [numbers(nn.Key(5).fold_in(index)) for index in reversed(range(10))]
    assert forwards == backwards[::-1]


def test_split_gives_the_first_children() -> None:
    key = nn.Key(5).fold_in(1)
    assert key.split(3) == (key.fold_in(0), key.fold_in(1), key.fold_in(2))
    assert key.split(0) == ()


def test_the_global_random_states_have_no_say_and_are_left_alone() -> None:
    random.seed(1)
    state = random.getstate()
    first = numbers(nn.Key(5))
    assert random.getstate() == state
    random.seed(2)
    assert numbers(nn.Key(5)) == first


def test_numbers_are_those_of_numpys_own_seed_sequence() -> None:
    sequence = np.random.SeedSequence(5, spawn_key=(3, 1))
    expected = np.random.Generator(np.random.PCG64(sequence)).random(5)
    np.testing.assert_array_equal(nn.Key(5, (3, 1)).generator().random(5), expected)


def test_keys_are_values() -> None:
    key = nn.Key(5, (3,))
    assert key == copy.deepcopy(key) == attrs.evolve(key)
    assert numbers(copy.copy(key)) == numbers(key)
    assert repr(key) == "Key(seed=5, path=(3,))"
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(key, "seed", 6)  # noqa: B010 - mypy knows that it is frozen


@pytest.mark.parametrize("number", [np.int64(0), np.int8(3), np.uint64(2**32 - 1)])
def test_numpys_integers_become_pythons(number: int) -> None:
    key = nn.Key(number, (number,)).fold_in(number)
    assert key == nn.Key(int(number), (int(number), int(number)))
    assert {type(part) for part in (key.seed, *key.path)} == {int}
