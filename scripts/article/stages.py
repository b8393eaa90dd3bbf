"""One of the article's runs: trained in its folder, and compared with what the article prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

import attrs

import purenn as nn
from article.agreement import Check, check_table, same_bits
from article.nets import SEED, UNUSED_KEY
from console import cadence, column, follow, say, standard_output
from figures import Boundary, Curve, Scale, curves, write
from purenn import runs
from purenn.data import Batches
from purenn.saving import digest

P = TypeVar("P")
S = TypeVar("S")
T = TypeVar("T", bound=nn.Matrix | nn.Labels)

OpenRun = Callable[[], AbstractContextManager[runs.Run]]


@attrs.frozen
class Result:
    """What a run came to, its numbers beside the article's, and the picture of the spirals."""

    summary: runs.Summary
    checks: tuple[Check, ...]
    boundary: Boundary | None = None

    @property
    def agrees(self) -> bool:
        """Whether all demands are met."""
        return all(check.agrees for check in self.checks)


@attrs.frozen(eq=False)
class Stage:
    """A run that waits to be performed in a folder of that name."""

    name: str
    config: runs.Config
    perform: Callable[[OpenRun], Result]


@attrs.frozen(eq=False)
class Recipe(Generic[P, S]):
    """What is trained, how, what the article prints of it, and what compares that with ours."""

    name: str
    title: str
    net: nn.Layer[P, nn.Matrix, nn.Matrix]
    loss: nn.Loss[nn.Matrix, nn.Matrix | nn.Labels]
    optimizer: nn.Optimizer[S]
    params: P
    digest: str  # of the parameters at the end, on every machine
    epochs: int
    batch_size: int
    printed: Curve
    judge: Callable[[Sequence[float], float], tuple[Check, ...]]
    scale: Scale = "linear"

    @property
    def config(self) -> runs.Config:
        """The expressions that build the parts, and the numbers."""
        parts = {"net": self.net, "loss": self.loss, "optimizer": self.optimizer}
        settings = {"run": self.name, **{name: repr(part) for name, part in parts.items()}}
        numbers = {"stream_seed": SEED, "epochs": self.epochs, "batch_size": self.batch_size}
        return runs.Config("train_article.py", {**settings, "dtype": "float64", **numbers})

    def train(
        self,
        run: runs.Run,
        batches_of: Callable[[nn.Key, int], Batches[nn.Matrix, T]],
        measure: Callable[[runs.Progress[P, S]], Mapping[str, float]],
    ) -> runs.Progress[P, S]:
        """Train to the end, and draw the losses beside the article's."""
        say(standard_output(), f"\n{self.title}")
        start = runs.begin(run, self.optimizer.init(self.params), repr(self.net), UNUSED_KEY)
        step = nn.training_step(self.net, self.loss, self.optimizer)
        given = run, start, step, batches_of, self.epochs, measure
        training = runs.train(*given, cadence=cadence(self.epochs))
        end = follow(training, start, len(batches_of(start.key, 0)), self.epochs)
        curve = Curve("purenn", column(end.records, "loss"))
        picture = curves(self.title, "loss", [curve], [self.printed], self.scale)
        write(run.folder / "loss.png", picture)
        return end

    def judged(self, end: runs.Progress[P, S], accuracy: float) -> tuple[Check, ...]:
        """The losses and the accuracy beside the article's, printed as a table."""
        bits = same_bits(self.digest, digest(end.state.params))
        checks = (*self.judge(column(end.records, "loss"), accuracy), bits)
        standard_output().print(check_table(checks))
        return checks


def as_printed(digits: Sequence[str], first: int = 1) -> Curve:
    """The article's losses from that epoch on."""
    values = [float(number) for number in digits]
    return Curve("printed in the article", values, range(first, first + len(digits)))
