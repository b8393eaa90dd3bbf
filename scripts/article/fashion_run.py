"""The article's run 3: Fashion-MNIST."""

from __future__ import annotations

from collections.abc import Callable

from article import nets, printed
from article.agreement import fashion_checks
from article.images import all_images, article_split, split_rows
from article.stages import OpenRun, Recipe, Result, Stage, as_printed
from image_outcome import Outcome
from progress import standard_output
from purenn import portable, predict, runs
from purenn.datasets import FashionMnist
from purenn.losses import brier, cross_entropy, reporting, summed

FashionProgress = runs.Progress[nets.FashionParams, nets.Clipped]


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
        net=portable(nets.fashion_net()),
        loss=portable(reporting(cross_entropy(), descent=summed(brier(epsilon=1e-7)))),
        optimizer=nets.clipped_optimizer(0.001),
        params=opening.fashion,
        digest="bbffd179dbd82d30df026be18bd774cc7c361be44d3f05d8364232102b8fb888",
        epochs=20,
        batch_size=nets.BATCH_SIZE,
        printed=as_printed(printed.FASHION),
        scale="linear",
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
            probabilities = predict(recipe.net, end.state.params, test)
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
