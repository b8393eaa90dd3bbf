"""The article's run 3 in its folder: Fashion-MNIST, trained, compared, drawn and summed up."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

import article_published as published
import article_runs as article
from agreement import class_table, fashion_checks, show_agreement
from article_data import article_split
from article_stages import Result, described, printed
from figures import Curve, curves, png
from image_outcome import Outcome, draw_outcome, draw_samples
from progress import say
from purenn import predict, runs, training_step
from purenn.datasets.fashion_mnist import FashionMnist
from training_loop import column, follow

NAME = "fashion-mnist"
TITLE = "Run 3: Fashion-MNIST (learning rate 0.001, clipped by value)"


def config() -> runs.Config:
    """What is run."""
    return described(
        NAME,
        article.fashion_net(),
        article.fashion_loss(),
        article.clipped_optimizer(article.FASHION_RATE),
        epochs=article.FASHION_EPOCHS,
        batch_size=article.BATCH_SIZE,
    )


def perform(
    run: runs.Run, console: Console, opening: article.Opening, data: FashionMnist
) -> Result:
    """Train, compare, draw, and write it all into the folder."""
    say(console, f"\n{TITLE}")
    net = article.fashion_net()
    optimizer = article.clipped_optimizer(article.FASHION_RATE)
    split = article_split(data)
    samples = len(split.train)
    batches = article.fashion_epochs(split.train, opening.stream, article.FASHION_EPOCHS)

    def measure(
        progress: runs.Progress[article.FashionParams, article.ClippedState],
    ) -> dict[str, float]:
        loss = article.average_loss(progress.loss_sum, samples)
        return {"loss": loss, "gradient_norm": progress.norm}

    end = follow(
        run,
        console,
        runs.begin(run, optimizer.init(opening.fashion), repr(net), article.UNUSED_KEY),
        training_step(net, article.fashion_loss(), optimizer),
        lambda key, epoch: batches[epoch],
        article.FASHION_EPOCHS,
        measure,
    )
    losses = column(end.records, "loss")
    probabilities = predict(net, end.state.params, split.test)
    outcome = Outcome(probabilities, split.test_labels, split.test_images)
    checks = fashion_checks(losses, outcome.accuracy)
    show_agreement(console, checks)
    console.print(class_table(outcome.table))
    _draw(run, losses)
    draw_outcome(run.folder, outcome)
    draw_samples(run.folder, data)
    return Result(runs.finish(run, end, {"test_accuracy": outcome.accuracy}), checks)


def _draw(run: runs.Run, losses: Sequence[float]) -> None:
    curve = Curve("purenn", range(1, 1 + len(losses)), losses)
    picture = curves(TITLE, "loss", [curve], [printed(1, published.FASHION)])
    runs.write_file(run.folder / "loss.png", png(picture))
