"""What a contender is to the one who measures it."""

from __future__ import annotations

from typing import Protocol

# How many first losses contenders are compared by.
CHECKED = 10


class Contender(Protocol):
    """A job that is set up and can be done again and again."""

    def check(self) -> list[float]:
        """Numbers that all contenders must agree on: the first losses, or the first answer."""

    def run(self, steps: int) -> None:
        """Do that many steps to their end."""
