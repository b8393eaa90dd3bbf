"""The article's three runs: two spirals, of which clipping solves one, and Fashion-MNIST."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

import purenn as nn
from article import nets, printed
from article.agreement import clipped_checks, exploding_checks, fashion_checks
from article.data import all_images, article_split, split_rows
from article.stages import OpenRun, Recipe, Result, Stage, as_printed
from console import standard_output
from figures import Boundary, Curve, boundaries, write
from image_figures import Outcome
from purenn import runs
from purenn.data import batches_in_order
from purenn.datasets import FashionMnist
from purenn.losses import binary_cross_entropy, brier, cross_entropy, reporting, summed
from purenn.optimizers import report_global_norm

S = TypeVar("S")

POINTS = 500

FashionProgress = runs.Progress[nets.FashionParams, nets.Clipped]


def exploding(opening: nets.Opening) -> Stage:
    """Run 1: a rate of 0.007, and nothing that holds the gradient."""
    recipe = Recipe(
        name="exploding",
        title="Run 1: the explosion (learning rate 0.007, no clipping)",
        net=nn.portable(nets.spiral_net()),
        loss=nn.portable(summed(binary_cross_entropy())),
        optimizer=nn.descend(report_global_norm() >> nn.momentum(0.9), 0.007),
        params=opening.exploding,
        digest="ce84328158e015375ad84b618024c46190a79136f0c02112ce357fef18fb345b",
        epochs=500,
        batch_size=POINTS,
        printed=as_printed(printed.EXPLODING),
        judge=exploding_checks,
    )
    return stage(recipe, "no clipping", opening.spirals)


def clipped(opening: nets.Opening) -> Stage:
    """Run 2: a higher rate, and the gradient clipped by value."""
    start, end = as_printed(printed.CLIPPED), as_printed(printed.CLIPPED_END, 189)
    recipe = Recipe(
        name="clipped",
        title="Run 2: solved (learning rate 0.01, clipped by value)",
        net=nn.portable(nets.spiral_net()),
        loss=nn.portable(summed(binary_cross_entropy())),
        optimizer=nets.clipped_optimizer(0.01),
        params=opening.clipped,
        digest="ffeb6fb88ffdf36dc8fb1e1badda456e32ecd1cabc6c172820721e6d7edce475",
        epochs=200,
        batch_size=POINTS,
        printed=Curve(start.label, [*start.values, *end.values], [*start.places, *end.places]),
        judge=clipped_checks,
        scale="log",
    )
    return stage(recipe, "clipped by value", opening.spirals)


def stage(
    recipe: Recipe[nets.SpiralParams, S], caption: str, data: nn.Dataset[nn.Matrix, nn.Matrix]
) -> Stage:
    """A run on the spirals; the caption says in two words what is special about it."""
    batches = batches_in_order(data, POINTS, nets.UNUSED_KEY)
    points, arms = batches[0].inputs, batches[0].targets[:, 0].astype(np.int64)

    def measure(progress: runs.Progress[nets.SpiralParams, S]) -> dict[str, float]:
        accuracy = nn.evaluate(recipe.net, progress.state.params, data, nn.binary_accuracy(0.5))
        return {"loss": progress.mean_loss, "accuracy": accuracy, "gradient_norm": progress.norm}

    def perform(open_run: OpenRun) -> Result:
        with open_run() as run:
            end = recipe.train(run, lambda key, epoch: batches, measure)
            accuracy = end.records[-1]["accuracy"]

            def classify(plane: nn.Matrix) -> nn.Matrix:
                second = nn.predict(recipe.net, end.state.params, plane)
                return np.concatenate([1.0 - second, second], axis=1)

            title = f"{caption}: {100 * accuracy:.1f} % of the points are right"
            boundary = Boundary(title, points, arms, classify)
            write(run.folder / "boundary.png", boundaries(boundary))
            checks = recipe.judged(end, accuracy)
            return Result(runs.finish(run, end, {}), checks, boundary)

    return Stage(recipe.name, recipe.config, perform)


def fashion_recipe(opening: nets.Opening) -> Recipe[nets.FashionParams, nets.Clipped]:
    """Run 3: cross-entropy is printed, and the Brier score is descended on.

    That is what the published code does. Its cross-entropy hands S - y to the softmax as if that
    were the gradient with respect to S, and the softmax multiplies by its Jacobian once more. That
    makes it the gradient of the Brier score, half the squared distance of S from y, summed over
    the batch.
    """
    return Recipe(
        name="fashion-mnist",
        title="Run 3: Fashion-MNIST (learning rate 0.001, clipped by value)",
        net=nn.portable(nets.fashion_net()),
        loss=nn.portable(reporting(cross_entropy(), descent=summed(brier(epsilon=1e-7)))),
        optimizer=nets.clipped_optimizer(0.001),
        params=opening.fashion,
        digest="bbffd179dbd82d30df026be18bd774cc7c361be44d3f05d8364232102b8fb888",
        epochs=20,
        batch_size=nets.BATCH_SIZE,
        printed=as_printed(printed.FASHION),
        judge=fashion_checks,
    )


def fashion(opening: nets.Opening, load: Callable[[], FashionMnist]) -> Stage:
    """Run 3; the data are loaded when it is performed."""
    recipe = fashion_recipe(opening)

    def measure(progress: FashionProgress) -> dict[str, float]:
        return {"loss": average_loss(progress), "gradient_norm": progress.norm}

    def perform(open_run: OpenRun) -> Result:
        data = load()
        train, test = article_split(data)
        batches = nets.fashion_epochs(train, opening.stream, recipe.epochs)
        with open_run() as run:
            end = recipe.train(run, lambda key, epoch: batches[epoch], measure)
            images, labels = all_images(data)
            _, rows = split_rows(len(labels))
            probabilities = nn.predict(recipe.net, end.state.params, test)
            outcome = Outcome(probabilities, labels[rows], images[rows])
            checks = recipe.judged(end, outcome.accuracy)
            standard_output().print(outcome.table(printed.FASHION_CLASSES))
            outcome.draw(run.folder, data)
            return Result(runs.finish(run, end, {"test_accuracy": outcome.accuracy}), checks)

    return Stage(recipe.name, recipe.config, perform)


def average_loss(progress: FashionProgress) -> float:
    """The loss of an epoch as the article has it: the sum over all batches, by the full ones.

    There the last batch counts like any other, however few samples it has.
    """
    full, rest = divmod(progress.samples, nets.BATCH_SIZE)
    last = rest or nets.BATCH_SIZE
    return ((progress.loss_sum - progress.loss * last) / nets.BATCH_SIZE + progress.loss) / full
