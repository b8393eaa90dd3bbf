"""NumPy's legacy random stream as a value.

Published code that was written for `np.random.seed` and `np.random.randn` is repeated exactly only
by the same generator (MT19937, with Marsaglia's polar method for normal numbers), drawn from in
the same order. Here a position in its stream is a value: a draw gives numbers and the position
after them, so that equal positions give equal numbers, however often one draws, and the global
state is never touched. Everything else in purenn draws from a `Key`.

>>> start = LegacyStream.seeded(1)
>>> first, later = start.uniform((2,))
>>> first.round(4).tolist(), later.uniform((1,))[0].round(4).tolist()
([0.417, 0.7203], [0.0001])
>>> start.uniform((3,))[0].round(4).tolist()  # the start has not moved
[0.417, 0.7203, 0.0001]
"""

from __future__ import annotations

from copy import deepcopy

import attrs
import numpy as np

from purenn import checks
from purenn.arrays import Indices, Shape, seal
from purenn.errors import OptionError

Array64 = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@attrs.frozen(eq=False, repr=False)
class LegacyStream:
    """A position in the stream of the legacy generator. `seeded` gives the start of one."""

    # Never drawn from: every draw is from a copy, which is handed out as the next position.
    _state: np.random.RandomState

    @classmethod
    def seeded(cls, seed: int) -> LegacyStream:
        """The stream that `np.random.seed(seed)` starts.

        Raises:
            OptionError: the seed is no whole number from 0 to 2**32 - 1.
        """
        return cls(np.random.RandomState(_seed(seed)))

    def uniform(self, shape: Shape) -> tuple[Array64, LegacyStream]:
        """Numbers from [0, 1), like `np.random.rand`, and the position after them.

        Raises:
            OptionError: a size in `shape` is no whole number of at least 1.
        """
        state = deepcopy(self._state)
        return seal(state.random_sample(_sizes(shape))), LegacyStream(state)

    def normal(self, shape: Shape) -> tuple[Array64, LegacyStream]:
        """Standard normal numbers, like `np.random.randn`, and the position after them.

        Raises:
            OptionError: a size in `shape` is no whole number of at least 1.
        """
        state = deepcopy(self._state)
        return seal(state.standard_normal(_sizes(shape))), LegacyStream(state)

    def permutation(self, count: int) -> tuple[Indices, LegacyStream]:
        """The numbers below `count`, shuffled, like `np.random.permutation`, and the next position.

        Raises:
            OptionError: `count` is no whole number of at least 1.
        """
        state = deepcopy(self._state)
        order: Indices = state.permutation(checks.count("The count of a permutation", count))
        return seal(order.astype(np.int64, copy=False)), LegacyStream(state)


def _seed(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise OptionError(f"The seed of a LegacyStream must be a whole number and is {value!r}.")
    if not 0 <= value < 2**32:
        raise OptionError(
            f"The seed of a LegacyStream must be at least 0 and below 2**32, and is {value}."
        )
    return int(value)


def _sizes(shape: Shape) -> Shape:
    return tuple(checks.count("A size in the shape of a draw", size) for size in shape)
