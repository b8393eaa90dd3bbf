"""The settings that the trainers share: checked when they are made, whoever makes them."""

from __future__ import annotations

from typing import Annotated, Literal

import attrs
import tyro

from purenn import checks, schedules
from purenn.arrays import FLOAT32, FLOAT64, FloatDtype
from purenn.errors import OptionError
from purenn.expressions import E
from purenn.portability import portable
from trainer.models import Activation, Goal, Objective, objective


@attrs.frozen(kw_only=True)
class Settings:
    """How to train; it is written to the folder's config.json."""

    hidden: tuple[int, ...]
    """Units of each hidden layer, from the first to the last."""
    activation: Activation = "leaky-relu"
    """The activation of the hidden layers. Initial weights are drawn to suit it."""
    loss: Goal = "softmax-cross-entropy"
    """The loss to minimize: the mean over the samples of a batch."""
    label_smoothing: float = 0.0
    """How much of each target is spread over all classes; for softmax-cross-entropy alone."""
    dropout: float = 0.0
    """The probability that training drops a unit of a hidden layer."""
    optimizer: Literal["sgd", "adam"] = "sgd"
    """Stochastic gradient descent with momentum, or Adam, which needs a rate of about 0.001."""
    momentum: float = 0.9
    """How much of the velocity each step of sgd keeps, from 0 to below 1."""
    weight_decay: float = 0.0
    """The strength of weight decay: an L2 penalty with sgd, AdamW with adam."""
    clip: Literal["none", "value", "norm"] = "norm"
    """Clip each entry of the gradient (value), its norm as a whole (norm), or nothing."""
    clip_limit: float = 1.0
    """The largest entry or norm. Without clipping it has no effect."""
    learning_rate: float
    """The highest learning rate."""
    schedule: Literal["constant", "cosine", "step", "exponential"] = "cosine"
    """The rate after the warm-up: constant, a cosine to 0, in steps, or exponential to a hundredth.
    Steps are to a tenth after each third."""
    warm_up: float
    """The fraction of all steps during which the rate rises from 0."""
    batch_size: int
    """Samples in each training step."""
    epochs: int
    """How often every training sample is seen."""
    patience: Annotated[int | None, tyro.conf.arg(metavar="EPOCHS")] = None
    """Stop when the validation loss has not improved for this many epochs."""
    seed: int = 0
    """The seed of all randomness: equal seeds give equal runs."""
    dtype: Literal["float32", "float64"] = "float32"
    """Of parameters and data."""
    arithmetic: Literal["fast", "portable"] = "fast"
    """As fast as possible, or the same bits on every machine, in two to four times the time."""

    def __attrs_post_init__(self) -> None:
        checks.integer("the number of widths in --hidden", len(self.hidden))
        for width in self.hidden:
            checks.integer("a width in --hidden", width)
        checks.fraction("--dropout", self.dropout)
        checks.fraction("--label-smoothing", self.label_smoothing)
        if self.label_smoothing and self.loss != "softmax-cross-entropy":
            raise OptionError("--label-smoothing needs --loss softmax-cross-entropy.")
        checks.fraction("--momentum", self.momentum)
        checks.number("--weight-decay", self.weight_decay, least=0.0)
        checks.number("--clip-limit", self.clip_limit, above=0.0)
        checks.number("--learning-rate", self.learning_rate, above=0.0)
        checks.number("--warm-up", self.warm_up, least=0.0, most=1.0)
        checks.integer("--batch-size", self.batch_size)
        checks.integer("--epochs", self.epochs)
        if self.patience is not None:
            checks.integer("--patience", self.patience)
        checks.integer("--seed", self.seed, 0, 2**64 - 1)

    @property
    def float_dtype(self) -> FloatDtype:
        """The dtype as NumPy's."""
        return FLOAT32 if self.dtype == "float32" else FLOAT64

    @property
    def objective(self) -> Objective:
        """The loss, and the output layer that gives what it takes."""
        found = objective(self.loss, self.label_smoothing)
        return attrs.evolve(found, loss=self.computed(found.loss))

    def computed(self, value: E) -> E:
        """A model or a loss in the arithmetic that is asked for."""
        return portable(value) if self.arithmetic == "portable" else value

    def rates(self, steps_per_epoch: int) -> schedules.Schedule:
        """The learning rate of each step."""
        total = self.epochs * steps_per_epoch
        rising = round(self.warm_up * total)
        if not rising:
            return self._falling(total)
        risen = schedules.linear_warm_up(self.learning_rate, rising)
        if rising >= total:
            return risen
        return schedules.join(risen, (rising, self._falling(total - rising)))

    def _falling(self, steps: int) -> schedules.Schedule:
        match self.schedule:
            case "constant":
                return schedules.constant(self.learning_rate)
            case "cosine":
                return schedules.cosine(self.learning_rate, steps)
            case "step":
                return schedules.step_decay(self.learning_rate, 0.1, -(-steps // 3))
            case "exponential":
                return schedules.exponential(self.learning_rate, 0.01, steps)
