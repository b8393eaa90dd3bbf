"""The settings that both trainers share: checked when they are made, whoever makes them."""

from __future__ import annotations

from typing import Literal

import attrs

from models import Activation
from purenn import (
    OptionError,
    Schedule,
    checks,
    cosine,
    exponential,
    join,
    linear_warm_up,
    step_decay,
)
from purenn.arrays import FLOAT32, FLOAT64, FloatDtype
from purenn.schedules import constant

Clipping = Literal["none", "value", "norm"]
Decay = Literal["constant", "cosine", "step", "exponential"]
Precision = Literal["float32", "float64"]


@attrs.frozen(kw_only=True)
class Training:
    """How to train."""

    hidden: tuple[int, ...]
    """Units of each hidden layer, from the first to the last; none for a linear model."""
    activation: Activation = "leaky-relu"
    """What follows each hidden layer. First weights are drawn to suit it."""
    clip: Clipping = "norm"
    """Clip each entry of the gradient (value), the length of the whole (norm), or nothing."""
    clip_limit: float = 1.0
    """The largest entry, or the largest norm. Without clipping it has no effect."""
    momentum: float = 0.9
    """How much of the velocity each step keeps, from 0 to below 1."""
    learning_rate: float
    """The highest learning rate."""
    schedule: Decay = "cosine"
    """How the rate falls: not, to 0, by tenths after each third, or evenly to a hundredth."""
    warm_up: float
    """For how many epochs the rate grows from 0 before it falls. May be a fraction of one."""
    batch_size: int
    """Samples in each training step."""
    epochs: int
    """How often every training sample is seen."""
    seed: int = 0
    """All randomness comes from it: equal seeds give equal runs."""
    dtype: Precision = "float32"
    """Of parameters and data."""

    def __attrs_post_init__(self) -> None:
        for width in self.hidden:
            checks.count("A width in --hidden", width)
        checks.positive("--clip-limit", self.clip_limit)
        checks.fraction("--momentum", self.momentum)
        checks.positive("--learning-rate", self.learning_rate)
        checks.count("--batch-size", self.batch_size)
        checks.count("--epochs", self.epochs)
        if not 0.0 <= self.warm_up <= self.epochs:
            raise OptionError(
                f"--warm-up must be from 0 to the {self.epochs} epochs and is {self.warm_up!r}."
            )
        if not 0 <= self.seed < 2**32:
            raise OptionError(f"--seed must be from 0 to {2**32 - 1} and is {self.seed}.")

    @property
    def float_dtype(self) -> FloatDtype:
        """The dtype as NumPy's."""
        return FLOAT32 if self.dtype == "float32" else FLOAT64

    def rates(self, steps_per_epoch: int) -> Schedule:
        """The learning rate of each step."""
        total = self.epochs * steps_per_epoch
        rising = round(self.warm_up * steps_per_epoch)
        if not rising:
            return self._falling(total)
        risen = linear_warm_up(self.learning_rate, rising)
        return risen if rising >= total else join(risen, (rising, self._falling(total - rising)))

    def _falling(self, steps: int) -> Schedule:
        if self.schedule == "cosine":
            return cosine(self.learning_rate, steps)
        if self.schedule == "step":
            return step_decay(self.learning_rate, 0.1, -(-steps // 3))
        if self.schedule == "exponential":
            return exponential(self.learning_rate, 0.01, steps)
        return constant(self.learning_rate)
