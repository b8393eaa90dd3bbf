from __future__ import annotations

import numpy as np
import pytest

from article.legacy import LegacyStream
from article.spirals import article_spirals
from purenn.errors import OptionError


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
@pytest.mark.parametrize("kinds", ["unp", "nnun", "npnu", "pun"])
def test_the_draws_are_those_of_the_legacy_generator(seed: int, kinds: str) -> None:
    state, stream = np.random.RandomState(seed), LegacyStream.seeded(seed)
    for kind in kinds:
        if kind == "u":
            numbers, stream = stream.uniform((2, 3))
            assert numbers.tolist() == state.rand(2, 3).tolist()
        elif kind == "n":  # an odd count leaves half a pair behind, which the next draw uses
            numbers, stream = stream.normal((3,))
            assert numbers.tolist() == state.randn(3).tolist()
        else:
            order, stream = stream.permutation(7)
            assert (order.dtype.name, order.tolist()) == ("int64", state.permutation(7).tolist())


def test_a_position_gives_equal_numbers_however_often_it_is_drawn_from() -> None:
    start = LegacyStream.seeded(3)
    first, _ = start.normal((5,))
    start.uniform((100,))
    start.permutation(10)
    again, _ = start.normal((5,))
    assert again.tolist() == first.tolist()
    assert not first.flags.writeable


@pytest.mark.parametrize("seed", [-1, 2**32, True, 1.5, None])
def test_seeds_that_numpy_cannot_take_are_refused(seed: int) -> None:
    message = "^The seed of a LegacyStream: expected an integer from 0 to 4294967295, got "
    with pytest.raises(OptionError, match=message):
        LegacyStream.seeded(seed)


def published_spirals(state: np.random.RandomState) -> bytes:
    """The article's points by its formula, arm by arm and axis by axis."""
    turns = [np.sqrt(state.rand(250)) * 4 * np.pi for _ in range(2)]
    noise = state.randn(500, 2)
    columns: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = []
    for axis, wave in enumerate((np.cos, np.sin)):
        arms = [(2 * t + np.pi) * sign * wave(t) for sign, t in zip((1, -1), turns, strict=True)]
        column = np.concatenate(arms) + 1.2 * noise[:, axis]
        columns.append(2 * (column - column.min()) / (column.max() - column.min()) - 1)
    return np.stack(columns, axis=1).tobytes()


def test_the_articles_points_are_the_published_formulas_to_the_last_bit() -> None:
    np.random.seed(5)  # noqa: NPY002 (the global state has no say and is left alone)
    state = np.random.RandomState(1)
    inputs, targets, stream = article_spirals(LegacyStream.seeded(1))
    assert inputs.dtype == targets.dtype == np.float64
    assert inputs.tobytes() == published_spirals(state)
    assert targets.tolist() == [[0.0]] * 250 + [[1.0]] * 250
    assert not any(array.flags.writeable for array in (inputs, targets))
    assert stream.normal((2, 128))[0].tolist() == state.randn(2, 128).tolist()
    untouched = np.random.random_sample()  # noqa: NPY002 (see above)
    assert untouched == np.random.RandomState(5).random_sample()
