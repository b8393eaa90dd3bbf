"""When a run writes checkpoints, and how often it shows where it stands."""

from __future__ import annotations

from math import inf

import attrs

from purenn import checks


@attrs.frozen
class Cadence:
    """When checkpoints are written, and how often `train` yields.

    A checkpoint is written `seconds` or `steps` after the one before, after every `epochs` epochs,
    after the last epoch, and after each that is the best so far. Each waits milliseconds for the
    disk: if epochs are as short, ask for fewer checkpoints. `train` yields every `shown` seconds,
    besides checkpoints and ends of epochs; 0 yields after each step. `math.inf` seconds mean never.
    """

    seconds: float = 60.0
    steps: int | None = None
    epochs: int = 1
    shown: float = 0.1

    def __attrs_post_init__(self) -> None:
        for what, seconds in (("checkpoints", self.seconds), ("yields", self.shown)):
            if checks.real(name := f"seconds between {what}", seconds) != inf:  # which is never
                checks.number(name, seconds, least=0.0)
        checks.integer("epochs between checkpoints", self.epochs)
        if self.steps is not None:
            checks.integer("steps between checkpoints", self.steps)

    def is_due(self, seconds: float, steps: int) -> bool:
        """Whether there must be another checkpoint this long, or this many steps, after one."""
        return seconds >= self.seconds or (self.steps is not None and steps >= self.steps)


EVERY_MINUTE = Cadence()
