"""When checkpoints are written."""

from __future__ import annotations

import time

import attrs

from purenn import checks


def _seconds(value: float) -> float:
    return checks.not_negative("The seconds between checkpoints", value)


def _steps(value: int | None) -> int | None:
    return None if value is None else checks.count("The steps between checkpoints", value)


def _epochs(value: int) -> int:
    return checks.count("The epochs between checkpoints", value)


@attrs.frozen
class Cadence:
    """When checkpoints are written: at the end of each epoch, and whenever one of these says so.

    A checkpoint costs milliseconds, since it waits for the disk: where epochs are as short as that,
    ask for fewer. The last epoch's is always written.

    Args:
        seconds: so many after the last one.
        steps: so many after the last one, if given.
        epochs: at the end of every epoch whose number, counted from 1, is a multiple of this.

    Raises:
        OptionError: the seconds are negative, or the steps or the epochs below 1.
    """

    seconds: float = attrs.field(default=60.0, converter=_seconds)
    steps: int | None = attrs.field(default=None, converter=_steps)
    epochs: int = attrs.field(default=1, converter=_epochs)


EVERY_MINUTE = Cadence()


class Clock:
    """What a session knows of time. It decides when to save, and never what is computed."""

    def __init__(self, cadence: Cadence, step: int) -> None:
        self._cadence = cadence
        self._lap = self._saved = time.monotonic()
        self._step = step

    def lap(self) -> float:
        """The seconds since this was last asked, or since the beginning."""
        before, self._lap = self._lap, time.monotonic()
        return round(self._lap - before, 6)

    def is_due(self, step: int) -> bool:
        """Whether so much time or so many steps passed that a checkpoint must be written."""
        steps = self._cadence.steps
        if steps is not None and step - self._step >= steps:
            return True
        return time.monotonic() - self._saved >= self._cadence.seconds

    def is_due_after(self, epochs: int) -> bool:
        """Whether a checkpoint must be written at the end of so many epochs."""
        return epochs % self._cadence.epochs == 0

    def saved(self, step: int) -> None:
        """Take note that a checkpoint was written, after this step."""
        self._saved, self._step = time.monotonic(), step
