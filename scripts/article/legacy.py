"""NumPy's legacy random stream as a value.

Published code that uses `np.random.seed` and `np.random.randn` is repeated exactly only by the same
generator (MT19937, with Marsaglia's polar method for normal numbers), drawn from in the same order.
Here a position in its stream is a value: a draw gives numbers and the position after them, so equal
positions give equal numbers, and the global state is never touched.

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
from purenn.arrays import Indices, Shape, read_only

Array64 = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@attrs.frozen(eq=False, repr=False)
class LegacyStream:
    """A position in the stream of the legacy generator. `seeded` gives the start of one."""

    # Never drawn from: every draw is from a copy, which becomes the next position.
    _state: np.random.RandomState

    @classmethod
    def seeded(cls, seed: int) -> LegacyStream:
        """The stream that `np.random.seed(seed)` starts.

        Raises:
            OptionError: the seed is not an integer from 0 to 2**32 - 1.
        """
        whole = checks.integer("The seed of a LegacyStream", seed, 0, 2**32 - 1)
        return cls(np.random.RandomState(whole))

    def uniform(self, shape: Shape) -> tuple[Array64, LegacyStream]:
        """Numbers from [0, 1), as of `np.random.rand`, and the position after them."""
        state = deepcopy(self._state)
        return read_only(np.asarray(state.random_sample(shape))), LegacyStream(state)

    def normal(self, shape: Shape) -> tuple[Array64, LegacyStream]:
        """Standard normal numbers, as of `np.random.randn`, and the position after them."""
        state = deepcopy(self._state)
        return read_only(np.asarray(state.standard_normal(shape))), LegacyStream(state)

    def permutation(self, count: int) -> tuple[Indices, LegacyStream]:
        """The integers below `count`, as of `np.random.permutation`, and the position after them.

        Raises:
            OptionError: `count` is not an integer ≥ 1.
        """
        state = deepcopy(self._state)
        order: Indices = state.permutation(checks.integer("The count of a permutation", count))
        return read_only(order.astype(np.int64, copy=False)), LegacyStream(state)
