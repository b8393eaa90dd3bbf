"""Randomness as a value: equal keys give equal numbers, and nothing else has a say.

>>> key = Key(0)
>>> key.fold_in(7) == Key(0).fold_in(7)
True
>>> weights, noise = key.split(2)
>>> float(weights.generator().random()) == float(noise.generator().random())
False
"""

from __future__ import annotations

import attrs
import numpy as np

from purenn.errors import OptionError

# SeedSequence reads the seed and the path as 32-bit words, the seed padded to four. Inside these
# limits no two keys spell the same words.
SEED_LIMIT = 2**128
INDEX_LIMIT = 2**32


def _whole_number(name: str, value: int, limit: int) -> int:
    if type(value) is int and 0 <= value < limit:
        return value
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise OptionError(f"{name} must be a whole number and is {value!r}.")
    if not 0 <= value < limit:
        raise OptionError(f"{name} must be at least 0 and below {limit}, and is {value}.")
    return int(value)


def _index(value: int) -> int:
    return _whole_number("An index folded into a Key", value, INDEX_LIMIT)


@attrs.frozen(init=False)
class Key:
    """A seed and the path of indices folded into it.

    Keys are hashable and compare by value. Numbers are drawn by NumPy's PCG64, seeded by a
    `SeedSequence` of the seed and the path (O'Neill's seed_seq_fe), so children are independent.

    Args:
        seed: a whole number from 0 to 2**128 - 1.
        path: whole numbers from 0 to 2**32 - 1; see `fold_in`.

    Raises:
        OptionError: the seed or an index is out of range or no whole number.
    """

    seed: int
    path: tuple[int, ...]

    def __init__(self, seed: int, path: tuple[int, ...] = ()) -> None:
        if type(path) is not tuple:
            raise OptionError(f"The path of a Key must be a tuple of indices and is {path!r}.")
        self.__attrs_init__(
            _whole_number("The seed of a Key", seed, SEED_LIMIT), tuple(map(_index, path))
        )

    def fold_in(self, index: int) -> Key:
        """The child of this key with that index; a different stream for each index."""
        child = Key.__new__(Key)  # what is in a key has been checked already
        child.__attrs_init__(self.seed, (*self.path, _index(index)))
        return child

    def split(self, count: int) -> tuple[Key, ...]:
        """The first `count` children."""
        return tuple(map(self.fold_in, range(_whole_number("A count of keys", count, INDEX_LIMIT))))

    def generator(self) -> np.random.Generator:
        """A fresh generator at the start of this key's stream."""
        sequence = np.random.SeedSequence(self.seed, spawn_key=self.path)
        return np.random.Generator(np.random.PCG64(sequence))
