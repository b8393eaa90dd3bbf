"""The article's runs on the spirals in their folders: trained, compared, drawn and summed up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import attrs
import numpy as np
from rich.console import Console

import article_published as published
import article_runs as article
from agreement import (
    Check,
    clipped_checks,
    exploding_checks,
    show_agreement,
)
from figures import Boundary, Curve, Scale, boundaries, curves, png
from progress import say
from purenn import (
    Dataset,
    Matrix,
    Optimizer,
    batches_in_order,
    binary_accuracy,
    dataset,
    evaluate,
    predict,
    runs,
    training_step,
)
from training_loop import column, follow

SCRIPT = "article.py"

S = TypeVar("S")


@attrs.frozen
class Result:
    """What a run came to, and whether it is what the article prints."""

    summary: runs.Summary
    checks: tuple[Check, ...]

    @property
    def agrees(self) -> bool:
        """Whether all demands are met."""
        return all(check.agrees for check in self.checks)


@attrs.frozen(eq=False)
class SpiralStage(Generic[S]):
    """Run 1 or 2.

    Args:
        name: of its folder.
        title: of its progress, table and curve.
        caption: what is special about it, in two words.
        epochs: how many; each is one step on all points.
        optimizer: clips or does not.
        params: the first parameters.
        published: the article's losses and their epochs, for the picture.
        scale: of the picture.
        judge: compares the losses and the final accuracy with the article's.
    """

    name: str
    title: str
    caption: str
    epochs: int
    optimizer: Optimizer[S]
    params: article.SpiralParams
    published: Curve
    scale: Scale
    judge: Callable[[Sequence[float], float], tuple[Check, ...]]

    @property
    def config(self) -> runs.Config:
        """What is run."""
        return described(
            self.name,
            article.spiral_net(),
            article.spiral_loss(),
            self.optimizer,
            epochs=self.epochs,
            batch_size=500,
        )

    def perform(
        self, run: runs.Run, console: Console, data: Dataset[Matrix, Matrix]
    ) -> tuple[Result, Boundary]:
        """Train, compare, draw, and write it all into the folder."""
        net = article.spiral_net()
        step = training_step(net, article.spiral_loss(), self.optimizer)
        batches = batches_in_order(data, len(data), article.UNUSED_KEY)

        def measure(
            progress: runs.Progress[article.SpiralParams, S],
        ) -> dict[str, float]:
            accuracy = evaluate(net, progress.state.params, data, binary_accuracy())
            loss = progress.mean_loss
            return {"loss": loss, "accuracy": accuracy, "gradient_norm": progress.norm}

        say(console, f"\n{self.title}")
        start = runs.begin(run, self.optimizer.init(self.params), repr(net), article.UNUSED_KEY)
        end = follow(run, console, start, step, lambda key, epoch: batches, self.epochs, measure)
        losses = column(end.records, "loss")
        curve = Curve("purenn", range(len(losses)), losses)
        picture = curves(self.title, "loss", [curve], [self.published], self.scale)
        runs.write_file(run.folder / "loss.png", png(picture))
        accuracy = end.records[-1]["accuracy"]
        caption = f"{self.caption}: {100 * accuracy:.1f} % of the points are right"
        boundary = _boundary(caption, net, end.state.params, data)
        runs.write_file(run.folder / "boundary.png", png(boundaries(boundary)))
        checks = self.judge(losses, accuracy)
        show_agreement(console, checks)
        return Result(runs.finish(run, end, {}), checks), boundary


def described(
    name: str, net: object, loss: object, optimizer: object, **numbers: int
) -> runs.Config:
    """The configuration of one of the runs: the expressions that build its parts, and numbers."""
    settings: dict[str, runs.Json] = {
        "run": name,
        "net": repr(net),
        "loss": repr(loss),
        "optimizer": repr(optimizer),
        "dtype": "float64",
        "stream_seed": article.SEED,
        **numbers,
    }
    return runs.Config(SCRIPT, settings)


def _boundary(
    title: str,
    net: article.SpiralNet,
    params: article.SpiralParams,
    data: Dataset[Matrix, Matrix],
) -> Boundary:
    samples = batches_in_order(data, len(data), article.UNUSED_KEY)[0]

    def classify(points: Matrix) -> Matrix:
        second = predict(net, params, dataset(points, points))
        both: Matrix = np.concatenate([1.0 - second, second], axis=1)
        return both

    return Boundary(title, samples.inputs, samples.targets[:, 0].astype(np.int64), classify)


def exploding(opening: article.Opening) -> SpiralStage[article.UnclippedState]:
    """Run 1: a rate of 0.007, and nothing that holds the gradient."""
    return SpiralStage(
        "exploding",
        "Run 1: the explosion (learning rate 0.007, no clipping)",
        "no clipping",
        article.EXPLODING_EPOCHS,
        article.unclipped_optimizer(article.EXPLODING_RATE),
        opening.exploding,
        printed(0, published.EXPLODING),
        "linear",
        lambda losses, accuracy: exploding_checks(losses),
    )


def clipped(opening: article.Opening) -> SpiralStage[article.ClippedState]:
    """Run 2: a higher rate, and the gradient clipped by value."""
    end = printed(article.CLIPPED_EPOCHS - len(published.CLIPPED_END), published.CLIPPED_END)
    start = printed(0, published.CLIPPED)
    return SpiralStage(
        "clipped",
        "Run 2: solved (learning rate 0.01, clipped by value)",
        "clipped by value",
        article.CLIPPED_EPOCHS,
        article.clipped_optimizer(article.CLIPPED_RATE),
        opening.clipped,
        Curve(start.label, [*start.epochs, *end.epochs], [*start.values, *end.values]),
        "log",
        clipped_checks,
    )


def printed(first: int, digits: Sequence[str]) -> Curve:
    """The article's losses from that epoch on."""
    epochs = range(first, first + len(digits))
    return Curve("printed in the article", epochs, [float(number) for number in digits])
