"""When checkpoints are written."""

from __future__ import annotations

import time

import attrs

from purenn import checks


@attrs.frozen
class Cadence:
    """When checkpoints are written: at the end of each epoch, and whenever one of these says so.

    A checkpoint costs milliseconds, since it waits for the disk: where epochs are as short as that,
    ask for fewer. The last epoch's is always written.

    Args:
        seconds: so many after the last one.
        steps: so many after the last one, if given.
        epochs: at the end of every epoch whose number, counted from 1, is a multiple of this.
    """

    seconds: float = 60.0
    steps: int | None = None
    epochs: int = 1

    def __attrs_post_init__(self) -> None:
        checks.number("seconds between checkpoints", self.seconds, least=0.0)
        checks.integer("epochs between checkpoints", self.epochs)
        if self.steps is not None:
            checks.integer("steps between checkpoints", self.steps)


EVERY_MINUTE = Cadence()


class Clock:
    """What a session knows of time. It decides when to save, and never what is computed."""

    def __init__(self, cadence: Cadence, step: int) -> None:
        self._cadence = cadence
        self._lap = time.monotonic()
        self.saved(step)

    def lap(self) -> float:
        """The seconds since this was last asked, or since the beginning."""
        before, self._lap = self._lap, time.monotonic()
        return round(self._lap - before, 6)

    def saved(self, step: int) -> None:
        """Take note that a checkpoint was written after this step."""
        self._saved, self._step = time.monotonic(), step

    def is_due(self, step: int) -> bool:
        """Whether so much time or so many steps passed that a checkpoint must be written."""
        steps = self._cadence.steps
        if steps is not None and step - self._step >= steps:
            return True
        return time.monotonic() - self._saved >= self._cadence.seconds
