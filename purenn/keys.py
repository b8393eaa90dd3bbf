"""Randomness as a value: equal keys give equal numbers, whatever else happens.

>>> key = Key(0)
>>> key.child("epoch", 7) == Key(0).child("epoch", 7)
True
>>> weights, order = key.split(2)
>>> float(weights.generator().random()) == float(order.generator().random())
False
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from purenn import checks
from purenn.errors import OptionError

SEED_LIMIT = 2**128
INDEX_LIMIT = 2**64


@attrs.frozen(init=False, eq=False, repr=False)
class Key:
    """A seed from 0 to 2**128 - 1, from which numbers are drawn and further keys derived.

    The children of a key are told apart by a label and an index, so that two consumers of one key,
    say the initialization of a model and the shuffling of its batches, never share a stream. A
    child's seed is the BLAKE2b digest of the parent's seed, the index and the label. Numbers are
    drawn by NumPy's PCG64.
    """

    _seed: int
    _origin: tuple[Key, str, int] | None

    def __init__(self, seed: int) -> None:
        self.__attrs_init__(checks.integer("The seed of a Key", seed, 0, SEED_LIMIT - 1), None)

    @property
    def seed(self) -> int:
        """The seed, an integer of 128 bits."""
        origin = self._origin  # which another thread may set to None
        if origin is not None:
            from hashlib import blake2b

            parent, label, index = origin
            content = parent.seed.to_bytes(16, "little") + index.to_bytes(8, "little")
            content += label.encode(errors="surrogatepass")
            digest = blake2b(content, digest_size=16).digest()
            object.__setattr__(self, "_seed", int.from_bytes(digest, "little"))
            object.__setattr__(self, "_origin", None)
        return self._seed

    def child(self, label: str, index: int = 0) -> Key:
        """The child with that label and index, an integer from 0 to 2**64 - 1."""
        if type(index) is not int or not 0 <= index < INDEX_LIMIT:
            index = checks.integer("The index of a key's child", index, 0, INDEX_LIMIT - 1)
        if type(label) is not str:
            raise OptionError(f"The label of a key's child: expected a string, got {label!r}.")
        origin = self._origin
        if origin is not None and origin[0]._origin is not None:
            self.seed  # noqa: B018  so that no key holds more than two ancestors
        made = object.__new__(Key)
        made.__attrs_init__(0, (self, label, index))  # the seed is found when it is needed
        return made

    def split(self, count: int) -> tuple[Key, ...]:
        """`count` independent keys, the children labelled "share", one for each consumer."""
        checks.integer("The count of keys", count, 0)
        return tuple(self.child("share", index) for index in range(count))

    def generator(self) -> np.random.Generator:
        """A fresh generator at the start of this key's stream."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and self.seed == other.seed

    def __hash__(self) -> int:
        return hash(self.seed)

    def __reduce__(self) -> tuple[type[Key], tuple[int]]:
        return Key, (self.seed,)

    def __repr__(self) -> str:
        return f"Key({self.seed})"

    def __rich_repr__(self) -> Iterator[int]:  # or rich shows the seed before it was found
        yield self.seed
