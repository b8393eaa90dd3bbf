"""When checkpoints are written."""

from __future__ import annotations

import time

import attrs

from purenn import checks


def _seconds(value: float) -> float:
    return checks.not_negative("The seconds between checkpoints", value)


def _steps(value: int | None) -> int | None:
    return None if value is None else checks.count("The steps between checkpoints", value)


def _share(value: float) -> float:
    return checks.positive("The share of time for checkpoints", value)


@attrs.frozen
class Cadence:
    """When checkpoints are written: at the end of each epoch, and whenever one of these says so.

    Where epochs are so short that this would take most of the time, epochs' ends are left out: a
    checkpoint costs milliseconds, since it waits for the disk. The last epoch's never is.

    Args:
        seconds: so many after the last one.
        steps: so many after the last one, if given.
        share: how much of the time checkpoints at the ends of epochs may take; 1 for each of them.

    Raises:
        OptionError: the seconds are negative, the steps below 1, or the share is 0 or negative.
    """

    seconds: float = attrs.field(default=60.0, converter=_seconds)
    steps: int | None = attrs.field(default=None, converter=_steps)
    share: float = attrs.field(default=0.1, converter=_share)


EVERY_MINUTE = Cadence()


class Clock:
    """What a session knows of time. It decides when to save, and never what is computed."""

    def __init__(self, cadence: Cadence, step: int) -> None:
        self._cadence = cadence
        self._lap = self._saving = self._saved = time.monotonic()
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

    def can_afford(self) -> bool:
        """Whether a checkpoint now, as costly as the last, keeps to the share of the time."""
        cost, elapsed = self._saved - self._saving, time.monotonic() - self._saved
        return cost <= self._cadence.share * (elapsed + cost)

    def saving(self) -> None:
        """Take note that a checkpoint is being written."""
        self._saving = time.monotonic()

    def saved(self, step: int) -> None:
        """Take note that a checkpoint was written, after this step."""
        self._saved, self._step = time.monotonic(), step
