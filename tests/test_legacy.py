from __future__ import annotations

import numpy as np
import pytest
from hypothesis import strategies as st
from properties import given

from purenn.datasets import LegacyStream
from purenn.errors import OptionError


@given(st.integers(0, 2**32 - 1), st.lists(st.sampled_from("unp"), max_size=8))
def test_the_draws_are_those_of_the_legacy_generator(seed: int, kinds: list[str]) -> None:
    state = np.random.RandomState(seed)
    stream = LegacyStream.seeded(seed)
    for kind in kinds:
        if kind == "u":
            numbers, stream = stream.uniform((2, 3))
            assert numbers.tolist() == state.rand(2, 3).tolist()
        elif kind == "n":  # an odd count leaves half a pair behind, which the next draw uses
            numbers, stream = stream.normal((3,))
            assert numbers.tolist() == state.randn(3).tolist()
        else:
            order, stream = stream.permutation(7)
            assert order.dtype == np.int64
            assert order.tolist() == state.permutation(7).tolist()


@given(st.integers(0, 2**32 - 1))
def test_a_position_gives_the_same_numbers_however_often_it_is_drawn_from(seed: int) -> None:
    start = LegacyStream.seeded(seed)
    first, _ = start.normal((5,))
    start.uniform((100,))
    start.permutation(10)
    again, _ = start.normal((5,))
    assert again.tolist() == first.tolist()
    assert not first.flags.writeable


def test_a_normal_number_is_an_array_of_no_axes() -> None:
    number, _ = LegacyStream.seeded(0).normal(())
    assert number.shape == ()


@pytest.mark.parametrize("seed", [-1, 2**32, True, 1.5, None])
def test_seeds_that_numpy_cannot_take_are_refused(seed: int) -> None:
    with pytest.raises(OptionError, match=r"^The seed of a LegacyStream must be "):
        LegacyStream.seeded(seed)


@pytest.mark.parametrize("count", [0, -5, True, 2.5])
def test_a_permutation_needs_a_count(count: int) -> None:
    with pytest.raises(OptionError, match=r"^The count of a permutation must be a whole number"):
        LegacyStream.seeded(0).permutation(count)


def test_the_sizes_of_a_draw_are_checked() -> None:
    message = r"^A size in the shape of a draw must be a whole number of at least 1 and is -1\.$"
    for draw in (LegacyStream.seeded(0).uniform, LegacyStream.seeded(0).normal):
        with pytest.raises(OptionError, match=message):
            draw((2, -1))
